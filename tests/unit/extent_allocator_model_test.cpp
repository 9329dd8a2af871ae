// The allocator beside a plain list of blocks that says of each whether it is used.

#include <algorithm>
#include <optional>
#include <vector>

#include "common/allocator/extent_allocator.hpp"
#include "common/format/layout.hpp"
#include "property.hpp"

namespace holdfast {
namespace {

constexpr std::size_t kFirstSize = 40;

/// Runs of free blocks are found by walking; nothing is remembered that could be wrong.
class BlockModel {
 public:
  struct Run {
    std::size_t begin;
    std::size_t count;
  };

  [[nodiscard]] std::vector<Run> free_runs() const {
    std::vector<Run> runs;
    for (std::size_t block = 0; block < used_.size(); ++block) {
      if (used_[block]) continue;
      if (runs.empty() || runs.back().begin + runs.back().count != block) runs.push_back({block, 0});
      ++runs.back().count;
    }
    return runs;
  }

  [[nodiscard]] std::optional<std::size_t> smallest_run_of(std::size_t count) const {
    std::optional<std::size_t> smallest;
    for (const Run& run : free_runs())
      if (run.count >= count && (!smallest || run.count < *smallest)) smallest = run.count;
    return smallest;
  }

  [[nodiscard]] std::size_t largest_run() const {
    std::size_t largest = 0;
    for (const Run& run : free_runs()) largest = std::max(largest, run.count);
    return largest;
  }

  [[nodiscard]] std::size_t run_around(std::size_t block) const {
    for (const Run& run : free_runs())
      if (block >= run.begin && block < run.begin + run.count) return run.count;
    return 0;
  }

  [[nodiscard]] bool is_free(std::size_t begin, std::size_t count) const {
    if (count == 0 || begin + count > used_.size()) return false;
    return std::none_of(used_.begin() + begin, used_.begin() + begin + count, [](bool used) { return used; });
  }

  void mark(ByteRange extent, bool used) {
    std::fill_n(used_.begin() + extent.offset / kBlockSizeBytes, extent.size_bytes / kBlockSizeBytes, used);
  }

  void grow(std::size_t count) { used_.resize(std::max(used_.size(), count)); }
  [[nodiscard]] std::size_t size() const { return used_.size(); }
  [[nodiscard]] std::size_t free_count() const { return std::count(used_.begin(), used_.end(), false); }

 private:
  std::vector<bool> used_ = std::vector<bool>(kFirstSize);
};

class AllocatorAndModel {
 public:
  void allocate(std::size_t count) {
    const auto expected_run = count == 0 ? std::nullopt : model_.smallest_run_of(count);
    const auto extent = allocator_.allocate(count * kBlockSizeBytes);
    RC_ASSERT(extent.has_value() == expected_run.has_value());
    if (!extent) return;
    RC_ASSERT(extent->size_bytes == count * kBlockSizeBytes);
    RC_ASSERT(model_.run_around(extent->offset / kBlockSizeBytes) == *expected_run);
    own(*extent);
  }

  void allocate_largest(std::size_t count) {
    const std::size_t largest = model_.largest_run();
    const auto extent = allocator_.allocate_largest(count * kBlockSizeBytes);
    RC_ASSERT(extent.has_value() == (largest > 0 && count > 0));
    if (!extent) return;
    RC_ASSERT(extent->size_bytes == std::min(largest, count) * kBlockSizeBytes);
    own(*extent);
  }

  void take(std::size_t begin, std::size_t count) {
    const ByteRange extent{begin * kBlockSizeBytes, count * kBlockSizeBytes};
    const bool is_free = model_.is_free(begin, count);
    RC_ASSERT(allocator_.take(extent) == is_free);
    if (is_free) own(extent);
  }

  void release(std::size_t pick) {
    if (owned_.empty()) return;
    const auto chosen = owned_.begin() + static_cast<std::ptrdiff_t>(pick % owned_.size());
    allocator_.release(*chosen);
    model_.mark(*chosen, false);
    owned_.erase(chosen);
  }

  void grow(std::size_t by) {
    const std::size_t size = model_.size() + by;
    allocator_.grow(size * kBlockSizeBytes);
    model_.grow(size);
  }

  void check() const {
    RC_ASSERT(allocator_.size_bytes() == model_.size() * kBlockSizeBytes);
    RC_ASSERT(allocator_.free_bytes() == model_.free_count() * kBlockSizeBytes);
    RC_ASSERT(allocator_.largest_free_bytes() == model_.largest_run() * kBlockSizeBytes);
  }

 private:
  void own(ByteRange extent) {
    RC_ASSERT(model_.is_free(extent.offset / kBlockSizeBytes, extent.size_bytes / kBlockSizeBytes));  // nobody else owns it
    model_.mark(extent, true);
    owned_.push_back(extent);
  }

  ExtentAllocator allocator_{kFirstSize * kBlockSizeBytes};
  BlockModel model_;
  std::vector<ByteRange> owned_;
};

struct Step {
  int kind;
  std::size_t a;
  std::size_t b;
};

void apply(AllocatorAndModel& both, const Step& step) {
  switch (step.kind) {
    case 0:
      return both.allocate(step.a);
    case 1:
      return both.allocate_largest(step.a);
    case 2:
      return both.take(step.a * 4 + step.b, step.b);
    case 3:
      return both.grow(step.b);
    default:
      return both.release(step.a);
  }
}

std::ostream& operator<<(std::ostream& out, const Step& step) {
  return out << step.kind << "(" << step.a << ", " << step.b << ")";
}

TEST(ExtentAllocatorModel, AgreesWithAListOfBlocks) {
  const auto step = rc::gen::construct<Step>(rc::gen::inRange(0, 7), rc::gen::inRange<std::size_t>(0, 18),
                                             rc::gen::inRange<std::size_t>(0, 5));
  check_property(300, [&] {
    AllocatorAndModel both;
    for (const Step& next : *rc::gen::container<std::vector<Step>>(step)) {
      apply(both, next);
      both.check();
    }
  });
}

}  // namespace
}  // namespace holdfast
