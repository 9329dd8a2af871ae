// Keys, timestamps, tombstones and compression of records; batches of records and transactions.

#include <holdfast/log_transaction.hpp>

#include "log_suites.hpp"

namespace holdfast::log_suites {
namespace {

TEST_P(LogReopen, KeysAndTimestampsComeBackAsGiven) {
  ASSERT_TRUE(is_id(1, stream_->append("plain", {.timestamp_us = 7})));
  ASSERT_TRUE(is_id(2, stream_->append("keyed", {.key = "k1"})));
  ASSERT_TRUE(is_id(3, stream_->append("", {.key = "", .timestamp_us = kLogTimestampUsMax})));
  const std::string binary("a\0b\xff", 4);
  ASSERT_TRUE(is_id(4, stream_->append("binary", {.key = binary})));
  ASSERT_TRUE(is_id(5, stream_->erase_key("k1", {.timestamp_us = 9})));
  for (int round = 0; round < 3; ++round) {
    const auto plain = stream_->read(1);
    ASSERT_TRUE(ok(plain));
    EXPECT_EQ(plain->timestamp_us, 7u);
    EXPECT_FALSE(plain->key);
    EXPECT_FALSE(plain->erases_key);
    const auto keyed = stream_->read(2);
    ASSERT_TRUE(ok(keyed));
    EXPECT_EQ(keyed->key, "k1");
    EXPECT_GT(keyed->timestamp_us, std::uint64_t{1} << 50) << "now";
    const auto empty = stream_->read(3);
    ASSERT_TRUE(ok(empty));
    EXPECT_EQ(empty->key, "") << "an empty key is one";
    EXPECT_EQ(empty->timestamp_us, kLogTimestampUsMax);
    EXPECT_EQ(stream_->read(4)->key, binary);
    const auto erased = stream_->read(5);
    ASSERT_TRUE(ok(erased));
    EXPECT_TRUE(erased->erases_key);
    EXPECT_EQ(erased->key, "k1");
    EXPECT_EQ(erased->payload, "");
    std::vector<std::optional<std::string>> keys;
    ASSERT_TRUE(ok(stream_->scan(1, [&](const LogEntryView& entry) {
      EXPECT_EQ(entry.erases_key, entry.id == 5);
      keys.push_back(entry.key ? std::optional<std::string>(*entry.key) : std::nullopt);
      return true;
    })));
    EXPECT_EQ(keys, (std::vector<std::optional<std::string>>{std::nullopt, "k1", "", binary, "k1"}));
    round == 0 ? reopen_after_close() : reopen_after_kill();
  }
}

TEST_P(Log, ATimestampIsNowByTheClockOfTheStore) {
  close();
  const auto clock = std::make_shared<std::uint64_t>(1'234);
  options_.clock = [clock] { return *clock; };
  open();
  ASSERT_TRUE(is_id(1, stream_->append("a")));
  *clock = 900;  // set back
  ASSERT_TRUE(is_id(2, stream_->append("b")));
  EXPECT_EQ(stream_->read(1)->timestamp_us, 1'234u);
  EXPECT_EQ(stream_->read(2)->timestamp_us, 900u);
}

TEST_P(Log, RefusesKeysAndTimestampsBeyondTheirBoundsAndTakesNoId) {
  const std::string key(kLogKeySizeBytesMax + 1, 'k');
  EXPECT_TRUE(fails_with(ErrorCode::too_large, stream_->append("x", {.key = key})));
  EXPECT_TRUE(fails_with(ErrorCode::too_large, stream_->erase_key(key)));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, stream_->append("x", {.timestamp_us = kLogTimestampUsMax + 1})));
  const std::vector<LogDraft> drafts{{.payload = "fits"}, {.payload = "x", .key = key}};
  EXPECT_TRUE(fails_with(ErrorCode::too_large, stream_->append_records(drafts)));
  Batch batch;
  batch.append(*stream_, "x", {.key = key});
  EXPECT_TRUE(fails_with(ErrorCode::too_large, store_->commit(batch)));
  EXPECT_TRUE(is_id(1, stream_->next_id()));
  EXPECT_TRUE(is_id(1, stream_->append("x", {.key = std::string_view(key).substr(1)})));
  EXPECT_EQ(stream_->read(1)->key->size(), kLogKeySizeBytesMax);
}

TEST_P(LogReopen, ABatchHasKeysAndTimesOfItsOwn) {
  const std::vector<LogDraft> drafts{
      {.payload = "a", .key = "ka", .timestamp_us = 5}, {.payload = "b"}, {.payload = "c", .timestamp_us = 6}};
  ASSERT_TRUE(is_id(1, stream_->append_records(drafts)));
  Batch batch;
  batch.append(*stream_, "d", {.key = "kd", .timestamp_us = 8});
  batch.append(*stream_, "e", {.key = ""});
  ASSERT_TRUE(ok(store_->commit(batch)));
  reopen_after_kill();
  EXPECT_EQ(stream_->read(1)->key, "ka");
  EXPECT_EQ(stream_->read(1)->timestamp_us, 5u);
  EXPECT_FALSE(stream_->read(2)->key);
  EXPECT_EQ(stream_->read(3)->timestamp_us, 6u);
  EXPECT_EQ(stream_->read(4)->key, "kd");
  EXPECT_EQ(stream_->read(4)->timestamp_us, 8u);
  EXPECT_EQ(stream_->read(5)->key, "");
  EXPECT_EQ(stream_->read(5)->payload, "e");
}

TEST_P(Log, ATransactionAppendsWhatItGatheredInOneStep) {
  LogTransaction transaction(*stream_);
  EXPECT_TRUE(is_id(1, transaction.commit())) << "nothing was gathered: the id that would come";
  transaction.append("a", {.key = "k"});
  transaction.append("b");
  transaction.append("", {.timestamp_us = 3});
  EXPECT_EQ(transaction.count(), 3u);
  EXPECT_TRUE(is_id(1, stream_->next_id())) << "nothing is there before the commit";
  EXPECT_TRUE(is_id(1, transaction.commit()));
  EXPECT_EQ(transaction.count(), 0u);
  EXPECT_TRUE(holds(*stream_, 1, "a"));
  EXPECT_EQ(stream_->read(1)->key, "k");
  EXPECT_TRUE(holds(*stream_, 2, "b"));
  EXPECT_EQ(stream_->read(3)->timestamp_us, 3u);
  transaction.append("c");
  transaction.clear();
  EXPECT_TRUE(is_id(4, transaction.commit()));
}

TEST_P(Log, ATransactionThatFailsKeepsItsRecords) {
  LogTransaction transaction(*stream_);
  transaction.append("a");
  transaction.append("b", {.timestamp_us = kLogTimestampUsMax + 1});
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, transaction.commit()));
  EXPECT_EQ(transaction.count(), 2u);
  EXPECT_TRUE(is_id(1, stream_->next_id()));
}

