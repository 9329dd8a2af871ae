// Values that are stored compressed: every call reads and writes them as if they were not.

#include <array>
#include <map>
#include <random>

#include "common/format/record.hpp"
#include "kv/kv_space.hpp"
#include "kv_suites.hpp"

namespace holdfast::kv_suites {
namespace {

const KvOptions kCompressed{.settings = {.compress_above_bytes = 100}};

/// Bytes that LZ4 makes nothing of.
std::string noise(std::size_t size) {
  std::string bytes;
  std::mt19937_64 random(size);
  while (bytes.size() < size) {
    const std::uint64_t word = random();
    bytes.append(reinterpret_cast<const char*>(&word), sizeof word);
  }
  bytes.resize(size);
  return bytes;
}

std::uint64_t stored_bytes(const holdfast::Kv& space, std::string_view key) {
  std::uint64_t size = 0;
  for (const ByteRange& range : kv::space_of(space).placements(key)) size += range.size_bytes;
  return size;
}

/// Reads `key` by every call there is.
void expect_everywhere(const holdfast::Kv& space, const std::string& key, const std::string& value) {
  EXPECT_TRUE(holds(space, key, value));
  const auto viewed = space.view(key);
  ASSERT_TRUE(ok(viewed));
  ASSERT_TRUE(viewed->has_value());
  EXPECT_EQ((*viewed)->value(), value);
  for (const std::size_t room : {value.size() + 7, value.size(), value.size() / 2}) {
    std::string buffer(room, '?');
    const auto size = space.get_into(key, buffer);
    ASSERT_TRUE(ok(size));
    EXPECT_EQ(*size, value.size());
    EXPECT_EQ(buffer.substr(0, value.size()), value.substr(0, room));
    if (room > value.size()) {
      EXPECT_EQ(buffer.back(), '?');
    }
  }
  const auto many = space.multi_get(std::vector<std::string_view>{key});
  ASSERT_TRUE(ok(many));
  EXPECT_EQ(many->front(), value);
  std::string scanned;
  const auto take = [&](std::string_view, std::string_view found) {
    scanned = found;
    return true;
  };
  ASSERT_TRUE(ok(space.scan(key, take)));
  EXPECT_EQ(scanned, value);
  const auto snapshot = space.snapshot();
  ASSERT_TRUE(ok(snapshot));
  EXPECT_EQ(*snapshot->get(key), value);
  scanned.clear();
  ASSERT_TRUE(ok(snapshot->scan(key, take)));
  EXPECT_EQ(scanned, value);
}

/// In a record; in extents; in extents when it is not compressed, and in a record when it is.
std::array<std::string, 4> values() {
  return {some_value(3'000, 1), some_value(40'000, 2), noise(60'000) + std::string(60'000, 'x'),
          std::string(500'000, 'z')};
}

TEST_P(Kv, CompressedValuesComeBackByEveryCall) {
  holdfast::Kv compressed = space("compressed", kCompressed);
  for (const std::string& value : values()) {
    ASSERT_TRUE(ok(compressed.put("key", value)));
    expect_everywhere(compressed, "key", value);
    EXPECT_LT(stored_bytes(compressed, "key"), value.size());
  }
}

TEST_P(Kv, CompressedIsOnlyWhatIsLargerAndSaves) {
  holdfast::Kv compressed = space("compressed", kCompressed);
  const std::string at_bound(100, 'x');
  ASSERT_TRUE(ok(compressed.put("at bound", at_bound)));
  EXPECT_GE(stored_bytes(compressed, "at bound"), sizeof(RecordHeaderDisk) + at_bound.size());
  ASSERT_TRUE(ok(compressed.put("above", at_bound + "x")));
  EXPECT_LT(stored_bytes(compressed, "above"), stored_bytes(compressed, "at bound"));
  for (const std::size_t size : {101u, 3'000u, 100'000u}) {
    ASSERT_TRUE(ok(compressed.put("noise", noise(size))));
    expect_everywhere(compressed, "noise", noise(size));
    EXPECT_GE(stored_bytes(compressed, "noise"), size);
  }
}

TEST_P(Kv, CompressedOrNotIsAMatterOfTheMomentOfTheWrite) {
  const std::string value = some_value(3'000, 1);
  put("before", value);
  ASSERT_TRUE(ok(space_->set_settings({.compress_above_bytes = 1})));
  put("compressed", value);
  ASSERT_TRUE(ok(space_->set_settings({})));
  put("behind", value);
  EXPECT_LT(stored_bytes(*space_, "compressed"), stored_bytes(*space_, "before"));
  EXPECT_EQ(stored_bytes(*space_, "behind"), stored_bytes(*space_, "before"));
  for (const char* const key : {"before", "compressed", "behind"}) expect_everywhere(*space_, key, value);
}

TEST_P(Kv, CompressedIsWhatEveryWritingCallLeaves) {
  holdfast::Kv compressed = space("compressed", kCompressed);
  const std::string value = some_value(5'000, 1);
  const std::string other = some_value(5'000, 2);
  std::vector<std::string> keys;
  const auto expect_small = [&](const std::string& key, const std::string& expected) {
    expect_everywhere(compressed, key, expected);
    EXPECT_LT(stored_bytes(compressed, key), expected.size()) << key;
  };
  ASSERT_TRUE(ok(compressed.multi_put(std::vector<KvEntry>{{"multi 1", value}, {"multi 2", other}})));
  expect_small("multi 1", value);
  expect_small("multi 2", other);
  const auto ticket = compressed.put_async("async", value);
  ASSERT_TRUE(ok(ticket));
  ASSERT_TRUE(ok(ticket->wait()));
  expect_small("async", value);
  Batch batch;
  batch.put(compressed, "batch 1", value);
  batch.put(compressed, "batch 2", other);
  ASSERT_TRUE(ok(store_->commit(batch)));
  expect_small("batch 1", value);
  expect_small("batch 2", other);
  EXPECT_TRUE(says(true, compressed.put_if_absent("conditional", value)));
  expect_small("conditional", value);
  EXPECT_TRUE(says(false, compressed.compare_and_set("conditional", other, "wrong")));
  EXPECT_TRUE(says(true, compressed.compare_and_set("conditional", value, other)));
  expect_small("conditional", other);
  const auto before = compressed.exchange("conditional", value);
  ASSERT_TRUE(ok(before));
  EXPECT_EQ(*before, other);
  expect_small("conditional", value);
  const auto now = compressed.update("conditional", [&](std::optional<std::string_view> present) {
    EXPECT_EQ(present, value);
    return other;
  });
  ASSERT_TRUE(ok(now));
  expect_small("conditional", other);
}

TEST_P(Kv, CompressedCountersCount) {
  holdfast::Kv compressed = space("compressed", {.settings = {.compress_above_bytes = 1}});
  for (std::int64_t i = 1; i <= 3; ++i) EXPECT_EQ(*compressed.add("counter", 1), i);
}

TEST_P(Kv, CompressedValuesInExtentsAreGivenBack) {
  holdfast::Kv compressed = space("compressed", kCompressed);
  const std::string value = noise(300'000) + std::string(100'000, 'x');
  // Together more than the store can hold.
  for (std::uint64_t i = 0; i * 300'000 < kTestMaxSizeBytes + 10 * kMiB; ++i)
    ASSERT_TRUE(ok(compressed.put("key", value, {.ttl_ms = i % 3 == 0 ? 0 : 1'000'000})));
  expect_everywhere(compressed, "key", value);
}

TEST_P(KvReopen, CompressedValuesAreThereBehindACloseAndAKill) {
  static_cast<void>(space("compressed", kCompressed));
  for (int round = 0; round < 3; ++round) {
    holdfast::Kv compressed = space("compressed");
    int number = 0;
    for (const std::string& value : values()) {
      const std::string key = "key " + std::to_string(number++);
      if (round == 0) {
        ASSERT_TRUE(ok(compressed.put(key, value, kBuffered)));
      }
      expect_everywhere(compressed, key, value);
    }
    EXPECT_TRUE(store_->verify()->damage.empty());
    round == 0 ? reopen_after_kill() : reopen_after_close();
  }
}

}  // namespace
}  // namespace holdfast::kv_suites
