#include "common/base/process_barrier.hpp"

#include <linux/membarrier.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>

namespace holdfast {
namespace {

bool membarrier_does(int command) noexcept { return ::syscall(SYS_membarrier, command, 0, 0) == 0; }

bool is_registered() noexcept { return membarrier_does(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED); }

/// A set of processors as the kernel has it, for as many as any kernel can be built for.
class ProcessorSet {
 public:
  static constexpr std::size_t kCount = 8'192;

  [[nodiscard]] static ProcessorSet of(std::size_t processor) noexcept {
    ProcessorSet set;
    CPU_SET_S(processor, sizeof set.parts_, set.parts_.data());
    return set;
  }
  [[nodiscard]] bool read() noexcept { return ::sched_getaffinity(0, sizeof parts_, parts_.data()) == 0; }
  [[nodiscard]] bool apply() const noexcept { return ::sched_setaffinity(0, sizeof parts_, parts_.data()) == 0; }

 private:
  std::array<cpu_set_t, kCount / CPU_SETSIZE> parts_{};
};

}  // namespace

bool has_process_barrier() noexcept {
  static const bool is_there = is_registered() && membarrier_does(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
  return is_there;
}

// Registered anew where it is refused: nothing says whether a forked child still is.
bool process_barrier() noexcept {
  if (membarrier_does(MEMBARRIER_CMD_PRIVATE_EXPEDITED)) [[likely]]
    return true;
  if (is_registered() && membarrier_does(MEMBARRIER_CMD_PRIVATE_EXPEDITED)) return true;
  return membarrier_does(MEMBARRIER_CMD_GLOBAL) || visit_processors();
}

// Processors are numbered with holes: one that is off, or is none, is EINVAL as well as one that is not for this thread. So
// they are counted.
bool visit_processors() noexcept {
  ProcessorSet before;
  const long online = ::sysconf(_SC_NPROCESSORS_ONLN);
  if (online <= 0 || !before.read()) return false;
  long visited = 0;
  for (std::size_t processor = 0; processor < ProcessorSet::kCount && visited < online; ++processor) {
    if (ProcessorSet::of(processor).apply())
      ++visited;
    else if (errno != EINVAL)
      break;
  }
  const bool is_back = visited == 0 || before.apply();
  return is_back && visited == online;
}

Error no_process_barrier() {
  return {.code = ErrorCode::not_supported,
          .message = "no barrier over all threads can be made any more: a filter of system calls was set up that refuses "
                     "membarrier and sched_setaffinity"};
}

}  // namespace holdfast
