#include "common/allocator/extent_allocator.hpp"

#include <algorithm>
#include <iterator>
#include <new>
#include <utility>

#include "common/base/check.hpp"
#include "common/base/rollback.hpp"
#include "common/format/layout.hpp"

namespace holdfast {

ExtentAllocator::ExtentAllocator(std::uint64_t size_bytes) { grow(size_bytes); }

bool ExtentAllocator::take(ByteRange extent) {
  const std::lock_guard lock(mutex_);
  if (extent.size_bytes == 0 || extent.offset % kBlockSizeBytes != 0 || extent.size_bytes % kBlockSizeBytes != 0)
    return false;
  auto run = by_offset_.upper_bound(extent.offset);
  if (run == by_offset_.begin()) return false;
  --run;
  const ByteRange whole{run->first, run->second};
  const std::uint64_t skipped = extent.offset - whole.offset;
  if (skipped > whole.size_bytes || extent.size_bytes > whole.size_bytes - skipped) return false;
  remove_free(run);
  insert_free({whole.offset, skipped});
  insert_free({extent.offset + extent.size_bytes, whole.size_bytes - skipped - extent.size_bytes});
  return true;
}

std::optional<ByteRange> ExtentAllocator::allocate(std::uint64_t size_bytes) {
  const std::lock_guard lock(mutex_);
  size_bytes = round_up(size_bytes, kBlockSizeBytes);
  const auto fitting = by_size_.lower_bound({size_bytes, 0});
  if (size_bytes == 0 || fitting == by_size_.end()) return std::nullopt;
  return cut(by_offset_.find(fitting->second), size_bytes);
}

std::optional<ByteRange> ExtentAllocator::next_run(std::uint64_t size_bytes, std::uint64_t size_bytes_max) const {
  const std::lock_guard lock(mutex_);
  const auto fitting = by_size_.lower_bound({round_up(size_bytes, kBlockSizeBytes), 0});
  if (size_bytes == 0 || fitting == by_size_.end()) return std::nullopt;
  return ByteRange{fitting->second, std::min(fitting->first, size_bytes_max)};
}

std::optional<ByteRange> ExtentAllocator::allocate_largest(std::uint64_t size_bytes_max) {
  const std::lock_guard lock(mutex_);
  size_bytes_max = round_up(size_bytes_max, kBlockSizeBytes);
  if (size_bytes_max == 0 || by_size_.empty()) return std::nullopt;
  const auto [size_bytes, offset] = *by_size_.rbegin();
  return cut(by_offset_.find(offset), std::min(size_bytes, size_bytes_max));
}

void ExtentAllocator::release(ByteRange extent) noexcept {
  const std::lock_guard lock(mutex_);
  HOLDFAST_CHECK(extent.offset + extent.size_bytes <= size_bytes_);
  try {
    add_free(extent);
  } catch (const std::bad_alloc&) {
    // It stays out of use until the store is opened again, which takes what the catalog does not name for free.
  }
}

void ExtentAllocator::add_free(ByteRange extent) {
  auto next = by_offset_.lower_bound(extent.offset);
  HOLDFAST_CHECK(next == by_offset_.end() || extent.offset + extent.size_bytes <= next->first);
  auto neighbour = by_offset_.end();  // the run that the extent becomes part of
  if (next != by_offset_.end() && next->first == extent.offset + extent.size_bytes) {
    extent.size_bytes += next->second;
    neighbour = next;
  }
  if (next != by_offset_.begin()) {
    const auto before = std::prev(next);
    HOLDFAST_CHECK(before->first + before->second <= extent.offset);
    if (before->first + before->second == extent.offset) {
      extent = {before->first, before->second + extent.size_bytes};
      if (neighbour != by_offset_.end()) remove_free(neighbour);
      neighbour = before;
    }
  }
  neighbour != by_offset_.end() ? change_free(neighbour, extent) : insert_free(extent);
}

void ExtentAllocator::grow(std::uint64_t size_bytes) {
  size_bytes = round_down(size_bytes, kBlockSizeBytes);
  const std::lock_guard lock(mutex_);
  if (size_bytes <= size_bytes_) return;
  add_free({size_bytes_, size_bytes - size_bytes_});
  size_bytes_ = size_bytes;  // last: where there was no memory, the next growth takes these blocks along
}

std::uint64_t ExtentAllocator::free_bytes() const {
  const std::lock_guard lock(mutex_);
  return free_bytes_;
}

std::uint64_t ExtentAllocator::largest_free_bytes() const {
  const std::lock_guard lock(mutex_);
  return by_size_.empty() ? 0 : by_size_.rbegin()->first;
}

std::uint64_t ExtentAllocator::size_bytes() const {
  const std::lock_guard lock(mutex_);
  return size_bytes_;
}

void ExtentAllocator::insert_free(ByteRange extent) {
  if (extent.size_bytes == 0) return;
  const auto run = by_offset_.emplace(extent.offset, extent.size_bytes).first;
  Rollback taken_back([&] { by_offset_.erase(run); });
  by_size_.emplace(extent.size_bytes, extent.offset);
  taken_back.keep();
  free_bytes_ += extent.size_bytes;
}

// In the nodes that it has: changing a run needs no memory.
void ExtentAllocator::change_free(std::map<std::uint64_t, std::uint64_t>::iterator run, ByteRange extent) noexcept {
  free_bytes_ += extent.size_bytes - run->second;
  auto by_size = by_size_.extract({run->second, run->first});
  by_size.value() = {extent.size_bytes, extent.offset};
  by_size_.insert(std::move(by_size));
  auto by_offset = by_offset_.extract(run);
  by_offset.key() = extent.offset;
  by_offset.mapped() = extent.size_bytes;
  by_offset_.insert(std::move(by_offset));
}

void ExtentAllocator::remove_free(std::map<std::uint64_t, std::uint64_t>::iterator run) {
  free_bytes_ -= run->second;
  by_size_.erase({run->second, run->first});
  by_offset_.erase(run);
}

ByteRange ExtentAllocator::cut(std::map<std::uint64_t, std::uint64_t>::iterator run, std::uint64_t size_bytes) {
  const ByteRange whole{run->first, run->second};
  if (size_bytes == whole.size_bytes) {
    remove_free(run);
  } else {
    change_free(run, {whole.offset + size_bytes, whole.size_bytes - size_bytes});
  }
  return {whole.offset, size_bytes};
}

}  // namespace holdfast
