#include "common/guard/sigbus_handler.hpp"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <csignal>

#include <cerrno>
#include <cstring>
#include <mutex>

namespace holdfast {
namespace {

constexpr std::uintptr_t kPageBytes = 4096;

constinit GuardedRanges ranges;

std::mutex installing;  // guards what follows; never taken by the handler
std::size_t range_count = 0;
bool linked = false;  // ours is installed, or another handler that was put on top of it may call it

// What was there before us, for the handler to read without a lock: one of the two, the other is being
// written.
constinit struct sigaction previous_actions[2]{};
constinit std::atomic<const struct sigaction*> previous{nullptr};

/// Zeros in place of the page that holds `address`. By the bare call: sanitizers have functions of their own
/// in place of mmap(), which are not made for signal handlers.
bool put_zeros_at(std::uintptr_t address) noexcept {
  const std::uintptr_t page = address / kPageBytes * kPageBytes;
  return ::syscall(SYS_mmap, page, kPageBytes, PROT_READ | PROT_WRITE,
                   MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == static_cast<long>(page);
}

bool is_fault(const siginfo_t& info) noexcept {
  return info.si_code == BUS_ADRERR || info.si_code == BUS_OBJERR || info.si_code == BUS_MCEERR_AR;
}

bool take(const siginfo_t& info) noexcept {
  if (!is_fault(info)) return false;
  const auto address = reinterpret_cast<std::uintptr_t>(info.si_addr);
  const GuardedRanges::Hit hit = ranges.find(address);
  if (hit.fault == nullptr) return false;
  using Cause = MapFault::Cause;
  hit.fault->note(hit.offset, info.si_code == BUS_MCEERR_AR ? Cause::medium : Cause::no_such_page);  // (1)
  return put_zeros_at(address);                                                                      // (2)
}

// As the kernel would have done without us. A fault comes again when we return, and then ends the process.
void die_or_ignore(int signal, const siginfo_t& info, bool ignored) noexcept {
  const bool was_sent = info.si_code <= 0;  // by kill() or its like: nothing would come again
  if (was_sent && ignored) return;
  struct sigaction by_default {};
  by_default.sa_handler = SIG_DFL;
  ::sigaction(signal, &by_default, nullptr);
  if (was_sent) ::raise(signal);  // comes when we return: the signal is blocked until then
}

void pass_on(int signal, siginfo_t* info, void* context) noexcept {
  const struct sigaction* const action = previous.load();
  if (action == nullptr) return die_or_ignore(signal, *info, false);
  if ((action->sa_flags & SA_SIGINFO) != 0) return action->sa_sigaction(signal, info, context);
  if (action->sa_handler == SIG_DFL || action->sa_handler == SIG_IGN)
    return die_or_ignore(signal, *info, action->sa_handler == SIG_IGN);
  action->sa_handler(signal);
}

void handle(int signal, siginfo_t* info, void* context) noexcept {
  const int number = errno;
  if (!take(*info)) pass_on(signal, info, context);
  errno = number;
}

bool is_ours(const struct sigaction& action) noexcept {
  return (action.sa_flags & SA_SIGINFO) != 0 && action.sa_sigaction == handle;
}

// A handler of somebody else's may have kept ours and call it: then it must not become our own predecessor.
bool may_call_us(const struct sigaction& action) noexcept {
  return linked && ((action.sa_flags & SA_SIGINFO) != 0 ||
                    (action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN));
}

bool install() noexcept {
  struct sigaction present {};
  if (::sigaction(SIGBUS, nullptr, &present) != 0) return false;
  if (is_ours(present) || may_call_us(present)) return true;
  struct sigaction& kept = previous_actions[previous.load() == &previous_actions[0] ? 1 : 0];
  kept = present;
  previous.store(&kept);
  struct sigaction ours {};
  ours.sa_sigaction = handle;
  ours.sa_flags = SA_SIGINFO | SA_ONSTACK;
  ours.sa_mask = present.sa_mask;  // what the one before wants to be left alone by, when it is called
  if (::sigaction(SIGBUS, &ours, nullptr) != 0) return false;
  linked = true;
  return true;
}

void uninstall() noexcept {
  struct sigaction present {};
  if (::sigaction(SIGBUS, nullptr, &present) != 0 || !is_ours(present)) return;
  if (::sigaction(SIGBUS, previous.load(), nullptr) == 0) linked = false;
}

}  // namespace

Result<GuardedRange*> SigbusHandler::add(std::uintptr_t begin, std::uintptr_t end, MapFault& fault) {
  const std::lock_guard lock(installing);
  GuardedRange& range = ranges.take();
  if (!install())
    return Unexpected(
        Error{.code = ErrorCode::io,
              .message = "cannot install a handler for SIGBUS: " + std::string(::strerrordesc_np(errno))});
  GuardedRanges::set(range, begin, end, fault);
  ++range_count;
  return &range;
}

void SigbusHandler::remove(GuardedRange& range) noexcept {
  const std::lock_guard lock(installing);
  GuardedRanges::clear(range);
  if (--range_count == 0) uninstall();
}

}  // namespace holdfast
