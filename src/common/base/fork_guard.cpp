#include "common/base/fork_guard.hpp"

#include <sys/mman.h>

#include <atomic>
#include <new>

#include "common/base/check.hpp"

namespace holdfast {
namespace {

constexpr std::size_t kPageSizeBytes = 4096;

// Holds this process's number; zero in a child until somebody asks there.
std::atomic<std::uint64_t>& process_word() noexcept {
  static std::atomic<std::uint64_t>* const word = [] {
    void* page = ::mmap(nullptr, kPageSizeBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    HOLDFAST_CHECK(page != MAP_FAILED);
    HOLDFAST_CHECK(::madvise(page, kPageSizeBytes, MADV_WIPEONFORK) == 0);
    return new (page) std::atomic<std::uint64_t>(0);
  }();
  return *word;
}

// Of the whole line of ancestors: a child inherits it and counts on.
std::atomic<std::uint64_t> processes_numbered{0};

}  // namespace

ForkGuard::ForkGuard() noexcept {
  std::uint64_t number = 0;
  const std::uint64_t next = processes_numbered.fetch_add(1) + 1;
  process_ = process_word().compare_exchange_strong(number, next) ? next : number;
}

bool ForkGuard::in_child() const noexcept {
  // relaxed: the word changes by forking, which orders everything
  return process_word().load(std::memory_order_relaxed) != process_;
}

}  // namespace holdfast
