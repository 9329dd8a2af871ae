#include "common/base/process_barrier.hpp"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace holdfast {
namespace {

bool membarrier_does(int command) noexcept { return ::syscall(SYS_membarrier, command, 0, 0) == 0; }

}  // namespace

bool has_process_barrier() noexcept {
  static const bool registered = membarrier_does(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
  return registered;
}

bool process_barrier() noexcept { return membarrier_does(MEMBARRIER_CMD_PRIVATE_EXPEDITED); }

}  // namespace holdfast
