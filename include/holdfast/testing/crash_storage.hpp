#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <unordered_map>
#include <vector>

#include <holdfast/storage.hpp>
#include <holdfast/testing/crash_image.hpp>

namespace holdfast::testing {

/// What a medium may forget when power fails.
enum class MediumModel : std::uint8_t {
  /// Persistent memory: 64-byte lines. A line that was stored to and not yet fenced by the storing
  /// thread is old, new, or anything it held in between. Syncs never fail and are not shared.
  cache_lines,
  /// A file behind a page cache: 512-byte sectors of 4 KiB pages, written back in any order, at any time,
  /// torn between sectors. drain() covers what every thread has written, sync() the same in its ranges, commit() only its own ranges.
  pages,
};

/// The model's name as written in the enum. Lifetime: static.
[[nodiscard]] std::string_view name(MediumModel model) noexcept;

struct CrashOptions {
  MediumModel model = MediumModel::pages;
  std::uint64_t size_bytes = std::uint64_t{256} << 10;    ///< First size; a multiple of 4 KiB.
  std::uint64_t max_size_bytes = std::uint64_t{1} << 20;  ///< grow() beyond it answers no_space.
  /// Keep the events and their bytes, which crash images are made of. Off: only counted, for a medium
  /// that is only looked at.
  bool keeps_log = true;
};

/// Calls that shall fail, counted from 1 since set_faults(); 0: none. A failed drain, sync, commit or write latches
/// the storage with its error, as the seam demands.
struct CrashFaults {
  std::uint64_t failing_sync = 0;   ///< The n-th drain(), sync() or commit() fails with io. MediumModel::pages only.
  std::uint64_t failing_write = 0;  ///< The n-th write() fails with io when half of its bytes are written.
  std::uint64_t failing_grow = 0;   ///< The n-th grow() answers no_space and changes nothing.
};

/// What the log says happened. Each event is one crash point: a crash comes right behind it.
enum class EventKind : std::uint8_t {
  start,  ///< Before the first event.
  write,  ///< write(), or the half of it that a failed one has done.
  store,  ///< A store made in place, seen at the storing thread's next call.
  flush,
  drain_begin,
  drain_end,
  drain_failed,
  sync_range,  ///< One range of a sync(): covers what was handed on in it before.
  sync_end,    ///< All of its ranges are durable.
  sync_failed,
  commit_write,  ///< One range of a commit().
  commit_end,    ///< All of its ranges are durable.
  commit_failed,
  grow_begin,  ///< `offset` is the old size, `size_bytes` the new one; from here to grow_end either may be on
               ///< the medium.
  grow_end,
  punch,
  reserve,
  close_begin,
  close_end,
  killed,  ///< The storage was destroyed without close(): its process is dead, what is pending stays pending.
};

/// The kind's name as written in the enum. Lifetime: static.
[[nodiscard]] std::string_view name(EventKind kind) noexcept;

struct Event {
  EventKind kind{};
  std::uint32_t thread = 0;  ///< Numbered from 0 in the order in which threads first called.
  std::uint64_t offset = 0;
  std::uint64_t size_bytes = 0;
  std::uint64_t bytes_at = 0;  ///< Where in the log's bytes those of this event begin.
};

class CrashStorage;
class MediumState;

/// A medium in memory that remembers what was done to it, in order, and so can tell what a power cut
/// at any moment could have left. It outlives the storages opened on it one after another: what a process
/// that was killed had written is still there, and still pending.
///
/// Threads: any. Lifetime: open storages share ownership.
class CrashMedium : public std::enable_shared_from_this<CrashMedium> {
 public:
  /// A new medium, all zero.
  [[nodiscard]] static std::shared_ptr<CrashMedium> create(const CrashOptions& options);

  /// A medium that holds `image`, all of it durable; sizes below the image's are raised to it.
  [[nodiscard]] static std::shared_ptr<CrashMedium> from_image(const CrashImage& image, CrashOptions options);

  /// A medium as a killed process leaves it: every byte that was written can be read, and what was
  /// pending still is. `options.model` must be the state's.
  [[nodiscard]] static std::shared_ptr<CrashMedium> from_killed(const MediumState& state,
                                                                CrashOptions options);

  ~CrashMedium();
  CrashMedium(const CrashMedium&) = delete;
  CrashMedium& operator=(const CrashMedium&) = delete;

  /// The storage to give to Store::open. Errors: locked (one is open already).
  [[nodiscard]] Result<std::unique_ptr<CrashStorage>> open();

  /// Lets calls fail from now on; counting starts anew.
  void set_faults(const CrashFaults& faults);

