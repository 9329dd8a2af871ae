// What the ledger keeps of a checkpoint, and the book in memory.

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "contract/storage_test_support.hpp"
#include "sharded_log/checkpoint_book.hpp"
#include "sharded_log/checkpoint_record.hpp"

namespace holdfast::sharded_log {
namespace {

Checkpoint some_checkpoint(std::string id, std::vector<LogId> next = {1, 20, 300}) {
  return {.id = std::move(id), .created_us = 1'700'000'000'000'000, .next = std::move(next)};
}

TEST(CheckpointRecord, IsReadAsItWasWritten) {
  for (const std::string& id : {std::string("a"), std::string("\0b", 2), std::string(kCheckpointIdSizeBytesMax, 'x')}) {
    const auto read = decode_checkpoint(encode_checkpoint(some_checkpoint(id)));
    ASSERT_TRUE(ok(read));
    EXPECT_EQ(read->id, id);
    EXPECT_EQ(read->created_us, 1'700'000'000'000'000u);
    EXPECT_EQ(read->next, (std::vector<LogId>{1, 20, 300}));
  }
}

TEST(CheckpointRecord, ThatIsCutIsMalformedOrHasAnotherId) {
  const std::string whole = encode_checkpoint(some_checkpoint("id"));
  for (std::size_t size = 0; size <= whole.size() - 2; ++size)
    EXPECT_TRUE(fails_with(ErrorCode::corruption, decode_checkpoint(std::string_view(whole).substr(0, size)))) << size;
  EXPECT_EQ(decode_checkpoint(std::string_view(whole).substr(0, whole.size() - 1))->id, "i");
  EXPECT_TRUE(fails_with(ErrorCode::corruption, decode_checkpoint(encode_checkpoint(some_checkpoint("a")) +
                                                                  std::string(kCheckpointIdSizeBytesMax, 'x'))));
}

TEST(CheckpointRecord, WithFieldsThatCanNotBeIsRefused) {
  const std::string whole = encode_checkpoint(some_checkpoint("id"));
  const auto with = [&](std::uint32_t version, std::uint32_t shard_count) {
    CheckpointDisk disk{.version = version, .shard_count = shard_count, .created_us = 0};
    std::string bytes = whole;
    std::memcpy(bytes.data(), &disk, sizeof disk);
    return decode_checkpoint(bytes);
  };
  EXPECT_TRUE(ok(with(1, 3)));
  EXPECT_TRUE(ok(with(1, 2))) << "the rest is a longer id";
  EXPECT_TRUE(fails_with(ErrorCode::version_mismatch, with(2, 3)));
  EXPECT_TRUE(fails_with(ErrorCode::corruption, with(0, 3)));
  EXPECT_TRUE(fails_with(ErrorCode::corruption, with(1, 0)));
  EXPECT_TRUE(fails_with(ErrorCode::corruption, with(1, 4)));
  EXPECT_TRUE(fails_with(ErrorCode::corruption, with(1, 0xFFFF'FFFF)));
}

TEST(CheckpointRecord, SequencesComeInTheOrderOfTheirBytes) {
  const std::vector<std::uint64_t> sequences{0, 1, 255, 256, 65'536, std::uint64_t{1} << 63, ~std::uint64_t{0}};
  std::string before;
  for (const std::uint64_t sequence : sequences) {
    const std::string bytes = encode_sequence(sequence);
    EXPECT_EQ(decode_sequence(bytes), sequence);
    EXPECT_LT(before, bytes);
    before = bytes;
  }
  EXPECT_FALSE(decode_sequence("seven b"));
  EXPECT_FALSE(decode_sequence("nine byte"));
}

KeptCheckpoint kept(std::uint64_t sequence, const std::string& id) {
  return {sequence, std::make_shared<const Checkpoint>(some_checkpoint(id, {sequence}))};
}

std::vector<std::uint64_t> sequences_of(const std::vector<KeptCheckpoint>& all) {
  std::vector<std::uint64_t> sequences;
  for (const KeptCheckpoint& one : all) sequences.push_back(one.sequence);
  return sequences;
}

TEST(CheckpointBook, HasTheYoungestOfAnIdInWhateverOrderTheyCome) {
  CheckpointBook book;
  book.show(kept(3, "a"));
  book.show(kept(1, "a"));  // its record was durable later
  book.show(kept(2, "b"));
  EXPECT_EQ(book.find("a")->sequence, 3u);
  EXPECT_EQ(sequences_of(book.all()), (std::vector<std::uint64_t>{2, 3}));
  EXPECT_EQ(book.superseded(), (std::vector<std::uint64_t>{1}));
  book.show(kept(4, "a"));
  EXPECT_EQ(book.find("a")->sequence, 4u);
  EXPECT_EQ(book.latest()->sequence, 4u);
  EXPECT_EQ(book.count(), 2u);
  EXPECT_EQ(book.superseded(), (std::vector<std::uint64_t>{1, 3}));
  book.forget_superseded(std::vector<std::uint64_t>{1});
  EXPECT_EQ(book.superseded(), (std::vector<std::uint64_t>{3}));
  EXPECT_EQ(book.next_sequence(), 5u);
}

TEST(CheckpointBook, CountsOfWhatIsHiddenOnlyWhatWasShown) {
  CheckpointBook book;
  for (std::uint64_t i = 1; i <= 4; ++i) book.show(kept(i, "c" + std::to_string(i)));
  EXPECT_EQ(book.hide(std::vector<std::uint64_t>{1, 3, 9}), 2u);
  EXPECT_EQ(book.hide(std::vector<std::uint64_t>{1, 3}), 0u);
  EXPECT_FALSE(book.find("c1"));
  EXPECT_TRUE(book.superseded().empty());
  book.supersede(book.all([](const KeptCheckpoint& one) { return one.sequence == 2; }));
  EXPECT_FALSE(book.find("c2"));
  EXPECT_EQ(book.superseded(), (std::vector<std::uint64_t>{2}));
  EXPECT_EQ(book.latest()->sequence, 4u);
}

TEST(CheckpointBook, ShowsOthersAllAtOnce) {
  CheckpointBook book;
  book.show(kept(7, "a"));
  book.show(kept(8, "a"));
  book.replace_all({kept(8, "a"), kept(9, "b")});
  EXPECT_EQ(sequences_of(book.all()), (std::vector<std::uint64_t>{8, 9}));
  EXPECT_TRUE(book.superseded().empty());
  EXPECT_EQ(book.next_sequence(), 10u);
}

}  // namespace
}  // namespace holdfast::sharded_log
