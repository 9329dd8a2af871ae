#include "file/address_range.hpp"

#include <cerrno>
#include <utility>

#include "file/posix_error.hpp"
#include "file/system_calls.hpp"

namespace holdfast::file {
namespace {

constexpr int kReserved = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;

std::uintptr_t round_up(std::uintptr_t value, std::uint64_t step) noexcept {
  return (value + step - 1) / step * step;
}

/// The whole pages that `range` touches.
ByteRange pages(ByteRange range) noexcept {
  const std::uint64_t begin = range.offset / AddressRange::kPageBytes * AddressRange::kPageBytes;
  return {begin, round_up(range.offset + range.size_bytes, AddressRange::kPageBytes) - begin};
}

int advice_of(Access access) noexcept {
  switch (access) {
    case Access::random:
      return MADV_RANDOM;
    case Access::sequential:
      return MADV_SEQUENTIAL;
    case Access::will_need:
      return MADV_WILLNEED;
    case Access::dont_need:
      return MADV_DONTNEED;  // shared map: forgets the mapping, not the bytes
    case Access::will_store:
      return MADV_POPULATE_WRITE;
    case Access::normal:
      break;
  }
  return MADV_NORMAL;
}

}  // namespace

Result<AddressRange> AddressRange::reserve(std::uint64_t size_bytes, std::string_view path) {
  const SystemCalls& os = system_calls();
  const std::uint64_t wanted = round_up(size_bytes, kPageBytes);
  const std::uint64_t reserved = wanted + kAlignmentBytes;  // room to cut to the alignment
  if (reserved < size_bytes) return Unexpected(medium_error(ENOMEM, "cannot reserve address space", path));
  void* all = os.mmap(nullptr, reserved, PROT_NONE, kReserved, -1, 0);
  if (all == MAP_FAILED) return Unexpected(medium_error(errno, "cannot reserve address space", path));

  auto* first = static_cast<std::byte*>(all);
  const auto address = reinterpret_cast<std::uintptr_t>(first);
  const std::uint64_t head = round_up(address, kAlignmentBytes) - address;
  if (head != 0) os.munmap(first, head);
  const std::uint64_t tail = kAlignmentBytes - head;
  if (tail != 0) os.munmap(first + head + wanted, tail);

  AddressRange range;
  range.begin_ = first + head;
  range.size_bytes_ = wanted;
  return range;
}

AddressRange::AddressRange(AddressRange&& other) noexcept
    : begin_(std::exchange(other.begin_, nullptr)), size_bytes_(std::exchange(other.size_bytes_, 0)) {}

AddressRange& AddressRange::operator=(AddressRange&& other) noexcept {
  std::swap(begin_, other.begin_);
  std::swap(size_bytes_, other.size_bytes_);
  return *this;
}

Result<void> AddressRange::map(int fd, ByteRange range, std::string_view path) {
  if (range.size_bytes == 0) return {};
  const SystemCalls& os = system_calls();
  std::byte* at = begin_ + range.offset;
  void* mapped =
      os.mmap(at, range.size_bytes, PROT_READ, MAP_SHARED | MAP_FIXED, fd, static_cast<off_t>(range.offset));
  if (mapped != MAP_FAILED) return {};
  const int reason = errno;
  // A failed MAP_FIXED may have unmapped what it was to replace: take the addresses back before
  // anyone else gets them. Where they are still ours, NOREPLACE fails and changes nothing.
  os.mmap(at, range.size_bytes, PROT_NONE, kReserved | MAP_FIXED_NOREPLACE, -1, 0);
  return Unexpected(medium_error(reason, "cannot map the file", path));
}

Result<void> AddressRange::make_writable(ByteRange range, std::string_view path) {
  const ByteRange whole = pages(range);
  if (whole.size_bytes == 0) return {};
  if (system_calls().mprotect(begin_ + whole.offset, whole.size_bytes, PROT_READ | PROT_WRITE) == 0)
    return {};
  return Unexpected(medium_error(errno, "cannot make the map writable", path));
}

// Where it cannot be done the pages stay writable: nothing depends on it.
void AddressRange::protect(ByteRange range) noexcept {
  const ByteRange whole = pages(range);
  if (whole.size_bytes != 0) system_calls().mprotect(begin_ + whole.offset, whole.size_bytes, PROT_READ);
}

void AddressRange::advise(ByteRange range, Access access) noexcept {
  const ByteRange whole = pages(range);
  if (whole.size_bytes != 0)
    system_calls().madvise(begin_ + whole.offset, whole.size_bytes, advice_of(access));
}

void AddressRange::release() noexcept {
  if (begin_ != nullptr) system_calls().munmap(begin_, size_bytes_);
  begin_ = nullptr;
  size_bytes_ = 0;
}

}  // namespace holdfast::file
