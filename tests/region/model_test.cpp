// Random writes, appends, updates, truncations, flushes and reopens beside strings.

#include <rapidcheck.h>

#include <array>
#include <map>
#include <tuple>

#include "region_suites.hpp"
#include "unit/property.hpp"

namespace holdfast::region_suites {
namespace {

struct Step {
  std::uint8_t kind = 0;
  std::uint8_t which = 0;
  std::uint32_t offset = 0;
  std::uint16_t size = 0;
};

class Model {
 public:
  explicit Model(const BackendRow row) : directory_(row->root) {
    const std::string_view medium = row->name;
    options_.backend = medium == "memory" ? Backend::memory : medium == "pmem" ? Backend::pmem : Backend::file;
    options_.emulate_pmem = true;
    options_.size_bytes = kMiB;
    options_.max_size_bytes = kRoomBytes;
    options_.segment_size_bytes = 64 << 10;
    can_reopen_ = medium != "memory";
    open();
  }

  void apply(const Step& step, unsigned seed) {
    const std::string name(1, static_cast<char>('a' + step.which % 3));
    const std::string bytes = some_bytes(step.size, seed);
    switch (step.kind % 11) {
      case 0:
      case 1: {
        const auto offset = region(name).append(bytes_of_text(bytes));
        RC_ASSERT(offset == contents_[name].size());
        contents_[name] += bytes;
        return;
      }
      case 2:
      case 3: {
        const std::uint32_t offset = step.offset % 200'000;
        RC_ASSERT(region(name).write_at(offset, bytes_of_text(bytes)).has_value());
        std::string& expected = contents_[name];
        if (!bytes.empty() && offset + bytes.size() > expected.size()) expected.resize(offset + bytes.size(), '\0');
        expected.replace(std::min<std::size_t>(offset, expected.size()), bytes.size(), bytes);
        return;
      }
      case 4: {
        const std::uint32_t size = step.offset % 150'000;
        RC_ASSERT(region(name).truncate(size).has_value());
        contents_[name].resize(size, '\0');
        return;
      }
      case 5:
        RC_ASSERT(region(name).remove().has_value());
        contents_.erase(name);
        return;
      case 6:
        RC_ASSERT(region(name).flush().has_value());
        return;
      case 7: {
        const std::array writes{RegionWrite{step.offset % 150'000, bytes_of_text(bytes)},
                                RegionWrite{step.offset / 7 % 150'000, bytes_of_text(bytes).first(bytes.size() / 2)}};
        Region target = region(name);
        RC_ASSERT(target.update(writes).has_value());
        for (const RegionWrite& write : writes) put(contents_[name], write);
        return;
      }
      case 8: {
        const RegionWrite write{step.offset % 150'000, bytes_of_text(bytes)};
        RC_ASSERT(region(name).truncate_write(write.offset, write.bytes).has_value());
        contents_[name].resize(write.offset, '\0');
        put(contents_[name], write);
        return;
      }
      case 9: {
        RC_ASSERT(region(name).shrink().has_value());
        return;
      }
      default:
        if (can_reopen_) reopen(step.which % 2 == 0);
    }
  }

  static void put(std::string& contents, const RegionWrite& write) {
    if (write.bytes.empty()) return;
    if (write.offset + write.bytes.size() > contents.size()) contents.resize(write.offset + write.bytes.size(), '\0');
    contents.replace(write.offset, write.bytes.size(), reinterpret_cast<const char*>(write.bytes.data()), write.bytes.size());
  }

  void check() {
    for (const auto& [name, expected] : contents_) RC_ASSERT(read_all(region(name)) == expected);
    RC_ASSERT(store_->spaces()->size() == contents_.size());
  }

 private:
  void open() {
    auto opened = Store::open(directory_.store(), options_);
    RC_ASSERT(opened.has_value());
    store_.emplace(std::move(*opened));
  }
  void reopen(bool closes) {
    RC_ASSERT((closes ? store_->close() : store_->sync()).has_value());
    store_.reset();
    open();
  }
  Region region(const std::string& name) {
    auto opened = store_->region(name);
    RC_ASSERT(opened.has_value());
    contents_.try_emplace(name);
    return std::move(*opened);
  }

  TestDirectory directory_;
  Options options_;
  bool can_reopen_ = true;
  std::optional<Store> store_;
  std::map<std::string, std::string> contents_;
};

class RegionModel : public ::testing::TestWithParam<BackendRow> {};
INSTANTIATE_TEST_SUITE_P(, RegionModel, ::testing::ValuesIn(all_backends()), row_name);

TEST_P(RegionModel, AgreesWithStrings) {
  check_property(60, [&] {
    Model model(GetParam());
    const auto raw = *rc::gen::container<std::vector<std::tuple<std::uint8_t, std::uint8_t, std::uint32_t, std::uint16_t>>>(
        rc::gen::tuple(rc::gen::arbitrary<std::uint8_t>(), rc::gen::arbitrary<std::uint8_t>(),
                       rc::gen::arbitrary<std::uint32_t>(), rc::gen::arbitrary<std::uint16_t>()));
    unsigned seed = 0;
    for (const auto& [kind, which, offset, size] : raw) model.apply({kind, which, offset, size}, ++seed);
    model.check();
  });
}

}  // namespace
}  // namespace holdfast::region_suites
