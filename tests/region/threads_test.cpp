// Everything at once: threads that append, write, cut, read, view, list, rename, describe, remove and make
// regions anew. Each region has a tag of its own, and every byte that is read must bear it.

#include <algorithm>
#include <atomic>
#include <map>
#include <random>
#include <shared_mutex>

#include "region_suites.hpp"

namespace holdfast::region_suites {
namespace {

constexpr unsigned kThreadCount = 6;
constexpr unsigned kOperations = 220;  // of each thread; few enough for the sanitizer of threads
constexpr unsigned kSlots = 6;         // of regions that are there at a time; of them every second is a sheet
constexpr unsigned kNames = 9;         // few, so that they clash
constexpr std::size_t kBlockHeader = 2;
constexpr std::size_t kBlockBytesMax = 250;
constexpr std::uint64_t kSheetBytesMax = 200'000;

/// One region from its creation to its removal.
///
/// A stream is only appended to: blocks of [tag][size][size times tag], whole and side by side. A sheet is
/// written anywhere, cut and appended to: bytes of the tag, or zeros.
struct Incarnation {
  Region region;
  char tag = 0;
  bool is_sheet = false;
  std::atomic<bool> is_leaving{false};  // from before its removal on
  std::atomic<std::uint64_t> appended_bytes{0};
  /// Of a sheet: who changes bytes that are shown holds it alone, as region.hpp asks of callers. Streams and
  /// appends need nobody's leave.
  std::shared_mutex shown{};
};

/// Whether `one` may answer so: not_found as soon as it is being removed, and no sooner.
template <class T>
::testing::AssertionResult is_expected(const Incarnation& one, const Result<T>& result,
                                       std::optional<ErrorCode> code = std::nullopt) {
  if (result || result.error().code == code) return ::testing::AssertionSuccess();
  if (one.is_leaving && result.error().code == ErrorCode::not_found) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << result.error().to_string();
}

/// The same of a read of all that size() said. Under a removal there may be less.
template <class T>
::testing::AssertionResult is_expected_of_all(const Incarnation& one, const Result<T>& result) {
  return one.is_leaving ? is_expected(one, result, ErrorCode::out_of_bounds) : is_expected(one, result);
}

class RegionThreads : public RegionReopen {
 protected:
  void SetUp() override {
    RegionReopen::SetUp();
    ASSERT_TRUE(ok(region_->remove()));
    std::mt19937 random(0);
    for (unsigned slot = 0; slot < kSlots; ++slot) make_anew(slot, random);
  }

  [[nodiscard]] static unsigned below(std::mt19937& random, std::uint64_t end) {
    return static_cast<unsigned>(random() % end);
  }

  [[nodiscard]] static std::string some_name(std::mt19937& random) {
    return "name " + std::to_string(below(random, kNames));
  }

  [[nodiscard]] std::shared_ptr<Incarnation> in_slot(unsigned slot) {
    const std::lock_guard lock(slots_mutex_);
    return slots_[slot];
  }

  /// Creates a region in place of the slot's, and removes that: others may be about to use it.
  void make_anew(unsigned slot, std::mt19937& random) {
    const auto tag = static_cast<char>(++last_tag_);
    const std::string name = some_name(random);
    auto made = store_->create_region({.name = name, .metadata = {.owner = std::string(1, tag)}});
    if (!made && made.error().code == ErrorCode::exists)
      made = store_->create_region({.metadata = {.owner = std::string(1, tag)}});
    ASSERT_TRUE(ok(made));
    auto next = std::make_shared<Incarnation>(std::move(*made), tag, slot % 2 == 1);
    {
      const std::lock_guard lock(slots_mutex_);
      next.swap(slots_[slot]);
    }
    if (!next) return;
    next->is_leaving = true;
    ASSERT_TRUE(ok(next->region.remove()));
  }

