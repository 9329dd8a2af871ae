#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include <holdfast/error.hpp>
#include <holdfast/kv_export.hpp>
#include <holdfast/options.hpp>
#include <holdfast/store.hpp>

namespace holdfast {

/// What an import does to a key that the space has already.
enum class KvConflict : std::uint8_t {
  replace,  ///< The stream's value takes the place of it; of two entries with one key the later one counts.
  keep_existing,  ///< It stays, with its value; of two entries with one key the first one counts.
};

/// A place in a stream, behind a whole block of it.
struct KvImportMark {
  KvStreamId stream{};
  std::uint64_t offset = 0;   ///< In the stream, in bytes.
  std::uint64_t entries = 0;  ///< Before it.
  std::uint64_t check = 0;    ///< Of the block before it; what the one behind is held against.

  friend bool operator==(const KvImportMark&, const KvImportMark&) = default;
};

struct KvImportOptions {
  KvConflict conflict = KvConflict::replace;

  /// Of each batch: immediate, it is durable before the next one begins. The others are faster; then
  /// everything is made durable at each mark, and before the import returns.
  Durability durability = Durability::immediate;

  /// Entries that are stored together, all or none (replace); 8 MiB of them at most. More: fewer syncs.
  std::uint64_t batch_entries = 256;

  /// A mark is kept in the store each time so many bytes of the stream have been imported; one sync or fence
  /// each. The first one is a region, "holdfast.import/" and the space's id; it goes when the import ends
  /// well, or another one begins.
  std::uint64_t mark_every_bytes = std::uint64_t{64} << 20;

  /// Go on behind the mark that an import of the same stream into the same space has left; without one, from
  /// the start. Off: from the start, which stores everything again.
  bool resumes = false;

  /// Called behind each block, in the importing thread. Must not throw.
  KvStreamObserver observer{};
};

struct KvImportReport {
  std::uint64_t entries = 0;       ///< In the stream up to where it was read; those before the mark included.
  std::uint64_t stored = 0;        ///< By this call.
  std::uint64_t stored_bytes = 0;  ///< Of their keys and values.
  std::uint64_t expired = 0;       ///< Left out by this call: their time had come.
  std::uint64_t kept = 0;          ///< Left alone by this call, for KvConflict::keep_existing.
  std::uint64_t stream_bytes = 0;  ///< Up to where it was read.
  KvImportMark resumed_at{};       ///< Where it went on; all zero: from the start.
};

/// Fills `bytes` from the front, as far as there are any now; how many. 0 at the end alone. An error ends the
/// import.
using KvSource = std::function<Result<std::size_t>(std::span<std::byte> bytes)>;

/// Stores what export_kv() has written. A block is stored once its checksums hold, its place among the others
/// included, and none of it otherwise.
///
/// Ends at the first error with what was stored before it, and says how many entries that is. Call it again
/// with KvImportOptions::resumes to go on behind the last mark that was durable, also after a crash:
/// everything before that is in the store, and what comes between it and the error is stored again. One
/// import into a space at a time; others may write to it meanwhile.
/// Memory: a batch and a block, that is kKvBlockSizeBytesMax and 8 MiB, or one larger value.
/// Durability: everything, on return.
/// Errors: invalid_argument (no such stream; options), version_mismatch (a newer one, or entries of a kind that this version
///         does not know), corruption (damaged, cut off, or bytes behind its end: offset in the stream, expected, found),
///         the source's, those of Kv::multi_put and Store::create_region.
[[nodiscard]] Result<KvImportReport> import_kv(Store& store, Kv& space, const KvSource& source,
                                               const KvImportOptions& options = {});

/// The same from a file, which is read from the mark on. Errors: also not_found, io.
[[nodiscard]] Result<KvImportReport> import_kv(Store& store, Kv& space, const std::filesystem::path& path,
                                               const KvImportOptions& options = {});

/// The mark that an import into `space` which did not end has left, if there is one. Errors: closed, io.
[[nodiscard]] Result<std::optional<KvImportMark>> import_mark_of(const Store& store, const Kv& space);

/// The half of an import that stores, for streams of another form: batches, conflicts, marks.
///
///     auto importer = KvImporter::begin(store, space, id, options);
///     ...                                        // read on from importer->resumed_at().offset
///     while (...) {
///       importer->add(key, value);
///       importer->reached(offset, entries);      // where it may go on
///     }
///     auto report = importer->finish();
///
/// Behind an error of any call it is of no use any more. Dropped without finish() it has stored what reached() has passed, and
/// the marks stay.
/// Threads: one at a time. Lifetime: shorter than the store's.
class KvImporter {
 public:
  /// `id` names the stream: the same for the same bytes, and for no others. Errors: closed, invalid_argument
  /// (options), io.
  [[nodiscard]] static Result<KvImporter> begin(Store& store, Kv& space, const KvStreamId& id,
                                                const KvImportOptions& options = {});

  KvImporter(KvImporter&&) noexcept;
  KvImporter& operator=(KvImporter&&) noexcept;
  ~KvImporter();

  /// Where to go on (KvImportOptions::resumes); all zero: from the start.
  [[nodiscard]] const KvImportMark& resumed_at() const noexcept;

  /// Stores an entry, with the batch that it completes; one that expires with exactly its time, in microseconds since
  /// 1970 (PutOptions::expires_at_us), and not at all once that has come. Errors: as Kv::put.
  [[nodiscard]] Result<void> add(std::string_view key, std::string_view value,
                                 std::optional<std::uint64_t> expires_us = {});

  /// All entries of the stream before `offset` were added, `entries` in all: a place where it may go on.
  /// Keeps a mark if one is due. `check` comes back with it. Errors: as Kv::put, Store::sync and
  /// Store::create_region.
  [[nodiscard]] Result<void> reached(std::uint64_t offset, std::uint64_t entries, std::uint64_t check = 0);

  /// Makes everything durable and takes the mark away. Errors: as reached().
  [[nodiscard]] Result<KvImportReport> finish();

  /// What it has stored so far.
  [[nodiscard]] const KvImportReport& report() const noexcept;

 private:
  struct Content;
  explicit KvImporter(std::unique_ptr<Content> content) noexcept;
  std::unique_ptr<Content> content_;
};

}  // namespace holdfast
