// Made-up write logs, by the format's tables and not by the reader's structs.

#include "power_cut/block_log.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "contract/storage_test_support.hpp"

namespace holdfast::power_cut {
namespace {

constexpr std::uint64_t kSector = 512;
constexpr std::uint64_t kFlush = 1;
constexpr std::uint64_t kDiscard = 4;

void append_u64(std::string& bytes, std::uint64_t value) {
  for (int shift = 0; shift < 64; shift += 8) bytes.push_back(static_cast<char>(value >> shift));
}

std::string sector_of(const std::initializer_list<std::uint64_t>& fields) {
  std::string sector;
  for (const std::uint64_t field : fields) append_u64(sector, field);
  sector.resize(kSector);
  return sector;
}

class PowerCutBlockLog : public ::testing::Test {
 protected:
  PowerCutBlockLog()
      : directory_(std::filesystem::temp_directory_path()),
        log_(directory_.path() / "log"),
        image_(directory_.path() / "image") {
    std::ofstream(image_) << std::string(16 * kSector, '.');
  }

  void add_write(std::uint64_t sector, const std::string& data) {
    ++entry_count_;
    body_ += sector_of({sector, data.size() / kSector, 0, 0}) + data;
  }
  void add_flush() { add_request(kFlush); }
  void add_request(std::uint64_t flags) {
    ++entry_count_;
    body_ += sector_of({0, 0, flags, 0});
  }

  /// The log as it lies in a file that ends early by that many bytes.
  [[nodiscard]] Result<std::vector<LogEntry>> read(std::size_t missing_bytes = 0) const {
    const std::string bytes = sector_of({0x6A736677736872, 1, entry_count_, kSector}) + body_;
    std::ofstream(log_) << bytes.substr(0, bytes.size() - missing_bytes);
    return read_block_log(log_);
  }

  [[nodiscard]] std::string image() const {
    std::ifstream in(image_);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  /// One letter a sector.
  [[nodiscard]] std::string letters() const {
    std::string letters;
    const std::string bytes = image();
    for (std::size_t at = 0; at < bytes.size(); at += kSector) letters.push_back(bytes[at]);
    return letters;
  }

  TestDirectory directory_;
  std::filesystem::path log_;
  std::filesystem::path image_;
  std::string body_;
  std::uint64_t entry_count_ = 0;
};

const BlockFilter kAll = [](std::size_t, std::uint64_t) { return true; };

TEST_F(PowerCutBlockLog, IsReplayedUpToAFlush) {
  add_write(2, std::string(2 * kSector, 'a'));
  add_flush();
  add_write(3, std::string(kSector, 'b'));
  add_flush();
  const auto entries = read();
  ASSERT_TRUE(ok(entries));
  ASSERT_EQ(entries->size(), 4u);
  EXPECT_TRUE((*entries)[1].is_flush() && (*entries)[3].is_flush());
  ASSERT_TRUE(ok(apply_block_log(log_, *entries, 0, 1, image_, kAll)));
  EXPECT_EQ(letters(), "..aa............");
  ASSERT_TRUE(ok(apply_block_log(log_, *entries, 1, 3, image_, kAll)));
  EXPECT_EQ(letters(), "..ab............");
}

TEST_F(PowerCutBlockLog, AppliesTheBlocksThatTheFilterTakes) {
  std::string data;
  for (char letter = 'a'; letter < 'k'; ++letter) data += std::string(kSector, letter);
  add_write(4, data);  // sectors 4 to 13: the block of 4 KiB ends in the middle
  const auto entries = read();
  ASSERT_TRUE(ok(entries));
  const auto behind = [](std::size_t, std::uint64_t offset) { return offset >= kBlockSizeBytes; };
  ASSERT_TRUE(ok(apply_block_log(log_, *entries, 0, 1, image_, behind)));
  EXPECT_EQ(letters(), "........efghij..");
  const auto before = [](std::size_t, std::uint64_t offset) { return offset < kBlockSizeBytes; };
  ASSERT_TRUE(ok(apply_block_log(log_, *entries, 0, 1, image_, before)));
  EXPECT_EQ(letters(), "....abcdefghij..");
}

TEST_F(PowerCutBlockLog, EndsWhereAKilledMachineLeftIt) {
  add_write(0, std::string(kSector, 'a'));
  add_flush();
  add_write(1, std::string(kSector, 'b'));
  for (const std::size_t missing_bytes : {std::size_t{1}, std::size_t{kSector}, std::size_t{2 * kSector}}) {
    const auto entries = read(missing_bytes);
    ASSERT_TRUE(ok(entries));
    EXPECT_EQ(entries->size(), 2u) << missing_bytes << " bytes are missing";
  }
  add_request(0);  // room that was given out and not written: zeros
  add_flush();
  const auto entries = read();
  ASSERT_TRUE(ok(entries));
  EXPECT_EQ(entries->size(), 3u);
}

TEST_F(PowerCutBlockLog, RefusesWhatItCannotReplay) {
  add_request(kDiscard);
  EXPECT_TRUE(fails_with(ErrorCode::corruption, read()));
  std::ofstream(log_) << sector_of({1, 2, 3, 4});
  EXPECT_TRUE(fails_with(ErrorCode::corruption, read_block_log(log_)));
  std::ofstream(log_) << "short";
  EXPECT_TRUE(fails_with(ErrorCode::corruption, read_block_log(log_)));
  EXPECT_TRUE(fails_with(ErrorCode::io, read_block_log(directory_.path() / "absent")));
}

TEST_F(PowerCutBlockLog, KnowsItsEnd) {
  add_flush();
  const auto entries = read();
  ASSERT_TRUE(ok(entries));
  EXPECT_TRUE(fails_with(ErrorCode::out_of_bounds, apply_block_log(log_, *entries, 0, 2, image_, kAll)));
}

}  // namespace
}  // namespace holdfast::power_cut
