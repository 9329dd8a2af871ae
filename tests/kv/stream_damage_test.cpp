// Streams that are cut off, damaged, foreign, newer or forged: a typed error, and no damaged block is
// imported.

#include <cstddef>

#include "common/base/checksum.hpp"
#include "kv_stream/stream_format.hpp"
#include "stream_fixture.hpp"

namespace holdfast::kv_suites {
namespace {

using kv_stream::KvBlockHeaderDisk;
using kv_stream::KvStreamEntryDisk;
using kv_stream::KvStreamHeaderDisk;

class KvStreamDamage : public KvStreams {
 protected:
  void SetUp() override {
    KvStreams::SetUp();
    for (unsigned i = 0; i < 12; ++i) put("key " + std::to_string(i), some_value(20 + i * 9, i));
    stream_ = exported(*space_, {.block_size_bytes = 200});
    expected_ = contents_of(*space_);
    into_.emplace(space("into"));
  }

  /// Imports `bytes`; whatever was stored must be what the stream held. The error, if there was one.
  std::optional<Error> imported(std::string bytes) {
    StreamInMemory changed{.bytes = std::move(bytes)};
    const auto report = import(*into_, changed);
    for (const auto& [key, value] : contents_of(*into_)) {
      const auto found = expected_.find(key);
      if (found == expected_.end() || found->second != value)
        ADD_FAILURE() << shown(key) << " was not in the stream";
      EXPECT_TRUE(says(true, into_->erase(key, kBuffered)));
    }
    return report ? std::nullopt : std::optional(report.error());
  }

  template <class T>
  [[nodiscard]] T at(std::size_t offset) const {
    T object{};
    std::memcpy(&object, stream_.bytes.data() + offset, sizeof object);
    return object;
  }

