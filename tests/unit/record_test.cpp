#include "common/format/record.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "common/format/segment.hpp"
#include "property.hpp"

namespace holdfast {
namespace {

constexpr std::uint64_t kSecret = 0x5EC2'E700'0000'0001;
constexpr SegmentId kSegment = 7;
constexpr std::uint32_t kEpoch = 3;
constexpr std::uint64_t kOffset = 4160;

std::uint64_t seed_at(std::uint64_t offset) { return place_seed(slice_seed(kSecret, kSegment, kEpoch), offset); }

/// A record in a piece of memory that ends with it, so that a sanitizer sees a step beyond.
struct Encoded {
  Encoded(std::string_view key, std::string_view payload, RecordDraft draft = {.type = RecordType::put, .version = 42})
      : size(padded_record_size(key.size(), payload.size(), kRecordAlignmentMin)), bytes(new std::byte[size]) {
    draft.key = key;
    draft.payload = payload;
    header = encode_record(draft, place(), {bytes.get(), size});
  }

  [[nodiscard]] RecordPlace place() const {
    return {.seed = seed_at(kOffset),
            .sequence = 5,
            .watermark = 4096,
            .padded_size_bytes = static_cast<std::uint32_t>(size)};
  }
  [[nodiscard]] std::span<const std::byte> all() const { return {bytes.get(), size}; }

