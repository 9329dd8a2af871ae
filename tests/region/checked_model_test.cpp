// Random calls beside strings: checked regions, and plain ones that are punched, replaced, kept and sealed in between.

#include <rapidcheck.h>

#include <map>
#include <tuple>

#include "form_suites.hpp"
#include "unit/property.hpp"

namespace holdfast::region_suites {
namespace {

struct CheckedStep {
  std::uint8_t kind = 0;
  std::uint8_t which = 0;
  std::uint32_t offset = 0;
  std::uint16_t size = 0;
};

constexpr std::array kForms{RegionForm{.versions_kept = 2},
                            RegionForm{.checked_block_bytes = 4096, .versions_kept = 1},
                            RegionForm{.checked_block_bytes = 16384, .is_mirrored = true, .versions_kept = 2, .compresses_versions = true},
                            RegionForm{}};

class FormModel {
 public:
  explicit FormModel(const BackendRow row) : directory_(row->root) {
    const std::string_view medium = row->name;
    options_.backend = medium == "memory" ? Backend::memory : medium == "pmem" ? Backend::pmem : Backend::file;
    options_.emulate_pmem = true;
    options_.size_bytes = kMiB;
    options_.max_size_bytes = kRoomBytes;
    options_.segment_size_bytes = 64 << 10;
    can_reopen_ = medium != "memory";
    open();
  }

  void apply(const CheckedStep& step, unsigned seed) {
    One& one = regions_[step.which % kForms.size()];
    const std::string bytes = noise(step.size % 30'000, seed);
    const std::size_t offset = step.offset % 150'000;
    if (!one.handle) create(step.which % kForms.size(), bytes);
    Region& region = *one.handle;
    std::string& expected = one.contents;
    if (one.is_sealed) {
      RC_ASSERT(region.append(bytes_of_text("x")).error().code == ErrorCode::read_only);
      if (step.kind % 13 != 12) return remove(one);
      return reopen(step.offset % 2 == 0);
    }
    switch (step.kind % 13) {
      case 0:
      case 1:
        RC_ASSERT(write_to(region, offset, bytes).has_value());
        return put(expected, offset, bytes);
      case 2:
        RC_ASSERT(region.append(bytes_of_text(bytes)) == expected.size());
        expected += bytes;
        return;
      case 3:
        RC_ASSERT(region.truncate(offset).has_value());
        return expected.resize(offset, '\0');
      case 4: {
        const std::vector<RegionWrite> writes{{offset, bytes_of_text(bytes)}, {step.offset / 7 % 150'000, bytes_of_text(bytes).first(bytes.size() / 2)}};
        RC_ASSERT((step.offset % 3 == 0 ? region.write_each(writes) : region.update(writes)).has_value());
        put(expected, writes[0].offset, bytes);
        return put(expected, writes[1].offset, std::string_view(bytes).substr(0, bytes.size() / 2));
      }
      case 5:
        RC_ASSERT(region.truncate_write(offset, bytes_of_text(bytes)).has_value());
        expected.resize(offset, '\0');
        expected += bytes;
        return;
      case 6:
      case 7: {
        const std::size_t begin = std::min(offset, expected.size());
        const std::size_t size = std::min<std::size_t>(step.size, expected.size() - begin);
        RC_ASSERT(region.punch(begin, size).has_value());
        expected.replace(begin, size, size, '\0');
        return;
      }
      case 8: {
        const auto kept = region.replace(bytes_of_text(bytes));
        RC_ASSERT(kept.has_value());
        note(one, kept->number, std::exchange(expected, bytes));
        return;
      }
      case 9: {
        const auto kept = region.keep_version();
        RC_ASSERT(kept.has_value() == (one.kept_max != 0));
        if (kept) note(one, kept->number, expected);
        return;
      }
      case 10:
        if (step.offset % 4 != 0) {
          RC_ASSERT(region.shrink().has_value());
          return;
        }
        RC_ASSERT(region.seal().has_value());
        one.is_sealed = true;
        return;
      case 11:
        RC_ASSERT(region.flush().has_value());
        return;
      default:
        reopen(step.offset % 2 == 0);
    }
  }

  void check() {
    std::size_t spaces = 0;
    for (const auto& [which, one] : regions_) {
      if (!one.handle) continue;
      RC_ASSERT(read_all(*one.handle) == one.contents);
      const auto listed = one.handle->versions().value();
      RC_ASSERT(listed.size() == one.versions.size());
      for (const auto& [number, contents] : one.versions) RC_ASSERT(read_all(one.handle->version(number).value()) == contents);
      spaces += 1 + one.versions.size();
      const auto info = one.handle->info().value();
      RC_ASSERT(info.is_sealed == one.is_sealed);
      RC_ASSERT(info.size_bytes == one.contents.size());
      RC_ASSERT(info.capacity_bytes >= info.size_bytes);
    }
    RC_ASSERT(store_->spaces()->size() == spaces);
    RC_ASSERT(damage_in(*store_).empty());
    std::uint64_t owned = 0;
    const auto all = store_->spaces();
    for (const auto& space : all.value()) owned += space.size_bytes;
    RC_ASSERT(owned + store_->info()->free_bytes <= store_->info()->size_bytes);
  }

 private:
  struct One {
    std::optional<Region> handle;
    std::string contents;
    std::map<std::uint64_t, std::string> versions;
    std::uint32_t kept_max = 0;
    bool is_sealed = false;
  };

  static std::string name_of(std::size_t which) { return std::string(1, static_cast<char>('a' + which)); }

  void create(std::size_t which, const std::string& bytes) {
    regions_[which] = {.handle = formed(*store_, name_of(which), bytes, kForms[which]),
                       .contents = bytes,
                       .versions = {},
                       .kept_max = kForms[which].versions_kept};
  }
  static void remove(One& one) {
    RC_ASSERT(one.handle->remove().has_value());
    one = {};
  }
  static void note(One& one, std::uint64_t number, std::string contents) {
    if (one.kept_max == 0) return;
    one.versions.emplace(number, std::move(contents));
    while (one.versions.size() > one.kept_max) one.versions.erase(one.versions.begin());
  }
  void open() {
    auto opened = Store::open(directory_.store(), options_);
    RC_ASSERT(opened.has_value());
    store_.emplace(std::move(*opened));
    for (auto& [which, one] : regions_)
      if (one.handle) one.handle = store_->region(name_of(which), {.mode = OpenMode::existing}).value();
  }
  void reopen(bool closes) {
    if (!can_reopen_) return;
    RC_ASSERT((closes ? store_->close() : store_->sync()).has_value());
    store_.reset();
    open();
  }

  TestDirectory directory_;
  Options options_;
  bool can_reopen_ = true;
  std::optional<Store> store_;
  std::map<std::size_t, One> regions_;
};

class RegionFormModel : public ::testing::TestWithParam<BackendRow> {};
INSTANTIATE_TEST_SUITE_P(, RegionFormModel, ::testing::ValuesIn(all_backends()), row_name);

TEST_P(RegionFormModel, AgreesWithStrings) {
  check_property(60, [&] {
    FormModel model(GetParam());
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