TEST_P(LogReopen, PayloadsAboveTheThresholdAreCompressedWhereThatSaves) {
  const auto compressing = [&] {
    return stream("packed", {.settings = {.compress_above_bytes = 1'000}});
  };
  std::string noise(5'000, '\0');
  std::uint32_t state = 1;
  for (char& byte : noise) byte = static_cast<char>((state = state * 1'664'525 + 1'013'904'223) >> 24);
  const std::vector<std::string> payloads{std::string(10'240, 'x'), std::string(1'000, 'y'), noise,
                                          std::string(300'000, 'z')};
  holdfast::Log packed = compressing();
  for (const std::string& payload : payloads) ASSERT_TRUE(ok(packed.append(payload, {.key = "k"})));
  const auto statistics = packed.statistics();
  ASSERT_TRUE(ok(statistics));
  EXPECT_EQ(statistics->plain_bytes, 310'240u) << "the first and the last";
  EXPECT_LT(statistics->packed_bytes, 5'000u);
  EXPECT_LT(statistics->appended_bytes, 15'000u);
  for (int round = 0; round < 2; ++round) {
    std::vector<std::string> found;
    ASSERT_TRUE(ok(packed.scan(1, [&](const LogEntryView& entry) {
      EXPECT_EQ(entry.key, "k");
      found.emplace_back(entry.payload);
      return true;
    })));
    EXPECT_EQ(found, payloads);
    for (std::size_t i = 0; i < payloads.size(); ++i) EXPECT_TRUE(holds(packed, i + 1, payloads[i]));
    reopen_after_kill();
    packed = compressing();
  }
}

}  // namespace
}  // namespace holdfast::log_suites