  void append(Incarnation& one, std::mt19937& random) {
    std::string block(kBlockHeader + below(random, kBlockBytesMax), one.tag);
    if (!one.is_sheet) block[1] = static_cast<char>(block.size() - kBlockHeader);
    const WriteOptions how = below(random, 16) == 0 ? kImmediate : WriteOptions{};
    const auto offset = one.region.append(bytes_of_text(block), how);
    ASSERT_TRUE(is_expected(one, offset));
    if (!offset) return;
    one.appended_bytes += block.size();
    if (one.is_sheet) return;
    const auto view = one.region.view(*offset, block.size());  // what has returned can be read
    ASSERT_TRUE(is_expected_of_all(one, view));
    if (view) {
      ASSERT_EQ(text_of(*view), block);
    }
  }

  /// Of a sheet: over the end or anywhere below it, or cut.
  static void change(Incarnation& one, std::mt19937& random) {
    const std::unique_lock alone(one.shown);
    const auto size = one.region.size();
    ASSERT_TRUE(is_expected(one, size));
    if (!size) return;
    const std::string bytes(below(random, 3'000), one.tag);
    Result<void> changed;
    const std::uint64_t place = below(random, *size + 9'000);
    switch (*size > kSheetBytesMax ? 0 : below(random, 5)) {
      case 0:
        changed = one.region.truncate(below(random, 60'000));
        break;
      case 1:
        changed = one.region.truncate_write(place, bytes_of_text(bytes));
        break;
      case 2:
        changed = one.region.update(std::array{RegionWrite{place, bytes_of_text(bytes)}});
        break;
      default:
        changed = one.region.write_at(*size + below(random, 9'000), bytes_of_text(bytes));
    }
    ASSERT_TRUE(is_expected(one, changed));
  }

  [[nodiscard]] static ::testing::AssertionResult bears_its_tag(const Incarnation& one,
                                                                std::string_view bytes) {
    if (one.is_sheet) {
      const std::size_t at = bytes.find_first_not_of(std::string{one.tag, '\0'});
      if (at == bytes.npos) return ::testing::AssertionSuccess();
      return ::testing::AssertionFailure() << "another's byte at " << at << " of " << bytes.size();
    }
    for (std::size_t at = 0; at < bytes.size();) {
      const std::string_view rest = bytes.substr(at);
      const std::size_t size = rest.size() < kBlockHeader ? rest.size() : static_cast<unsigned char>(rest[1]);
      if (rest.size() < kBlockHeader + size || rest[0] != one.tag ||
          rest.substr(kBlockHeader, size).find_first_not_of(one.tag) != rest.npos)
        return ::testing::AssertionFailure() << "no whole block at " << at << " of " << bytes.size();
      at += kBlockHeader + size;
    }
    return ::testing::AssertionSuccess();
  }

  /// All of it, by a copy or where it lies. Nobody makes it shorter meanwhile, so all of it is there.
  static void read(Incarnation& one, std::mt19937& random) {
    const std::shared_lock shared(one.shown);
    const auto size = one.region.size();
    ASSERT_TRUE(is_expected(one, size));
    if (!size) return;
    std::string bytes(*size, '?');
    if (below(random, 2) == 0) {
      const auto done = one.region.read_at(0, std::as_writable_bytes(std::span(bytes)));
      ASSERT_TRUE(is_expected_of_all(one, done));
      if (!done) return;
    } else {
      const auto view = one.region.view(0, *size);
      ASSERT_TRUE(is_expected_of_all(one, view));
      if (!view) return;
      bytes = text_of(*view);
    }
    ASSERT_TRUE(bears_its_tag(one, bytes));
  }

  /// Without waiting for anyone: sizes change between the calls, bytes are not looked at.
  void look(Incarnation& one, std::mt19937& random) {
    const auto view = one.region.view(below(random, kSheetBytesMax), 100);
    ASSERT_TRUE(is_expected(one, view, ErrorCode::out_of_bounds));
    const auto info = one.region.info();
    ASSERT_TRUE(is_expected(one, info));
    if (info) {
      ASSERT_EQ(info->id, one.region.id());
    }
    const auto found = store_->region(one.region.id());
    ASSERT_TRUE(is_expected(one, found));
    if (found) {
      ASSERT_EQ(found->id(), one.region.id());
    }
  }

  /// Who was there before and still is behind it, is listed as what it is.
  void list() {
    std::array<std::shared_ptr<Incarnation>, kSlots> before;
    for (unsigned slot = 0; slot < kSlots; ++slot) before[slot] = in_slot(slot);
    const auto listed = store_->regions();
    ASSERT_TRUE(ok(listed));
    std::map<RegionId, std::string> owners;
    for (const RegionInfo& info : *listed)
      ASSERT_TRUE(owners.emplace(info.id, info.metadata.owner).second) << "listed twice";
    for (const auto& one : before) {
      if (one->is_leaving) continue;
      ASSERT_TRUE(owners.contains(one->region.id()));
      ASSERT_EQ(owners[one->region.id()], std::string(1, one->tag));
    }
  }

  static void describe(Incarnation& one, std::mt19937& random) {
    const auto done = one.region.set_metadata(
        {.owner = std::string(1, one.tag), .description = some_bytes(below(random, 400), below(random, 26))});
    ASSERT_TRUE(is_expected(one, done));
  }

  static void flush(Incarnation& one) { ASSERT_TRUE(is_expected(one, one.region.flush())); }

  static void rename(Incarnation& one, std::mt19937& random) {
    const auto done = one.region.rename(some_name(random));
    ASSERT_TRUE(is_expected(one, done, ErrorCode::exists));
  }

  void act(unsigned thread) {
    std::mt19937 random(thread + 1);
    for (unsigned i = 0; i < kOperations && !HasFailure(); ++i) {
      const unsigned slot = below(random, kSlots);
      const auto one = in_slot(slot);
      const unsigned kind = below(random, 100);
      if (kind < 35)
        append(*one, random);
      else if (kind < 50)
        one->is_sheet ? change(*one, random) : append(*one, random);
      else if (kind < 70)
        read(*one, random);
      else if (kind < 78)
        look(*one, random);
      else if (kind < 82)
        list();
      else if (kind < 87)
        describe(*one, random);
      else if (kind < 93)
        rename(*one, random);
      else if (kind < 96)
        flush(*one);
      else
        make_anew(slot, random);
    }
  }

  std::mutex slots_mutex_;
  std::array<std::shared_ptr<Incarnation>, kSlots> slots_;
  std::atomic<unsigned> last_tag_{0};
};

INSTANTIATE_TEST_SUITE_P(, RegionThreads, ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)),
                         row_name);

TEST_P(RegionThreads, EveryByteBearsItsRegionsTagAndAReopenShowsWhatTheyLeft) {
  in_threads(kThreadCount, [&](unsigned thread) { act(thread); });
  ASSERT_LT(last_tag_, 128u);  // a tag of their own each
  ASSERT_GT(last_tag_, 2 * kSlots);
  std::vector<RegionInfo> left = store_->regions().value();
  ASSERT_EQ(left.size(), kSlots);
  std::map<RegionId, std::string> contents;
  for (const auto& one : slots_) {
    contents[one->region.id()] = read_all(one->region);
    EXPECT_TRUE(bears_its_tag(*one, contents[one->region.id()]));
    if (!one->is_sheet) {
      EXPECT_EQ(contents[one->region.id()].size(), one->appended_bytes);
    }
  }
  options_.mode = OpenMode::read_only;  // or the fixture makes a region of its own
  reopen_after_close();
  const auto found = store_->regions();
  ASSERT_TRUE(ok(found));
  ASSERT_EQ(found->size(), left.size());
  for (std::size_t i = 0; i < left.size(); ++i) {
    EXPECT_EQ((*found)[i].id, left[i].id);
    EXPECT_EQ((*found)[i].name, left[i].name);
    EXPECT_EQ((*found)[i].metadata, left[i].metadata);
    EXPECT_TRUE(contents.contains(left[i].id));
    EXPECT_TRUE(holds(store_->region(left[i].id).value(), contents[left[i].id])) << left[i].name;
  }
}

}  // namespace
}  // namespace holdfast::region_suites
