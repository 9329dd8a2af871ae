#include "common/guard/map_fault.hpp"

#include "common/base/success.hpp"

namespace holdfast {

void MapFault::note(std::uint64_t offset, Cause cause) noexcept {
  if (!taken_.exchange(true)) offset_.store(offset, std::memory_order_relaxed);
  cause_.store(cause);  // also by who comes second: before the zeros, whatever the first one is doing
}

Result<void> MapFault::check() const {
  if (!is_set()) [[likely]]
    return success();
  const bool is_medium = cause_.load(std::memory_order_acquire) == Cause::medium;
  return Unexpected(Error{
      .code = ErrorCode::io,
      .message = is_medium
                     ? "the medium lost a page of the store while it was open; close it and check the medium"
                     : "a page of the store went missing while it was open (the file was cut, or the "
                       "medium failed); close it and restore the file",
      .path = path_,
      .offset = offset_.load(std::memory_order_relaxed)});
}

}  // namespace holdfast