  StreamInMemory stream_;
  std::map<std::string, std::string> expected_;
  std::optional<holdfast::Kv> into_;
};
INSTANTIATE_TEST_SUITE_P(, KvStreamDamage, ::testing::ValuesIn(all_backends()), row_name);

template <class T>
void overwrite(std::string& bytes, std::size_t offset, const T& object) {
  std::memcpy(bytes.data() + offset, &object, sizeof object);
}

TEST_P(KvStreamDamage, EveryFlippedByteIsNoticed) {
  ASSERT_FALSE(imported(stream_.bytes).has_value());
  for (std::size_t i = 0; i < stream_.bytes.size(); ++i) {
    std::string bytes = stream_.bytes;
    bytes[i] = static_cast<char>(bytes[i] ^ 0x10);
    const auto error = imported(bytes);
    ASSERT_TRUE(error.has_value()) << "byte " << i;
    const bool is_magic = i < sizeof(std::uint64_t);
    const bool is_version = i >= 8 && i < 12;
    const ErrorCode code = is_magic     ? ErrorCode::invalid_argument
                           : is_version ? ErrorCode::version_mismatch
                                        : ErrorCode::corruption;
    ASSERT_EQ(error->code, code) << "byte " << i << ": " << error->to_string();
    if (is_magic) continue;
    EXPECT_FALSE(error->expected.empty()) << "byte " << i;
    EXPECT_FALSE(error->found.empty()) << "byte " << i;
    EXPECT_LE(error->offset, i + sizeof(KvBlockHeaderDisk) + 400) << "byte " << i;
  }
}

TEST_P(KvStreamDamage, EveryCutIsNoticed) {
  for (std::size_t size = 0; size < stream_.bytes.size(); ++size) {
    const auto error = imported(stream_.bytes.substr(0, size));
    ASSERT_TRUE(error.has_value()) << size;
    EXPECT_EQ(error->code, size < 8 ? ErrorCode::invalid_argument : ErrorCode::corruption) << size;
    if (size < 8) continue;
    EXPECT_EQ(error->offset, size);
  }
}

TEST_P(KvStreamDamage, BytesBehindTheEndAreNoticed) {
  for (const std::string& more : {std::string(1, '\0'), stream_.bytes}) {
    const auto error = imported(stream_.bytes + more);
    ASSERT_TRUE(error.has_value());
    EXPECT_EQ(error->code, ErrorCode::corruption);
    EXPECT_EQ(error->offset, stream_.bytes.size());
  }
}

TEST_P(KvStreamDamage, ABlockThatIsMissingMovedOrRepeatedIsNoticed) {
  const std::size_t first = sizeof(KvStreamHeaderDisk);
  const auto size_at = [&](std::size_t offset) {
    return sizeof(KvBlockHeaderDisk) + at<KvBlockHeaderDisk>(offset).size_bytes;
  };
  const std::size_t second = first + size_at(first);
  const std::size_t third = second + size_at(second);
  const auto block = [&](std::size_t from, std::size_t to) { return stream_.bytes.substr(from, to - from); };
  const std::string head = stream_.bytes.substr(0, first);
  const std::string rest = stream_.bytes.substr(third);
  for (const std::string& bytes :
       {head + block(second, third) + rest, head + block(first, second) + rest,
        head + block(second, third) + block(first, second) + rest,
        head + block(first, second) + block(first, second) + block(second, third) + rest}) {
    const auto error = imported(bytes);
    ASSERT_TRUE(error.has_value());
    EXPECT_EQ(error->code, ErrorCode::corruption) << error->to_string();
  }
}

TEST_P(KvStreamDamage, ABlockOfAnotherStreamIsNoticed) {
  const StreamInMemory other = exported(*space_, {.block_size_bytes = 200});
  ASSERT_EQ(other.bytes.size(), stream_.bytes.size());
  std::string bytes = stream_.bytes;
  bytes.replace(sizeof(KvStreamHeaderDisk), std::string::npos, other.bytes, sizeof(KvStreamHeaderDisk));
  EXPECT_EQ(imported(bytes)->code, ErrorCode::corruption);
}

TEST_P(KvStreamDamage, WhatIsBeforeTheDamageIsStoredAndCounted) {
  const std::uint32_t first_block_entries = at<KvBlockHeaderDisk>(sizeof(KvStreamHeaderDisk)).entries;
  std::string bytes = stream_.bytes;
  bytes.back() = static_cast<char>(bytes.back() ^ 1);  // the end's checksum
  StreamInMemory changed{.bytes = bytes};
  const auto all = import(*into_, changed, {.batch_entries = 1});
  EXPECT_TRUE(fails_with(ErrorCode::corruption, all));
  EXPECT_NE(all.error().message.find("12 entries before it are stored"), std::string::npos)
      << all.error().message;
  EXPECT_EQ(contents_of(*into_), expected_);
  const std::size_t second = sizeof(KvStreamHeaderDisk) + sizeof(KvBlockHeaderDisk) +
                             at<KvBlockHeaderDisk>(sizeof(KvStreamHeaderDisk)).size_bytes;
  bytes = stream_.bytes;
  bytes[second + sizeof(KvBlockHeaderDisk) + 30] ^= 1;
  auto other = space("other");
  StreamInMemory damaged{.bytes = bytes};
  const auto some = import(other, damaged, {.batch_entries = 1});
  EXPECT_TRUE(fails_with(ErrorCode::corruption, some));
  EXPECT_EQ(some.error().offset, second + sizeof(KvBlockHeaderDisk));
  EXPECT_TRUE(has_size(other, first_block_entries));
}

TEST_P(KvStreamDamage, AForeignFileIsNoStream) {
  for (const std::string& bytes :
       {std::string(), std::string("{\"key\":\"k\",\"value\":\"v\"}\n"), std::string(500, '\0')})
    EXPECT_EQ(imported(bytes)->code, ErrorCode::invalid_argument);
}

/// Forged streams: their checksums hold.
class KvForgedStream : public KvStreamDamage {
 protected:
  /// The stream with another header.
  [[nodiscard]] std::string with_header(KvStreamHeaderDisk header) const {
    header.check = kv_stream::check_of(header);
    std::string bytes = stream_.bytes;
    overwrite(bytes, 0, header);
    return bytes;
  }

  /// A stream of one block that claims to hold `entries` entries in `content`, and its end.
  [[nodiscard]] std::string of_block(std::uint32_t entries, const std::string& content,
                                     std::optional<std::uint64_t> size_bytes = {}) const {
    const auto head = at<KvStreamHeaderDisk>(0);
    KvBlockHeaderDisk block{.magic = kv_stream::kKvBlockMagic,
                            .entries = entries,
                            .size_bytes = size_bytes.value_or(content.size()),
                            .first_entry = 0,
                            .content_check = checksum(std::as_bytes(std::span(content)), 0),
                            .check = 0};
    block.check = kv_stream::check_of(block, head.check);
    KvBlockHeaderDisk end{.magic = kv_stream::kKvEndMagic,
                          .entries = 0,
                          .size_bytes = 0,
                          .first_entry = entries,
                          .content_check = 0,
                          .check = 0};
    end.check = kv_stream::check_of(end, block.check);
    std::string bytes = stream_.bytes.substr(0, sizeof head);
    const auto add = [&](const KvBlockHeaderDisk& header) {
      bytes.append(reinterpret_cast<const char*>(&header), sizeof header);  // bytes as text
    };
    add(block);
    bytes += content;
    add(end);
    return bytes;
  }

