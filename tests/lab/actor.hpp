#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <holdfast/store.hpp>
#include <holdfast/testing/crash_storage.hpp>

#include "history.hpp"

namespace holdfast::lab {

/// Works on a store over a crash medium and notes in a history what it began and what was acknowledged.
///
/// A call that fails is a complaint, unless a fault was asked for from the medium: then the first io error is
/// kept, and every later write must answer the same. Threads: put, erase, batch, sync and space from any
/// number; the others from one.
class Actor {
 public:
  Actor(std::shared_ptr<testing::CrashMedium> medium, Options options, History& history);

  /// Opens the store, holds what it finds against the history (if that has begun) and begins a new era.
  bool open(OpenMode mode = OpenMode::open_or_create);

  /// An ordered one, if it has such a name.
  bool space(const std::string& name, Durability durability = Durability::immediate);
  bool put(const std::string& space, const std::string& key, std::string_view value,
           std::optional<Durability> durability = {});
  bool erase(const std::string& space, const std::string& key, std::optional<Durability> durability = {});
  bool multi_put(const std::string& space, const std::vector<std::pair<std::string, std::string>>& entries,
                 std::optional<Durability> durability = {});
  bool put_if_absent(const std::string& space, const std::string& key, std::string_view value,
                     std::optional<Durability> durability = {});
  /// Puts `desired` there, or nothing, by Kv::exchange or Kv::update; complains if what was there before is another than
  /// what the thread finds beforehand.
  bool exchange(const std::string& space, const std::string& key, std::optional<std::string> desired,
                std::optional<Durability> durability = {});
  bool update(const std::string& space, const std::string& key, std::optional<std::string> desired,
              std::optional<Durability> durability = {});
  bool add(const std::string& space, const std::string& key, std::int64_t delta,
           std::optional<Durability> durability = {});
  /// Puts or (nothing) erases all without waiting, then waits for each.
  using AsyncEntry = std::pair<std::string, std::optional<std::string>>;
  bool write_async(const std::string& space, const std::vector<AsyncEntry>& entries,
                   std::optional<Durability> durability = {});
  /// Puts it with a time to live.
  bool put_for(const std::string& space, const std::string& key, std::string_view value, std::uint64_t ttl_ms);
  /// Changes what is stored with the space; durable.
  bool change_settings(const std::string& space, const KvSettings& settings);
  /// Looks at keys whose time has come by the clock of the options, all within one step of its mark; complains if one is
  /// there. From then on none may ever be there again, whatever that clock says.
  bool see_expired(const std::string& space, const std::vector<std::string>& keys);
  /// Lets the space erase expired keys, `keys`, of which nobody may have been told.
  bool sweep(const std::string& space, const std::vector<std::string>& keys);
  /// Reads some keys, then lets the space evict down to `keys_max`, which are `keys` in that order. The bound is not stored:
  /// who recovers an image writes on, and evicts nothing.
  bool evict(const std::string& space, std::uint64_t keys_max, const std::vector<std::string>& read,
             const std::vector<std::string>& keys);
  /// A change of a space that cursors_of() names moves a cursor.
  bool batch(std::vector<Change> changes, std::optional<Durability> durability = {});
  /// Cleans the space; complains unless that has freed a segment.
  bool compact(const std::string& space);
  /// Drops the space, which holds these keys and no others.
  bool drop(const std::string& space, const std::vector<std::string>& keys);
  bool stream(const std::string& name, Durability durability = Durability::immediate, const LogSettings& settings = {});
  bool append(const std::string& stream, std::string_view payload, std::optional<Durability> durability = {});
  bool append_batch(const std::string& stream, const std::vector<std::string>& payloads,
                    std::optional<Durability> durability = {});
  /// Appends all without waiting, then waits for each.
  bool append_async(const std::string& stream, const std::vector<std::string>& payloads,
                    std::optional<Durability> durability = {});