  std::size_t size;
  std::unique_ptr<std::byte[]> bytes;
  RecordHeaderDisk header{};
};

bool proves_itself(std::span<const std::byte> bytes, std::uint64_t seed) {
  const auto header = read_record_header(bytes, seed);
  return header && content_matches(*header, bytes, seed);
}

TEST(Record, ReadsBackWhatWasEncoded) {
  const Encoded record("the key", "the payload", {.type = RecordType::erase, .flags = 1, .version = 42, .batch = 40});
  const auto header = read_record_header(record.all(), seed_at(kOffset));
  ASSERT_TRUE(header);
  ASSERT_TRUE(content_matches(*header, record.all(), seed_at(kOffset)));
  const RecordView view = view_record(*header, record.all());
  EXPECT_EQ(view.type(), RecordType::erase);
  EXPECT_EQ(view.key, "the key");
  EXPECT_EQ(view.payload, "the payload");
  EXPECT_EQ(view.header.flags, 1);
  EXPECT_EQ(view.header.version, 42u);
  EXPECT_EQ(view.header.batch, 40u);
  EXPECT_EQ(view.header.sequence, 5u);
  EXPECT_EQ(view.header.watermark, 4096u);
  EXPECT_EQ(view.header.padded_size_bytes, record.size);
}

TEST(Record, PadsWithZeros) {
  const Encoded record("k", "");
  ASSERT_EQ(record.size, 56u);
  for (std::size_t i = sizeof(RecordHeaderDisk) + 1; i < record.size; ++i) EXPECT_EQ(record.bytes[i], std::byte{0});
}

TEST(Record, LengthIsRoundedUpToTheAlignment) {
  EXPECT_EQ(padded_record_size(0, 0, 8), 48u);
  EXPECT_EQ(padded_record_size(1, 0, 8), 56u);
  EXPECT_EQ(padded_record_size(8, 8, 8), 64u);
  EXPECT_EQ(padded_record_size(1, 0, 64), 64u);
  EXPECT_EQ(padded_record_size(16, 1, 64), 128u);
}

TEST(Record, EveryFlippedBitOfHeaderKeyAndPayloadIsSeen) {
  Encoded record("a key of some bytes", "and a payload of some more bytes");
  const std::size_t proved = sizeof(RecordHeaderDisk) + 19 + 32;
  for (std::size_t i = 0; i < proved; ++i)
    for (unsigned bit = 0; bit < 8; ++bit) {
      record.bytes[i] ^= std::byte{1} << bit;
      EXPECT_FALSE(proves_itself(record.all(), seed_at(kOffset))) << "byte " << i << ", bit " << bit;
      record.bytes[i] ^= std::byte{1} << bit;
    }
  EXPECT_TRUE(proves_itself(record.all(), seed_at(kOffset)));
}

TEST(Record, EveryByteReplacedByAnyOtherIsSeen) {
  Encoded record("key", "value");
  const std::size_t proved = sizeof(RecordHeaderDisk) + 8;
  for (std::size_t i = 0; i < proved; ++i) {
    const std::byte was = record.bytes[i];
    for (unsigned value = 0; value < 256; ++value) {
      if (std::byte(value) == was) continue;
      record.bytes[i] = std::byte(value);
      EXPECT_FALSE(proves_itself(record.all(), seed_at(kOffset))) << "byte " << i << " is " << value;
    }
    record.bytes[i] = was;
  }
}

TEST(Record, ADamagedHeaderIsSeenBeforeItsLengthsAreFollowed) {
  Encoded record("key", "value");
  const auto set = [&](std::size_t at, const auto& value) { std::memcpy(record.bytes.get() + at, &value, sizeof value); };
  for (const std::uint64_t length : {0ull, 1ull, 7ull, 8ull, 47ull, 48ull, 56ull, 64ull, 1'000ull, 65'535ull, 0xFFFF'FFF8ull, 0xFFFF'FFFFull}) {
    const std::vector<std::byte> whole(record.all().begin(), record.all().end());
    set(offsetof(RecordHeaderDisk, key_size_bytes), static_cast<std::uint16_t>(length));
    EXPECT_FALSE(read_record_header(record.all(), seed_at(kOffset)));
    set(offsetof(RecordHeaderDisk, payload_size_bytes), static_cast<std::uint32_t>(length));
    EXPECT_FALSE(read_record_header(record.all(), seed_at(kOffset)));
    set(offsetof(RecordHeaderDisk, padded_size_bytes), static_cast<std::uint32_t>(length));
    EXPECT_FALSE(read_record_header(record.all(), seed_at(kOffset)));
    std::memcpy(record.bytes.get(), whole.data(), whole.size());
  }
}

// A writer that lies: the check holds, the lengths do not fit.
TEST(Record, LengthsBeyondTheSliceAreRefusedEvenUnderAValidCheck) {
  const std::string large(5'000, 'x');
  for (const std::uint32_t padded : {48u, 56u, 64u, 5'056u}) {
    const RecordPlace place{.seed = seed_at(kOffset), .sequence = 0, .watermark = 0, .padded_size_bytes = padded};
    const RecordHeaderDisk header = make_record_header({.type = RecordType::put, .key = "k", .payload = large}, place);
    const auto bytes = std::make_unique<std::byte[]>(64);
    std::memcpy(bytes.get(), &header, sizeof header);
    EXPECT_FALSE(read_record_header({bytes.get(), 64}, seed_at(kOffset))) << padded;
  }
}

TEST(Record, APieceOfARecordIsNoRecord) {
  const Encoded record("key", "a value that is longer than the header, so that the cut may fall into it");
  for (std::size_t size = 0; size < record.size; ++size) {
    const auto piece = std::make_unique<std::byte[]>(size);
    std::memcpy(piece.get(), record.bytes.get(), size);
    EXPECT_FALSE(read_record_header({piece.get(), size}, seed_at(kOffset))) << size;
  }
}

TEST(Record, ALengthThatIsNoMultipleOfEightIsRefused) {
  const RecordPlace place{.seed = seed_at(kOffset), .sequence = 0, .watermark = 0, .padded_size_bytes = 52};
  const RecordHeaderDisk header = make_record_header({.type = RecordType::put, .key = "key!"}, place);
  std::byte bytes[64]{};
  std::memcpy(bytes, &header, sizeof header);
  std::memcpy(bytes + sizeof header, "key!", 4);
  EXPECT_FALSE(read_record_header(bytes, seed_at(kOffset)));
}

TEST(Record, ALengthBeyondTheContentIsAccepted) {
  const RecordPlace place{.seed = seed_at(kOffset), .sequence = 0, .watermark = 0, .padded_size_bytes = 128};
  std::vector<std::byte> bytes(128);
  encode_record({.type = RecordType::put, .key = "k", .payload = "v"}, place, bytes);
  EXPECT_TRUE(proves_itself(bytes, seed_at(kOffset)));  // padding is the writer's choice
}

TEST(Record, UnknownTypesAndFlagsAreRefused) {
  const auto accepted = [](RecordType type, std::uint8_t flags) {
    const Encoded record("k", "v", {.type = type, .flags = flags});
    return read_record_header(record.all(), seed_at(kOffset)).has_value();
  };
  for (unsigned type = 0; type < 256; ++type)
    EXPECT_EQ(accepted(static_cast<RecordType>(type), 0), type >= 1 && type <= 6) << type;
  for (unsigned flags = 0; flags < 256; ++flags)
    EXPECT_EQ(accepted(RecordType::put, static_cast<std::uint8_t>(flags)), flags <= kRecordFlagsKnown) << flags;
}

TEST(Record, ARecordOfAnotherPlaceIsRefused) {
  const Encoded record("key", "value");
  ASSERT_TRUE(proves_itself(record.all(), seed_at(kOffset)));
  EXPECT_FALSE(proves_itself(record.all(), seed_at(kOffset + 8)));
  EXPECT_FALSE(proves_itself(record.all(), seed_at(kOffset - 8)));
  EXPECT_FALSE(proves_itself(record.all(), seed_at(0)));
}

TEST(Record, ARecordOfAnotherSegmentEpochOrStoreIsRefused) {
  const Encoded record("key", "value");
  const auto seed = [](std::uint64_t secret, SegmentId segment, std::uint32_t epoch) {
    return place_seed(slice_seed(secret, segment, epoch), kOffset);
  };
  ASSERT_TRUE(proves_itself(record.all(), seed(kSecret, kSegment, kEpoch)));
  EXPECT_FALSE(proves_itself(record.all(), seed(kSecret, kSegment, kEpoch + 1)));
  EXPECT_FALSE(proves_itself(record.all(), seed(kSecret, kSegment, kEpoch - 1)));
  EXPECT_FALSE(proves_itself(record.all(), seed(kSecret, kSegment + 1, kEpoch)));
  EXPECT_FALSE(proves_itself(record.all(), seed(kSecret + 1, kSegment, kEpoch)));
  EXPECT_FALSE(proves_itself(record.all(), seed(kSecret, kEpoch, kSegment)));  // swapped
}

TEST(Record, ContentOfAnotherRecordDoesNotPassUnderAHeader) {
  Encoded record("key", "value one");
  const Encoded other("key", "value two");
  std::memcpy(record.bytes.get() + sizeof(RecordHeaderDisk), other.bytes.get() + sizeof(RecordHeaderDisk),
              record.size - sizeof(RecordHeaderDisk));
  const auto header = read_record_header(record.all(), seed_at(kOffset));
  ASSERT_TRUE(header);
  EXPECT_FALSE(content_matches(*header, record.all(), seed_at(kOffset)));
}

TEST(Record, TheBorderBetweenKeyAndPayloadIsProved) {
  const Encoded one("ab", "c");
  const Encoded other("a", "bc");
  EXPECT_NE(one.header.content_check, other.header.content_check);
}

TEST(Record, BothWaysOfMakingAHeaderAgree) {
  check_property(200, [](std::string key, std::string payload) {
    const std::size_t stretch = *rc::gen::element<std::size_t>(0, 1, 17, 129, 240, 241, 1024, 5000);
    payload.append(stretch, 'p');
    const Encoded record(key, payload);
    const RecordDraft draft{.type = RecordType::put, .version = 42, .key = key, .payload = payload};
    const RecordHeaderDisk header = make_record_header(draft, record.place());
    RC_ASSERT(std::memcmp(&header, &record.header, sizeof header) == 0);
    RC_ASSERT(std::memcmp(&header, record.bytes.get(), sizeof header) == 0);
    RC_ASSERT(proves_itself(record.all(), seed_at(kOffset)));
  });
}

TEST(Record, RandomBytesAreNoRecord) {
  check_property(2'000, [](std::vector<std::uint8_t> noise) {
    noise.resize(64 + noise.size());
    RC_ASSERT(!read_record_header(std::as_bytes(std::span(noise)), seed_at(kOffset)));
  });
}

}  // namespace
}  // namespace holdfast
