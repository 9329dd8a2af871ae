// Imports: conflicts, durability, and going on where one has stopped.

#include <fstream>

#include "stream_fixture.hpp"

namespace holdfast::kv_suites {
namespace {

class KvImport : public KvStreams {};
INSTANTIATE_TEST_SUITE_P(, KvImport, ::testing::ValuesIn(all_backends()), row_name);

class KvImportReopened : public KvStreams {
 protected:
  static constexpr std::uint64_t kBlockBytes = 2'000;
  static constexpr std::uint64_t kMarkBytes = 20'000;

  /// Imports until `blocks` blocks were read, as if the process had been killed there.
  void import_and_stop(holdfast::Kv& into, StreamInMemory stream, std::size_t bytes,
                       KvImportOptions options) {
    stream.bytes.resize(bytes);
    const auto stopped = import_kv(*store_, into, stream.source(), options);
    ASSERT_TRUE(fails_with(ErrorCode::corruption, stopped));  // the stream is cut off
  }

  [[nodiscard]] std::optional<KvImportMark> mark_of(const holdfast::Kv& space) {
    const auto mark = import_mark_of(*store_, space);
    EXPECT_TRUE(ok(mark));
    return mark.value_or(std::nullopt);
  }
};
INSTANTIATE_TEST_SUITE_P(, KvImportReopened,
                         ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)), row_name);

TEST_P(KvImport, ReplacesWhatIsThere) {
  put("a", "stream's");
  put("b", "stream's");
  StreamInMemory stream = exported(*space_);
  auto into = space("into");
  ASSERT_TRUE(ok(into.put("a", "here before")));
  ASSERT_TRUE(ok(into.put("c", "here before")));
  const auto report = import(into, stream);
  ASSERT_TRUE(ok(report));
  EXPECT_EQ(report->stored, 2u);
  EXPECT_EQ(report->kept, 0u);
  EXPECT_TRUE(holds(into, "a", "stream's"));
  EXPECT_TRUE(holds(into, "b", "stream's"));
  EXPECT_TRUE(holds(into, "c", "here before"));
}

TEST_P(KvImport, KeepsWhatIsThereIfItIsToldTo) {
  put("a", "stream's");
  put("b", "stream's");
  StreamInMemory stream = exported(*space_);
  auto into = space("into");
  ASSERT_TRUE(ok(into.put("a", "here before")));
  for (const Durability durability : {Durability::immediate, Durability::buffered}) {
    const auto report =
        import(into, stream, {.conflict = KvConflict::keep_existing, .durability = durability});
    ASSERT_TRUE(ok(report));
    EXPECT_EQ(report->entries, 2u);
    EXPECT_EQ(report->stored, durability == Durability::immediate ? 1u : 0u);
    EXPECT_EQ(report->kept, 2u - report->stored);
  }
  EXPECT_TRUE(holds(into, "a", "here before"));
  EXPECT_TRUE(holds(into, "b", "stream's"));
}

TEST_P(KvImport, StoresInBatchesOfTheSizeAskedFor) {
  for (int i = 0; i < 100; ++i) put("key " + std::to_string(i), "value");
  StreamInMemory stream = exported(*space_);
  auto into = space("into");
  const auto points_of = [&](std::uint64_t batch_entries) {
    const auto before = store_->info()->counters;
    EXPECT_TRUE(ok(import(into, stream, {.batch_entries = batch_entries})));
    const auto after = store_->info()->counters;
    return after.syncs + after.fences - before.syncs - before.fences;
  };
  const std::uint64_t one_by_one = points_of(1);
  const std::uint64_t by_ten = points_of(10);
  EXPECT_GE(one_by_one, 100u);
  EXPECT_LE(by_ten, one_by_one / 5);
  EXPECT_GE(by_ten, 10u);
}

