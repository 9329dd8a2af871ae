#include <holdfast/kv_import.hpp>

#include <string>

#include "common/base/out_of_memory.hpp"
#include "kv_stream/stream_file.hpp"
#include "kv_stream/stream_reader.hpp"

namespace holdfast {

namespace {

using kv_stream::StreamFileReader;
using kv_stream::StreamReader;

/// A stream, and what is known of the file that holds it.
struct Input {
  const KvSource& source;
  StreamFileReader* file = nullptr;
  std::uint64_t size_bytes = 0;
};

/// The error of an import that stopped half-way, with what is in the store by now.
Error stopped(Error error, const KvImporter& importer) {
  const KvImportReport& report = importer.report();
  error.message += "; " + std::to_string(report.stored) + " entries before it are stored";
  return error;
}

Result<void> skip(StreamReader& reader, const Input& input, const KvImportMark& mark) {
  if (mark.offset == 0) return {};
  if (input.file == nullptr || !input.file->can_skip()) return reader.skip_to(mark);
  input.file->go_to(mark.offset);
  reader.has_skipped_to(mark);
  return {};
}

Result<void> import_block(StreamReader& reader, KvImporter& importer) {
  while (const auto entry = reader.next_entry())
    if (auto added = importer.add(entry->key, entry->value, entry->expires_us); !added) return added;
  return importer.reached(reader.offset(), reader.entries(), reader.check());
}

Result<void> import_blocks(StreamReader& reader, KvImporter& importer, const Input& input,
                           const KvImportOptions& options) {
  if (auto skipped = skip(reader, input, importer.resumed_at()); !skipped) return skipped;
  for (;;) {
    const auto more = reader.next_block();
    if (!more) return Unexpected(more.error());
    if (!*more) return {};
    if (auto imported = import_block(reader, importer); !imported) return imported;
    if (options.observer)
      options.observer({.entries = reader.entries(),
                        .entries_total = reader.entries_expected(),
                        .stream_bytes = reader.offset(),
                        .stream_bytes_total = input.size_bytes});
  }
}

Result<KvImportReport> import_stream(Store& store, Kv& space, const Input& input,
                                     const KvImportOptions& options) {
  StreamReader reader(input.source);
  if (auto begun = reader.begin(); !begun) return Unexpected(std::move(begun.error()));
  auto importer = KvImporter::begin(store, space, reader.id(), options);
  if (!importer) return Unexpected(std::move(importer.error()));
  auto imported = import_blocks(reader, *importer, input, options);
  if (!imported) return Unexpected(stopped(std::move(imported.error()), *importer));
  auto report = importer->finish();
  if (!report) return Unexpected(stopped(std::move(report.error()), *importer));
  report->stream_bytes = reader.offset();
  return report;
}

}  // namespace

Result<KvImportReport> import_kv(Store& store, Kv& space, const KvSource& source,
                                 const KvImportOptions& options) {
  return without_bad_alloc([&] { return import_stream(store, space, {.source = source}, options); });
}

Result<KvImportReport> import_kv(Store& store, Kv& space, const std::filesystem::path& path,
                                 const KvImportOptions& options) {
  return without_bad_alloc([&]() -> Result<KvImportReport> {
    auto file = StreamFileReader::open(path);
    if (!file) return Unexpected(std::move(file.error()));
    const KvSource source = [&](std::span<std::byte> bytes) { return file->read(bytes); };
    auto report = import_stream(
        store, space, {.source = source, .file = &*file, .size_bytes = file->size_bytes()}, options);
    const bool is_of_stream = !report && (report.error().code == ErrorCode::corruption ||
                                          report.error().code == ErrorCode::version_mismatch ||
                                          report.error().code == ErrorCode::invalid_argument);
    if (is_of_stream && report.error().path.empty()) report.error().path = path.native();
    return report;
  });
}

}  // namespace holdfast
