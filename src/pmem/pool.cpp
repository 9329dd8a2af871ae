#include "pmem/pool.hpp"

#include <libpmemobj/atomic_base.h>
#include <libpmemobj/ctl.h>
#include <libpmemobj/pool_base.h>

#include "common/base/fork_guard.hpp"
#include "pmem/pmem_error.hpp"
#include "pmem/pool_file.hpp"
#include "pmem/pool_metadata.hpp"

namespace holdfast::pmem {
namespace {

constexpr std::uint64_t kArenaTypeNumber = 1;  // what pmempool shows; there is one object only

/// PMDK's shutdown state would refuse a pool after a power cut that its heuristics dislike, and PMDK 2
/// refuses to make a pool with it on a medium that is no persistent memory. Our records prove themselves.
Result<void> disable_shutdown_state(const std::string& path) {
  static const int result = [] {
    int off = 0;
    return pmemobj_ctl_set(nullptr, "sds.at_create", &off);
  }();
  if (result == 0) return {};
  return Unexpected(pmemobj_error("cannot turn off PMDK's shutdown state", path));
}

}  // namespace

void Pool::Close::operator()(pmemobjpool* pool) const noexcept {
  // A forked child shares the pool file with its owner: it may drop the pool but not touch it.
  if (!fork_guard.in_child()) pmemobj_close(pool);
}

Result<Pool> Pool::create(const std::string& path) {
  if (auto off = disable_shutdown_state(path); !off) return Unexpected(std::move(off.error()));
  // Size 0: the file is there and allocated.
  pmemobjpool* const pool = pmemobj_create(path.c_str(), kLayoutName, 0, kOwnerOnly);
  if (pool == nullptr) return Unexpected(pmemobj_error("cannot make a pool", path));
  return Pool(pool);
}

Result<Pool> Pool::open(const std::string& path) {
  pmemobjpool* const pool = pmemobj_open(path.c_str(), kLayoutName);
  if (pool == nullptr) return Unexpected(pmemobj_error("cannot open the pool", path));
  return Pool(pool);
}

Result<std::uint64_t> Pool::allocate(std::uint64_t size_bytes, const std::string& path) {
  PMEMoid object = OID_NULL;  // in DRAM: nothing in the pool refers to the arena, our header finds it
  if (pmemobj_alloc(pool_.get(), &object, size_bytes, kArenaTypeNumber, nullptr, nullptr) != 0) {
    return Unexpected(pmemobj_error("cannot allocate the arena in its pool", path));
  }
  return object.off;
}

}  // namespace holdfast::pmem
