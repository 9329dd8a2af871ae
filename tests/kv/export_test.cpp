// What an export writes, an import takes back, whatever the bytes; and a file of that name is whole or not
// there.

#include <fstream>
#include <sstream>
#include <thread>

#include <sys/file.h>

#include "stream_fixture.hpp"

namespace holdfast::kv_suites {
namespace {

namespace fs = std::filesystem;

class KvExport : public KvStreams {
 protected:
  [[nodiscard]] fs::path path() const { return directory_.path() / "stream"; }
  [[nodiscard]] fs::path partial() const { return directory_.path() / "stream.partial"; }
};
INSTANTIATE_TEST_SUITE_P(, KvExport, ::testing::ValuesIn(all_backends()), row_name);

std::string bytes_in(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const fs::path& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

TEST_P(KvExport, IsTakenBackByAnImport) {
  fill(*space_, 500);
  for (const std::uint64_t block_size_bytes :
       {std::uint64_t{1}, std::uint64_t{1'000}, KvExportOptions().block_size_bytes}) {
    StreamInMemory stream = exported(*space_, {.block_size_bytes = block_size_bytes});
    auto copy = space("copy of blocks of " + std::to_string(block_size_bytes));
    const auto report = import(copy, stream);
    ASSERT_TRUE(ok(report));
    EXPECT_EQ(report->entries, 501u);
    EXPECT_EQ(report->stored, 501u);
    EXPECT_EQ(report->kept, 0u);
    EXPECT_EQ(report->stream_bytes, stream.bytes.size());
    EXPECT_EQ(contents_of(copy), contents_of(*space_));
  }
}

TEST_P(KvExport, KeepsAllBytesAndSizes) {
  std::string all_bytes;
  for (int i = 0; i < 256; ++i) all_bytes.push_back(static_cast<char>(i));
  put(all_bytes, all_bytes + all_bytes);
  put(std::string(1, '\0'), "");
  put(std::string(65'535, 'k'), std::string(3, '\0'));
  put("large", some_value(3 * kMiB + 1));
  StreamInMemory stream = exported(*space_);
  stream.piece_bytes_max = 4'099;  // as a pipe might give it
  auto copy = space("copy");
  ASSERT_TRUE(ok(import(copy, stream)));
  EXPECT_EQ(contents_of(copy), contents_of(*space_));
}

TEST_P(KvExport, OfAnEmptySpaceIsAStreamOfNothing) {
  StreamInMemory stream;
  const auto report = export_kv(*space_, stream.sink());
  ASSERT_TRUE(ok(report));
  EXPECT_EQ(report->entries, 0u);
  EXPECT_EQ(report->stream_bytes, stream.bytes.size());
  auto copy = space("copy");
  const auto imported = import(copy, stream);
  ASSERT_TRUE(ok(imported));
  EXPECT_EQ(imported->entries, 0u);
  EXPECT_TRUE(has_size(copy, 0));
}

TEST_P(KvExport, ShowsTheSpaceAsItWasWhileOthersWrite) {
  fill(*space_, 200);
  const auto before = contents_of(*space_);
  StreamInMemory stream;
  bool wrote = false;
  const KvSink keep = stream.sink();
  const KvSink sink = [&](std::span<const std::byte> bytes) {
    if (!wrote) {  // behind the snapshot
      wrote = true;
      EXPECT_TRUE(ok(space_->put("key 3", "changed")));
      EXPECT_TRUE(ok(space_->put("new", "value")));
      EXPECT_TRUE(says(true, space_->erase("key 5")));
    }
    return keep(bytes);
  };
  ASSERT_TRUE(ok(export_kv(*space_, sink)));
  auto copy = space("copy");
  ASSERT_TRUE(ok(import(copy, stream)));
  EXPECT_EQ(contents_of(copy), before);
}

TEST_P(KvExport, OfASnapshotShowsThat) {
  put("a", "1");
  const auto snapshot = space_->snapshot();
  ASSERT_TRUE(ok(snapshot));
  put("a", "2");
  StreamInMemory stream;
  ASSERT_TRUE(ok(export_kv(*snapshot, stream.sink())));
  auto copy = space("copy");
  ASSERT_TRUE(ok(import(copy, stream)));
  EXPECT_TRUE(holds(copy, "a", "1"));
}

TEST_P(KvExport, TellsHowFarItIs) {
  fill(*space_, 100);
  std::vector<KvStreamProgress> steps;
  KvExportOptions options{.block_size_bytes = 4'096};
  options.observer = [&](const KvStreamProgress& progress) { steps.push_back(progress); };
  StreamInMemory stream = exported(*space_, options);
  ASSERT_GT(steps.size(), 10u);
  EXPECT_EQ(steps.back().entries, 101u);
  EXPECT_EQ(steps.back().entries_total, 101u);
  EXPECT_LT(steps.front().entries, steps.back().entries);
  EXPECT_LT(steps.back().stream_bytes, stream.bytes.size());  // but for its end
  steps.clear();
  auto copy = space("copy");
  KvImportOptions import_options;
  import_options.observer = options.observer;
  ASSERT_TRUE(ok(import(copy, stream, import_options)));
  EXPECT_EQ(steps.back().entries, 101u);
  EXPECT_EQ(steps.back().entries_total, 101u);
  EXPECT_EQ(steps.back().stream_bytes_total, 0u) << "of a source nobody knows";
}

TEST_P(KvExport, AnErrorOfTheSinkEndsIt) {
  fill(*space_, 100);
  int calls = 0;
  const KvSink full = [&](std::span<const std::byte>) -> Result<void> {
    if (++calls < 5) return {};
    return Unexpected(Error{.code = ErrorCode::no_space, .message = "the tape has ended"});
  };
  const auto report = export_kv(*space_, full, {.block_size_bytes = 1'000});
  EXPECT_TRUE(fails_with(ErrorCode::no_space, report));
  EXPECT_EQ(report.error().message, "the tape has ended");
  EXPECT_EQ(calls, 5);
}

TEST_P(KvExport, ABlockSizeBeyondItsLimitsIsRefused) {
  StreamInMemory stream;
  for (const std::uint64_t size : {std::uint64_t{0}, kKvBlockSizeBytesMax + 1})
    EXPECT_TRUE(fails_with(ErrorCode::invalid_argument,
                           export_kv(*space_, stream.sink(), {.block_size_bytes = size})));
  EXPECT_EQ(stream.bytes, "");
  EXPECT_TRUE(ok(export_kv(*space_, stream.sink(), {.block_size_bytes = kKvBlockSizeBytesMax})));
}

TEST_P(KvExport, ToAFileIsImportedFromIt) {
  fill(*space_, 300);
  const auto report = export_kv(*space_, path());
  ASSERT_TRUE(ok(report));
  EXPECT_EQ(fs::file_size(path()), report->stream_bytes);
  EXPECT_EQ(fs::status(path()).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_FALSE(fs::exists(partial()));
  auto copy = space("copy");
  std::vector<KvStreamProgress> steps;
  KvImportOptions options;
  options.observer = [&](const KvStreamProgress& progress) { steps.push_back(progress); };
  ASSERT_TRUE(ok(import_kv(*store_, copy, path(), options)));
  EXPECT_EQ(contents_of(copy), contents_of(*space_));
  EXPECT_EQ(steps.back().stream_bytes_total, report->stream_bytes);
}

TEST_P(KvExport, NeverReplacesAFileUnlessItIsToldTo) {
  put("a", "1");
  write_file(path(), "somebody's");
  EXPECT_TRUE(fails_with(ErrorCode::exists, export_kv(*space_, path())));
  EXPECT_EQ(bytes_in(path()), "somebody's");
  EXPECT_FALSE(fs::exists(partial()));
  ASSERT_TRUE(ok(export_kv(*space_, path(), {.replaces = true})));
  auto copy = space("copy");
  ASSERT_TRUE(ok(import_kv(*store_, copy, path())));
  EXPECT_TRUE(holds(copy, "a", "1"));
}

TEST_P(KvExport, TakesThePlaceOfALeftoverIfItIsToldTo) {
  put("a", "1");
  write_file(partial(), std::string(100'000, 'x'));  // as a kill leaves it
  EXPECT_TRUE(fails_with(ErrorCode::exists, export_kv(*space_, path())));
  EXPECT_EQ(fs::file_size(partial()), 100'000u);
  EXPECT_FALSE(fs::exists(path()));
  const auto report = export_kv(*space_, path(), {.resumes = true});
  ASSERT_TRUE(ok(report));
  EXPECT_FALSE(fs::exists(partial()));
  EXPECT_EQ(fs::file_size(path()), report->stream_bytes);
}

TEST_P(KvExport, DoesNotDisturbOneThatIsAtWork) {
  fill(*space_, 100);
  Result<KvExportReport> second = Unexpected(Error{});
  KvExportOptions options{.block_size_bytes = 10'000};
  options.observer = [&](const KvStreamProgress&) {
    if (second || second.error().code == ErrorCode::busy) return;
    second = export_kv(*space_, path(), {.resumes = true});
  };
  ASSERT_TRUE(ok(export_kv(*space_, path(), options)));
  EXPECT_TRUE(fails_with(ErrorCode::busy, second));
  auto copy = space("copy");
  ASSERT_TRUE(ok(import_kv(*store_, copy, path())));
  EXPECT_EQ(contents_of(copy), contents_of(*space_));
}

TEST_P(KvExport, ThatFailsLeavesNoFile) {
  fill(*space_, 100);
  KvExportOptions options{.block_size_bytes = 4'096};
  options.observer = [&](const KvStreamProgress&) {
    write_file(path(), "somebody's");
  };  // it was not there before
  EXPECT_TRUE(fails_with(ErrorCode::exists, export_kv(*space_, path(), options)));
  EXPECT_FALSE(fs::exists(partial()));
  EXPECT_EQ(bytes_in(path()), "somebody's");
  EXPECT_TRUE(fails_with(ErrorCode::not_found, export_kv(*space_, directory_.path() / "no" / "stream")));
}

TEST_P(KvExport, OfAClosedStoreIsClosed) {
  const auto snapshot = space_->snapshot();
  ASSERT_TRUE(ok(snapshot));
  close();
  StreamInMemory stream;
  EXPECT_TRUE(fails_with(ErrorCode::closed, export_kv(*space_, stream.sink())));
  EXPECT_TRUE(fails_with(ErrorCode::closed, export_kv(*snapshot, stream.sink())));
  EXPECT_TRUE(fails_with(ErrorCode::closed, export_kv(*space_, path())));
  EXPECT_FALSE(fs::exists(path()));
  EXPECT_FALSE(fs::exists(partial()));
}

}  // namespace
}  // namespace holdfast::kv_suites
