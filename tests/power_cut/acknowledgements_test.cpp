// An acknowledgement that was torn, or is another slot's, is never taken for one.

#include "power_cut/acknowledgements.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <string>

#include "contract/storage_test_support.hpp"

namespace holdfast::power_cut {
namespace {

constexpr std::uint64_t kAreaOffset = 8192;

using Sector = std::array<std::byte, kSectorSizeBytes>;

TEST(PowerCutAcknowledgement, EncodesItsNumberForItsSlotAlone) {
  Sector sector{};
  encode_acknowledgement(Device::disk, 3, 77, sector);
  EXPECT_EQ(decode_acknowledgement(Device::disk, 3, sector), 77u);
  EXPECT_FALSE(decode_acknowledgement(Device::disk, 2, sector));
  EXPECT_FALSE(decode_acknowledgement(Device::pmem, 3, sector));
}

TEST(PowerCutAcknowledgement, IsZeroWhereNobodyWrote) {
  EXPECT_EQ(decode_acknowledgement(Device::pmem, 0, Sector{}), 0u);
}

TEST(PowerCutAcknowledgement, EveryChangedByteOfItIsSeen) {
  Sector sector{};
  encode_acknowledgement(Device::pmem, 1, 123'456'789, sector);
  for (std::size_t i = 0; i < 32; ++i) {
    sector[i] ^= std::byte{1};
    EXPECT_FALSE(decode_acknowledgement(Device::pmem, 1, sector)) << "byte " << i;
    sector[i] ^= std::byte{1};
  }
  EXPECT_EQ(decode_acknowledgement(Device::pmem, 1, sector), 123'456'789u);
}

class PowerCutArea : public ::testing::Test {
 protected:
  PowerCutArea() : directory_(std::filesystem::temp_directory_path()), path_(directory_.path() / "disk") {
    std::ofstream(path_).close();
    std::filesystem::resize_file(path_, 64 << 10);
  }

  TestDirectory directory_;
  std::filesystem::path path_;
};

TEST_F(PowerCutArea, KeepsTheLastNumberOfEachSlot) {
  auto area = AcknowledgementArea::open(path_, kAreaOffset);
  ASSERT_TRUE(ok(area));
  for (const Device device : {Device::pmem, Device::disk}) {
    for (std::uint32_t slot = 0; slot < kSlotsPerDevice; ++slot) {
      ASSERT_TRUE(ok(area->write(device, slot, 1)));
      ASSERT_TRUE(ok(area->write(device, slot, 100 * slot + static_cast<std::uint32_t>(device))));
    }
  }
  const auto again = AcknowledgementArea::open(path_, kAreaOffset);
  ASSERT_TRUE(ok(again));
  for (const Device device : {Device::pmem, Device::disk}) {
    for (std::uint32_t slot = 0; slot < kSlotsPerDevice; ++slot)
      EXPECT_EQ(again->read(device, slot).value_or(~0ull), 100 * slot + static_cast<std::uint32_t>(device));
  }
}

TEST_F(PowerCutArea, RefusesATornOne) {
  const auto area = AcknowledgementArea::open(path_, kAreaOffset);
  ASSERT_TRUE(ok(area));
  ASSERT_TRUE(ok(area->write(Device::pmem, 0, 5)));
  std::fstream(path_).seekp(kAreaOffset + 20).put('x');
  EXPECT_TRUE(fails_with(ErrorCode::corruption, area->read(Device::pmem, 0)));
  EXPECT_TRUE(fails_with(ErrorCode::io, AcknowledgementArea::open(path_ / "absent", 0)));
}

}  // namespace
}  // namespace holdfast::power_cut