  [[nodiscard]] static std::string entry(KvStreamEntryDisk header, const std::string& bytes) {
    return std::string(reinterpret_cast<const char*>(&header), sizeof header) + bytes;  // bytes as text
  }
};
INSTANTIATE_TEST_SUITE_P(, KvForgedStream, ::testing::ValuesIn(all_backends()), row_name);

TEST_P(KvForgedStream, OfANewerVersionIsRefused) {
  auto header = at<KvStreamHeaderDisk>(0);
  header.version = 2;
  const auto error = imported(with_header(header));
  EXPECT_EQ(error->code, ErrorCode::version_mismatch);
  EXPECT_EQ(error->expected, "version 1");
  EXPECT_EQ(error->found, "version 2");
  header.version = 0;
  EXPECT_EQ(imported(with_header(header))->code, ErrorCode::corruption);
}

TEST_P(KvForgedStream, OfEntriesThatAreNotKnownIsRefusedAndNoneOfThemStored) {
  const std::string plain =
      entry({.flags = 0, .reserved_8 = 0, .key_size_bytes = 1, .value_size_bytes = 1, .expires_us = 0}, "kv");
  expected_ = {{"k", "v"}};
  EXPECT_FALSE(imported(of_block(1, plain)).has_value());
  const auto refused = [&](std::uint8_t flags, std::uint8_t reserved, std::uint64_t expires_us,
                           ErrorCode code) {
    const KvStreamEntryDisk unknown{.flags = flags,
                                    .reserved_8 = reserved,
                                    .key_size_bytes = 1,
                                    .value_size_bytes = 1,
                                    .expires_us = expires_us};
    const auto error = imported(of_block(2, plain + entry(unknown, "xy")));
    ASSERT_TRUE(error.has_value());
    EXPECT_EQ(error->code, code);
    EXPECT_EQ(error->offset, sizeof(KvStreamHeaderDisk) + sizeof(KvBlockHeaderDisk) + plain.size());
    EXPECT_NE(error->message.find("0 entries before it are stored"), std::string::npos) << error->message;
  };
  refused(2, 0, 0, ErrorCode::version_mismatch);
  refused(0x81, 0, 1, ErrorCode::version_mismatch);
  refused(0, 1, 0, ErrorCode::version_mismatch);
  refused(0, 0, 1, ErrorCode::corruption);  // a time without its flag
  refused(1, 0, kExpiresAtUsMax + 1, ErrorCode::corruption);
}

TEST_P(KvForgedStream, OfSizesThatLieIsCorruption) {
  const auto sized = [](std::uint16_t key, std::uint32_t value) {
    return KvStreamEntryDisk{
        .flags = 0, .reserved_8 = 0, .key_size_bytes = key, .value_size_bytes = value, .expires_us = 0};
  };
  const std::string plain = entry(sized(1, 1), "kv");
  for (const std::string& bytes :
       {of_block(1, entry(sized(0, 2), "kv")),  // no key
        of_block(1, entry(sized(1, 2), "kv")),  // behind its block
        of_block(1, entry(sized(65'535, 0xFFFF'FFFF), "kv")), of_block(1, plain + "more"),  // bytes too many
        of_block(2, plain + std::string(20, '\0')), of_block(3, plain + plain),  // entries too many
        of_block(0, plain), of_block(0xFFFF'FFFF, plain),
        of_block(1, plain, kv_stream::kEntrySizeBytesMax + 1),
        of_block(1, plain, kv_stream::kEntrySizeBytesMax),  // memory is taken as bytes come
        of_block(2, plain + plain, kKvBlockSizeBytesMax + 1)}) {
    const auto error = imported(bytes);
    ASSERT_TRUE(error.has_value());
    EXPECT_EQ(error->code, ErrorCode::corruption) << error->to_string();
    EXPECT_TRUE(has_size(*into_, 0));
  }
}

}  // namespace
}  // namespace holdfast::kv_suites
