// The persistent-memory backend of a build without PMDK. is_pool() still works (pool_signature.cpp), so
// that a pool is refused with a reason instead of being taken for a foreign file.
#include "pmem/pmem_storage.hpp"

namespace holdfast::pmem {
namespace {

Error built_without(const std::filesystem::path& path) {
  return Error{.code = ErrorCode::not_supported,
               .message =
                   "this build has no persistent-memory backend; build it with the packages "
                   "libpmem2-dev and libpmemobj-dev installed and HOLDFAST_PMEM=ON",
               .path = path.string()};
}

}  // namespace

Result<bool> has_byte_access(const std::filesystem::path& path) { return Unexpected(built_without(path)); }

Result<void> create(const std::filesystem::path& path, const PmemOptions&, const Formatter&) {
  return Unexpected(built_without(path));
}

Result<std::unique_ptr<Storage>> open(const std::filesystem::path& path, const PmemOptions&) {
  return Unexpected(built_without(path));
}

}  // namespace holdfast::pmem
