#include <holdfast/kv_export.hpp>

#include "common/base/out_of_memory.hpp"
#include "common/base/random.hpp"
#include "kv_stream/stream_file.hpp"
#include "kv_stream/stream_writer.hpp"

namespace holdfast {
namespace {

using kv_stream::kEntriesNotKnown;
using kv_stream::StreamFileWriter;
using kv_stream::StreamWriter;

struct Exported {
  const KvSnapshot& snapshot;
  std::uint64_t entries = kEntriesNotKnown;  ///< About.
};

Result<KvExportReport> write_stream(const Exported& what, const KvSink& sink,
                                    const KvExportOptions& options) {
  if (options.block_size_bytes == 0 || options.block_size_bytes > kKvBlockSizeBytesMax)
    return Unexpected(Error{.code = ErrorCode::invalid_argument,
                            .message = "impossible block size",
                            .path = {},
                            .offset = 0,
                            .expected = "1 to " + std::to_string(kKvBlockSizeBytesMax),
                            .found = std::to_string(options.block_size_bytes)});
  const auto id = random_uuid();
  if (!id) return Unexpected(id.error());
  StreamWriter writer(sink, options, what.entries);
  Result<void> written = writer.begin(*id);
  if (!written) return Unexpected(std::move(written.error()));
  const auto scanned = what.snapshot.scan("", [&](std::string_view key, std::string_view value) {
    const auto expires_us = what.snapshot.expires_at_us(key);
    written = expires_us ? writer.add(key, value, *expires_us) : Unexpected(expires_us.error());
    return written.has_value();
  });
  if (!scanned) return Unexpected(scanned.error());
  if (written) written = writer.end();
  if (!written) return Unexpected(std::move(written.error()));
  return writer.report();
}

Result<KvExportReport> write_file(const Exported& what, const std::filesystem::path& path,
                                  const KvExportOptions& options) {
  auto file = StreamFileWriter::create(path, options.replaces, options.resumes);
  if (!file) return Unexpected(std::move(file.error()));
  auto report = write_stream(
      what, [&](std::span<const std::byte> bytes) { return file->write(bytes); }, options);
  if (!report) return report;
  if (auto published = file->publish(); !published) return Unexpected(std::move(published.error()));
  return report;
}

/// `write` of the space as it is now.
template <class Write>
Result<KvExportReport> of_space(const Kv& space, const Write& write) {
  return without_bad_alloc([&]() -> Result<KvExportReport> {
    const auto snapshot = space.snapshot();
    if (!snapshot) return Unexpected(snapshot.error());
    const auto size = space.size();
    if (!size) return Unexpected(size.error());
    return write(Exported{.snapshot = *snapshot, .entries = *size});
  });
}

}  // namespace

Result<KvExportReport> export_kv(const Kv& space, const KvSink& sink, const KvExportOptions& options) {
  return of_space(space, [&](const Exported& what) { return write_stream(what, sink, options); });
}

Result<KvExportReport> export_kv(const KvSnapshot& snapshot, const KvSink& sink,
                                 const KvExportOptions& options) {
  return without_bad_alloc([&] { return write_stream({.snapshot = snapshot}, sink, options); });
}

Result<KvExportReport> export_kv(const Kv& space, const std::filesystem::path& path,
                                 const KvExportOptions& options) {
  return of_space(space, [&](const Exported& what) { return write_file(what, path, options); });
}

Result<KvExportReport> export_kv(const KvSnapshot& snapshot, const std::filesystem::path& path,
                                 const KvExportOptions& options) {
  return without_bad_alloc([&] { return write_file({.snapshot = snapshot}, path, options); });
}

}  // namespace holdfast
