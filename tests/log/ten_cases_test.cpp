// What logs of this kind are known to get wrong, and must not.

#include <algorithm>
#include <memory>

#include <holdfast/testing/crash_storage.hpp>

#include "log/log_stream.hpp"
#include "log_suites.hpp"

namespace holdfast::log_suites {
namespace {

using testing::CrashMedium;
using testing::MediumModel;

class LogTenCases : public LogReopen {};
INSTANTIATE_TEST_SUITE_P(, LogTenCases, ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)), row_name);

TEST_P(LogTenCases, StreamsWhoseNamesLookAlikeAreApartAndTheirIdsGoOnAfterARestart) {
  const std::vector<std::string> names{"a/b", "a_b", "a:b", std::string("a\0b", 3), "a b"};
  for (const std::string& name : names)
    ASSERT_TRUE(is_id(1, stream(name).append("first of " + name)));
  for (int round = 0; round < 2; ++round) {
    round == 0 ? reopen_after_kill() : reopen_after_close();
    for (const std::string& name : names) {
      auto one = stream(name);
      ASSERT_TRUE(is_id(static_cast<LogId>(round) + 2, one.append("of round " + std::to_string(round))));
      EXPECT_TRUE(holds(one, 1, "first of " + name));
      EXPECT_TRUE(holds(one, static_cast<LogId>(round) + 2, "of round " + std::to_string(round)));
    }
  }
}

TEST_P(LogTenCases, ABatchLargerThanASegmentIsThereAsAWhole) {
  append("before", {});
  std::vector<std::string> payloads;
  for (int i = 0; i < 300; ++i) payloads.push_back(some_value(1'000, static_cast<std::uint64_t>(i)));
  const std::vector<std::string_view> views(payloads.begin(), payloads.end());
  ASSERT_GT(payloads.size() * 1'000, 4 * options_.segment_size_bytes);
  ASSERT_TRUE(is_id(2, stream_->append_batch(views)));
  payloads_.insert(payloads_.end(), payloads.begin(), payloads.end());
  reopen_after_kill();
  EXPECT_TRUE(holds_all(*stream_, payloads_));
  append("behind", {});
  reopen_after_close();
  EXPECT_TRUE(holds_all(*stream_, payloads_));
}

class LogTenCasesOfDamage : public ::testing::TestWithParam<MediumModel> {
 protected:
  static constexpr LogId kRecords = 12;

  void make() {
    medium_ = CrashMedium::create(
        {.model = GetParam(), .size_bytes = 4 * kMiB, .max_size_bytes = 16 * kMiB, .keeps_log = false});
    open();
    for (LogId id = 1; id <= kRecords; ++id) ASSERT_TRUE(is_id(id, stream_->append(payload_of(id))));
  }

  void open() {
    stream_.reset();
    store_.reset();
    auto storage = medium_->open();
    ASSERT_TRUE(ok(storage));
    storage_ = storage->get();
    auto opened = Store::open(std::move(*storage), {.segment_size_bytes = 64 << 10});
    ASSERT_TRUE(ok(opened));
    store_.emplace(std::move(*opened));
    auto stream = store_->log("stream");
    ASSERT_TRUE(ok(stream));
    stream_.emplace(std::move(*stream));
  }

  [[nodiscard]] static std::string payload_of(LogId id) { return "the payload of " + std::to_string(id); }

  /// Changes bytes behind the store's back, which is closed or as if its process had ended.
  template <class Change>
  void change(ByteRange bytes, const Change& change) {
    stream_.reset();
    store_.reset();
    const auto storage = medium_->open();
    ASSERT_TRUE(ok(storage));
    const auto written = (*storage)->writable({bytes.offset, bytes.size_bytes});
    ASSERT_TRUE(ok(written));
    std::for_each_n(*written, bytes.size_bytes, change);
    ASSERT_TRUE(ok((*storage)->close()));
  }

  std::shared_ptr<CrashMedium> medium_;
  Storage* storage_ = nullptr;
  std::optional<Store> store_;
  std::optional<holdfast::Log> stream_;
};
INSTANTIATE_TEST_SUITE_P(, LogTenCasesOfDamage, ::testing::Values(MediumModel::pages, MediumModel::cache_lines),
                         [](const auto& tested) {
                           return tested.param == MediumModel::pages ? "pages" : "cache_lines";
                         });

TEST_P(LogTenCasesOfDamage, TheLastRecordCutAtAnyByteCostsNoOtherAndTheStreamGoesOn) {
  make();
  const std::uint64_t size_bytes = log::stream_of(*stream_).placements(kRecords).front().size_bytes;
  for (std::uint64_t kept = 0; kept < size_bytes; ++kept) {
    SCOPED_TRACE(kept);
    make();
    const ByteRange last = log::stream_of(*stream_).placements(kRecords).front();
    // What a write that was cut off has not reached.
    change({last.offset + kept, last.size_bytes - kept}, [](std::byte& byte) { byte = std::byte{0}; });
    open();
    for (LogId id = 1; id < kRecords; ++id) ASSERT_TRUE(holds(*stream_, id, payload_of(id)));
    const auto behind = stream_->append("behind");
    ASSERT_TRUE(ok(behind));
    ASSERT_GE(*behind, kRecords);
    for (int i = 0; i < 2; ++i) {
      open();
      for (LogId id = 1; id < kRecords; ++id) ASSERT_TRUE(holds(*stream_, id, payload_of(id)));
      ASSERT_TRUE(holds(*stream_, *behind, "behind"));
      ASSERT_TRUE(is_id(*behind + 1, stream_->next_id()));
    }
  }
}

TEST_P(LogTenCasesOfDamage, AByteInTheMiddleIsNamedAndTheRecordsBehindItAreRead) {
  make();
  const ByteRange damaged = log::stream_of(*stream_).placements(5).front();
  ASSERT_TRUE(ok(store_->close()));
  change({damaged.offset + damaged.size_bytes / 2, 1}, [](std::byte& byte) { byte ^= std::byte{1}; });
  open();
  const auto read = stream_->read(5);
  ASSERT_TRUE(fails_with(ErrorCode::corruption, read));
  EXPECT_FALSE(read.error().expected.empty());
  EXPECT_FALSE(read.error().found.empty());
  for (LogId id = 1; id <= kRecords; ++id)
    if (id != 5) {
      EXPECT_TRUE(holds(*stream_, id, payload_of(id)));
    }
  const auto scanned_before = stream_->scan(1, [](const LogEntryView&) { return true; });
  ASSERT_TRUE(fails_with(ErrorCode::corruption, scanned_before));
  EXPECT_NE(scanned_before.error().found.find("5"), std::string::npos);
}

}  // namespace
}  // namespace holdfast::log_suites