  /// Is told of each event behind it, with their number so far, in the thread that made it. It may read an open
  /// store, and call nothing of the medium but at().
  using Observer = std::function<void(std::uint64_t event_count)>;
  void set_observer(Observer observer);

  /// Whether a fault that was asked for has happened since set_faults().
  [[nodiscard]] bool fault_happened() const;

  [[nodiscard]] const CrashOptions& options() const noexcept { return options_; }

  /// Events so far. A crash now is a crash behind that many events.
  [[nodiscard]] std::uint64_t event_count() const;

  /// The log. Requires: keeps_log, and no call is running.
  [[nodiscard]] std::span<const Event> events() const noexcept { return events_; }
  [[nodiscard]] std::span<const std::byte> bytes(const Event& event) const noexcept;

  /// What the log starts from. Requires: keeps_log.
  [[nodiscard]] const MediumState& initial_state() const noexcept { return *initial_; }

  /// What a reader sees now. Lifetime: until the next grow().
  [[nodiscard]] std::span<const std::byte> live() const noexcept;

 private:
  friend class CrashStorage;
  explicit CrashMedium(const CrashOptions& options);

  void record(EventKind kind, std::uint64_t offset = 0, std::uint64_t size_bytes = 0,
              std::span<const std::byte> bytes = {});
  void record_stores_in(ByteRange range);
  void record_own_stores();
  [[nodiscard]] bool fault_is_due(std::uint64_t CrashFaults::*fault, std::uint64_t& seen);
  void set_live(std::uint64_t offset, std::span<const std::byte> bytes);
  void resize(std::uint64_t size_bytes);
  [[nodiscard]] std::uint32_t thread_index();

  CrashOptions options_;
  mutable std::mutex mutex_;  // everything below; live_ itself never moves
  std::byte* live_ = nullptr;
  std::atomic<std::uint64_t> size_bytes_{0};
  std::uint64_t event_count_ = 0;
  bool open_ = false;
  std::vector<Event> events_;
  std::vector<std::byte> event_bytes_;
  std::unique_ptr<MediumState> initial_;

  struct OpenRange {
    std::thread::id thread;
    ByteRange range;
  };
  std::vector<OpenRange> open_ranges_;  // handed out by writable(), whose stores nobody reports
  std::vector<std::byte> known_;        // live bytes that the log knows of; empty until writable() is called
  std::unordered_map<std::thread::id, std::uint32_t> thread_indexes_;

  Observer observer_;
  CrashFaults faults_;
  std::uint64_t syncs_seen_ = 0;
  std::uint64_t writes_seen_ = 0;
  std::uint64_t grows_seen_ = 0;
  bool fault_happened_ = false;
};

/// The Storage that a CrashMedium gives out. It keeps every duty of the seam; when its model says that a
/// duty is less than what a real medium happens to do, it does the less.
class CrashStorage final : public Storage {
 public:
  explicit CrashStorage(std::shared_ptr<CrashMedium> medium);
  ~CrashStorage() override;

  [[nodiscard]] const StorageCapabilities& capabilities() const noexcept override { return capabilities_; }
  [[nodiscard]] std::string_view path() const noexcept override { return {}; }
  [[nodiscard]] std::uint64_t size_bytes() const noexcept override;
  [[nodiscard]] const std::byte* at(std::uint64_t offset) const noexcept override;
  [[nodiscard]] Result<std::byte*> writable(ByteRange range) override;
  [[nodiscard]] Result<void> write(std::uint64_t offset, std::span<const std::byte> bytes) override;
  [[nodiscard]] Result<void> commit(std::span<const WriteRange> ranges) override;
  [[nodiscard]] Result<void> flush(ByteRange range) override;
  [[nodiscard]] Result<void> drain() override;
  [[nodiscard]] Result<void> sync(std::span<const ByteRange> ranges) override;
  [[nodiscard]] Result<void> grow(std::uint64_t size_bytes) override;
  [[nodiscard]] Result<void> punch(ByteRange range) override;
  [[nodiscard]] Result<void> reserve(ByteRange range) override;
  [[nodiscard]] Result<SpaceReport> space() const override;
  void advise(ByteRange range, Access access) noexcept override;
  [[nodiscard]] Result<void> close() override;
  [[nodiscard]] StorageCounters counters() const noexcept override;

 private:
  struct State;
  std::shared_ptr<CrashMedium> medium_;
  StorageCapabilities capabilities_;
  std::unique_ptr<State> state_;
};

/// The byte that grown and punched space holds: anything but the zeros one might get used to.
inline constexpr std::byte kUnspecifiedByte{0xDB};

}  // namespace holdfast::testing