  /// Takes the stream's records below `id` away.
  bool truncate(const std::string& stream, std::uint64_t id);
  /// Takes the streams' records from the ids on away, all or none, while nobody appends.
  bool truncate_ends(const std::vector<std::pair<std::string, std::uint64_t>>& ends);
  /// Compacts the stream by key, which must leave out exactly these records.
  bool compact_stream(const std::string& stream, const std::vector<std::uint64_t>& ids);
  /// Appends a record of that key.
  bool append_keyed(const std::string& stream, const std::string& key, std::string_view payload,
                    std::optional<Durability> durability = {});
  /// The same as truncate() by what its settings let go, which must be the records below `id`.
  bool retain(const std::string& stream, std::uint64_t id);
  /// Changes what is stored with the stream; durable.
  bool change_stream_settings(const std::string& stream, const LogSettings& settings);
  bool drop_stream(const std::string& stream);
  bool commit_cursor(const std::string& stream, const std::string& name, std::uint64_t next);
  bool drop_cursor(const std::string& stream, const std::string& name);

  /// From now on a reader looks at the stream behind every event of the medium, and what it is shown may not
  /// be lost any more: for scenarios whose appends are immediate.
  void watch_stream(const std::string& name);

  bool sync();
  bool close();

  /// Drops the store as a killed process does.
  void kill();

  /// From now on no_space is an answer like any other: the call must have changed nothing.
  void expects_no_space() { expects_no_space_ = true; }

  /// Crash points before that many events are passed over: what leads up to them is other scenarios'
  /// business.
  void watch_from(std::uint64_t event_count) { watched_from_ = event_count; }
  [[nodiscard]] std::uint64_t watched_from() const noexcept { return watched_from_; }

  /// Complains unless `holds`: for what the scenario itself needs to be worth its name.
  void expect(bool holds, std::string_view what);

  /// Reads everything that is there; complains of what contradicts itself.
  [[nodiscard]] Contents read();

  [[nodiscard]] testing::CrashMedium& medium() noexcept { return *medium_; }
  [[nodiscard]] History& history() noexcept { return history_; }
  [[nodiscard]] Store* store() noexcept { return store_ ? &*store_ : nullptr; }
  [[nodiscard]] const std::vector<std::string>& complaints() const noexcept { return complaints_; }
  [[nodiscard]] const std::optional<Error>& first_io_error() const noexcept { return first_io_error_; }

  /// The crash point behind the last open: from there on what was recovered is promised.
  [[nodiscard]] std::uint64_t opened_at() const noexcept { return opened_at_; }

 private:
  /// What one call answered, with its place in the history.
  struct Begun {
    std::size_t id = 0;
    bool was_failed = false;  ///< The store had failed before the call.
    std::string what{};
  };
  [[nodiscard]] Begun begin(Operation operation);
  bool end(const Begun& begun, const Result<LogId>& first_id);

  bool write(Operation operation, const std::function<Result<void>()>& call);
  /// One that leaves `after` (null: nothing) under a key; `call` gets what is there before.
  bool write_if_expired(const std::string& space, const std::vector<std::string>& keys,
                        const std::function<Result<void>(Kv& space)>& call);
  using Conditional = std::function<Result<void>(Kv& space, const std::optional<std::string>& before)>;
  bool write_conditionally(const std::string& space, const std::string& key, Value after,
                           std::optional<Durability> durability, const Conditional& call);
  [[nodiscard]] std::optional<Log> find_stream(const std::string& name);
  [[nodiscard]] bool is_open(std::string_view what);
  bool judge(std::string_view what, const Result<void>& result);
  void complain(std::string text);
  [[nodiscard]] std::optional<Kv> find_space(const std::string& name);
  [[nodiscard]] Durability durability_of(const std::string& space);
  [[nodiscard]] std::uint32_t thread_index();

  std::shared_ptr<testing::CrashMedium> medium_;
  Options options_;
  History& history_;
  std::optional<Store> store_;
  std::uint64_t opened_at_ = 0;
  std::uint64_t watched_from_ = 0;
  bool expects_no_space_ = false;

  std::mutex mutex_;  // everything below
  std::map<std::string, Kv> spaces_;
  std::map<std::string, Log> streams_;
  std::map<std::string, Durability> durabilities_;
  std::map<std::thread::id, std::uint32_t> threads_;
  std::vector<std::string> complaints_;
  std::optional<Error> first_io_error_;
};

/// `size_bytes` that do not compress, the same for the same number.
[[nodiscard]] std::string value_of(std::uint64_t number, std::size_t size_bytes);

/// "k00017": keys of one length.
[[nodiscard]] std::string key_of(std::uint64_t number, char first = 'k');

}  // namespace holdfast::lab