TEST_P(KvImport, ARefusedOptionChangesNothing) {
  put("a", "1");
  StreamInMemory stream = exported(*space_);
  auto into = space("into");
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, import(into, stream, {.batch_entries = 0})));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, import(into, stream, {.mark_every_bytes = 0})));
  EXPECT_TRUE(has_size(into, 0));
}

TEST_P(KvImport, AnErrorOfTheSourceEndsIt) {
  auto into = space("into");
  const KvSource source = [](std::span<std::byte>) -> Result<std::size_t> {
    return Unexpected(Error{.code = ErrorCode::io, .message = "the tape is torn"});
  };
  EXPECT_TRUE(fails_with(ErrorCode::io, import_kv(*store_, into, source)));
  const KvSource liar = [](std::span<std::byte> bytes) -> Result<std::size_t> { return bytes.size() + 1; };
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, import_kv(*store_, into, liar)));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, import_kv(*store_, into, directory_.path() / "absent")));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, import_kv(*store_, into, directory_.path())));
}

TEST_P(KvImport, IntoASpaceOfAnotherStoreIsRefused) {
  StreamInMemory stream = exported(*space_);
  auto other = Store::open("", {.backend = Backend::memory, .size_bytes = kMiB});
  ASSERT_TRUE(ok(other));
  auto foreign = other->kv("foreign");
  ASSERT_TRUE(ok(foreign));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, import(*foreign, stream)));
}

TEST_P(KvImport, IntoAClosedStoreIsClosed) {
  StreamInMemory stream = exported(*space_);
  ASSERT_TRUE(ok(store_->close()));
  EXPECT_TRUE(fails_with(ErrorCode::closed, import(*space_, stream)));
  EXPECT_TRUE(fails_with(ErrorCode::closed, import_mark_of(*store_, *space_)));
}

