#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>

#include <holdfast/error.hpp>
#include <holdfast/kv.hpp>
#include <holdfast/kv_snapshot.hpp>

namespace holdfast {

/// Tells one key-value stream from all others: random, the same wherever the stream is copied to.
using KvStreamId = std::array<std::uint8_t, 16>;

/// How far an export or import is. What is not known is 0.
struct KvStreamProgress {
  std::uint64_t entries = 0;
  std::uint64_t entries_total = 0;  ///< About: what the space held when the export began.
  std::uint64_t stream_bytes = 0;
  std::uint64_t stream_bytes_total = 0;
};
using KvStreamObserver = std::function<void(const KvStreamProgress& progress)>;

/// Takes the next bytes of a stream, all of them. An error ends the export, which answers it.
using KvSink = std::function<Result<void>(std::span<const std::byte> bytes)>;

struct KvExportOptions {
  /// Entries are collected until they are so many bytes, up to kKvBlockSizeBytesMax; then they are written
  /// with their checksum. More: less of it; an import has to take so much memory, and begins again at most so
  /// far back.
  std::uint64_t block_size_bytes = std::uint64_t{256} << 10;

  /// To a path: put the new file in the place of one that is there, in one step. Off: `exists`.
  bool replaces = false;

  /// To a path: take the place of what an export has left that did not end (PATH.partial). Off: `exists`, so
  /// that no two exports to one path take each other for a leftover.
  bool resumes = false;

  /// Called behind each block, in the exporting thread. Must not throw.
  KvStreamObserver observer{};
};

/// Largest block of several entries; an entry that is larger is a block by itself.
inline constexpr std::uint64_t kKvBlockSizeBytesMax = std::uint64_t{16} << 20;

struct KvExportReport {
  KvStreamId id{};
  std::uint64_t entries = 0;
  std::uint64_t content_bytes = 0;  ///< Of keys and values.
  std::uint64_t stream_bytes = 0;
};

/// Writes all entries of a space as one stream of bytes (docs/format.md "Key-value streams"): lossless for
/// any keys and values, with checksums over every block and over the order of the blocks. What import_kv()
/// takes.
///
/// The stream holds the space as it is when the call begins (Kv::snapshot), with the times at which keys expire; writers go on.
/// In no particular order.
/// Memory: a block and the value at hand.
/// Errors: corruption (the first damaged record of the space), closed (also: the snapshot was ended, for
///         Options::snapshot_bytes_max), invalid_argument (block size), io (no random id), and the sink's.
[[nodiscard]] Result<KvExportReport> export_kv(const Kv& space, const KvSink& sink,
                                               const KvExportOptions& options = {});
[[nodiscard]] Result<KvExportReport> export_kv(const KvSnapshot& snapshot, const KvSink& sink,
                                               const KvExportOptions& options = {});

/// The same to a file, mode 0600, which has its name once all of it is on the medium: until then it is
/// PATH.partial, locked by its exporter. An export that fails takes that away; one that is killed leaves it,
/// and KvExportOptions::resumes replaces it. It begins anew then, as of its own moment: a snapshot dies with
/// its process.
/// Durability: the file and its name, on return.
/// Errors: as above; exists (the path, by `replaces`; a leftover, by `resumes`), busy (somebody is exporting to that path),
///         not_found (no such directory), no_space, io.
[[nodiscard]] Result<KvExportReport> export_kv(const Kv& space, const std::filesystem::path& path,
                                               const KvExportOptions& options = {});
[[nodiscard]] Result<KvExportReport> export_kv(const KvSnapshot& snapshot, const std::filesystem::path& path,
                                               const KvExportOptions& options = {});

}  // namespace holdfast