TEST_P(KvImport, LeavesNoMarkBehindItsEnd) {
  fill(*space_, 500);
  StreamInMemory stream = exported(*space_, {.block_size_bytes = 1'000});
  auto into = space("into");
  std::uint64_t marks = 0;
  KvImportOptions options{.mark_every_bytes = 10'000};
  options.observer = [&](const KvStreamProgress& progress) {
    const auto mark = import_mark_of(*store_, into);
    ASSERT_TRUE(ok(mark));
    if (!*mark) return;
    EXPECT_LE((*mark)->offset, progress.stream_bytes);
    EXPECT_LT(progress.stream_bytes - (*mark)->offset, 10'000u);
    ++marks;
  };
  ASSERT_TRUE(ok(import(into, stream, options)));
  EXPECT_GT(marks, 100u);
  EXPECT_EQ(import_mark_of(*store_, into).value(), std::nullopt);
  EXPECT_EQ(store_->regions()->size(), 0u);
}

TEST_P(KvImportReopened, ThatReturnedIsThereAfterAKill) {
  fill(*space_, 100);
  const auto expected = contents_of(*space_);
  StreamInMemory stream = exported(*space_);
  for (const Durability durability : {Durability::immediate, Durability::interval, Durability::buffered}) {
    const std::string name = "into " + std::to_string(static_cast<int>(durability));
    auto into = space(name);
    ASSERT_TRUE(ok(import(into, stream, {.durability = durability})));
    reopen_after_kill();
    EXPECT_EQ(contents_of(space(name)), expected);
  }
}

TEST_P(KvImportReopened, GoesOnBehindTheMarkAfterAKill) {
  fill(*space_, 300);
  const auto expected = contents_of(*space_);
  const StreamInMemory stream = exported(*space_, {.block_size_bytes = kBlockBytes});
  for (const Durability durability : {Durability::immediate, Durability::buffered}) {
    SCOPED_TRACE(static_cast<int>(durability));
    const std::string name = "into " + std::to_string(static_cast<int>(durability));
    KvImportOptions options{.durability = durability, .mark_every_bytes = kMarkBytes, .resumes = true};
    auto into = space(name);
    import_and_stop(into, stream, stream.bytes.size() * 2 / 3, options);
    reopen_after_kill();
    auto again = space(name);
    const auto mark = mark_of(again);
    ASSERT_TRUE(mark.has_value());
    EXPECT_GE(mark->offset + kMarkBytes + 200'000, stream.bytes.size() * 2 / 3);
    EXPECT_GE(again.size().value(), mark->entries) << "all before the mark is there";
    StreamInMemory whole = stream;
    const auto report = import(again, whole, options);
    ASSERT_TRUE(ok(report));
    EXPECT_EQ(report->resumed_at, *mark);
    EXPECT_EQ(report->stored, 301 - mark->entries);
    EXPECT_EQ(report->entries, 301u);
    EXPECT_EQ(report->stream_bytes, stream.bytes.size());
    EXPECT_EQ(contents_of(again), expected);
    EXPECT_EQ(mark_of(again), std::nullopt);
  }
}

TEST_P(KvImportReopened, OfAFileGoesOnWithoutReadingWhatIsBeforeTheMark) {
  fill(*space_, 300);
  const auto expected = contents_of(*space_);
  const StreamInMemory stream = exported(*space_, {.block_size_bytes = kBlockBytes});
  const KvImportOptions options{.mark_every_bytes = kMarkBytes, .resumes = true};
  auto into = space("into");
  import_and_stop(into, stream, stream.bytes.size() * 2 / 3, options);
  const auto mark = mark_of(into);
  ASSERT_TRUE(mark.has_value());
  const auto path = directory_.path() / "stream";
  std::string bytes = stream.bytes;
  for (std::size_t i = 48; i < mark->offset; ++i) bytes[i] = '?';  // all but the header; nobody shall look
  std::ofstream(path, std::ios::binary) << bytes;
  reopen_after_kill();
  auto again = space("into");
  ASSERT_TRUE(ok(import_kv(*store_, again, path, options)));
  EXPECT_EQ(contents_of(again), expected);
}

TEST_P(KvImportReopened, FromTheStartForgetsTheMark) {
  fill(*space_, 300);
  const StreamInMemory stream = exported(*space_, {.block_size_bytes = kBlockBytes});
  auto into = space("into");
  import_and_stop(into, stream, stream.bytes.size() * 2 / 3, {.mark_every_bytes = kMarkBytes});
  ASSERT_TRUE(mark_of(into).has_value());
  for (const auto& [key, value] : contents_of(into)) ASSERT_TRUE(says(true, into.erase(key)));
  import_and_stop(into, stream, kMarkBytes / 2, {.mark_every_bytes = kMarkBytes});
  EXPECT_EQ(mark_of(into), std::nullopt) << "it would speak of what is erased";
  StreamInMemory whole = stream;
  const auto report = import(into, whole, {.resumes = true});
  ASSERT_TRUE(ok(report));
  EXPECT_EQ(report->resumed_at, KvImportMark());
  EXPECT_EQ(contents_of(into), contents_of(*space_));
}

TEST_P(KvImportReopened, OfAnotherStreamOrSpaceDoesNotUseTheMark) {
  fill(*space_, 300);
  const StreamInMemory stream = exported(*space_, {.block_size_bytes = kBlockBytes});
  StreamInMemory same_again = exported(*space_, {.block_size_bytes = kBlockBytes});
  const KvImportOptions options{.mark_every_bytes = kMarkBytes, .resumes = true};
  auto into = space("into");
  import_and_stop(into, stream, stream.bytes.size() * 2 / 3, options);
  auto other = space("other");
  StreamInMemory whole = stream;
  ASSERT_TRUE(ok(import(other, whole, options)));
  EXPECT_EQ(contents_of(other), contents_of(*space_));
  EXPECT_TRUE(mark_of(into).has_value());
  const auto report = import(into, same_again, options);
  ASSERT_TRUE(ok(report));
  EXPECT_EQ(report->resumed_at, KvImportMark()) << "the same entries, but another stream";
  EXPECT_EQ(report->stored, 301u);
}

}  // namespace
}  // namespace holdfast::kv_suites
