#include "killed_process.hpp"

#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <new>
#include <stdexcept>
#include <thread>
#include <vector>

namespace holdfast::kill {
namespace {

using std::chrono::microseconds;
using std::chrono::steady_clock;

constexpr microseconds kLook{200};

pid_t spawn(const Target& target, const SharedPage& page, const Kill& kill) {
  std::vector<std::string> arguments{target.writer,
                                     target.path.string(),
                                     target.options.backend == Backend::pmem ? "pmem" : "file",
                                     std::to_string(target.options.segment_size_bytes),
                                     std::to_string(target.options.size_bytes),
                                     std::to_string(target.seed),
                                     std::to_string(page.descriptor()),
                                     kill.point ? kill.point->to_string() : "none"};
  std::vector<char*> pointers;
  for (auto& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  pid_t child = -1;
  if (::posix_spawn(&child, target.writer, nullptr, nullptr, pointers.data(), environ) != 0) return -1;
  return child;
}

bool has_ended(pid_t child) {
  siginfo_t info{};
  return ::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == child;
}

std::vector<std::uint64_t> acknowledged_each(const Acknowledgements& page, std::uint32_t threads) {
  std::vector<std::uint64_t> numbers;
  for (std::uint32_t t = 0; t < threads; ++t) numbers.push_back(page.threads[t].acknowledged.load());
  return numbers;
}

}  // namespace

SharedPage::SharedPage() : descriptor_(::memfd_create("holdfast-kill", 0)) {
  if (descriptor_ < 0 || ::ftruncate(descriptor_, sizeof(Acknowledgements)) != 0) {
    throw std::runtime_error("no memfd");
  }
  void* page = ::mmap(nullptr, sizeof(Acknowledgements), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_, 0);
  if (page == MAP_FAILED) throw std::runtime_error("no shared page");
  page_ = new (page) Acknowledgements;
}

SharedPage::~SharedPage() {
  ::munmap(page_, sizeof(Acknowledgements));
  ::close(descriptor_);
}

std::uint64_t SharedPage::acknowledged() const noexcept {
  std::uint64_t sum = 0;
  for (const auto& thread : page_->threads) sum += thread.acknowledged.load();
  return sum;
}

std::string write_and_kill(const Target& target, const SharedPage& page, const Kill& kill) {
  const auto before = acknowledged_each(*page, target.threads);
  const pid_t child = spawn(target, page, kill);
  if (child < 0) return "the writer did not start";
  const auto all_write = [&] {
    const auto now = acknowledged_each(*page, target.threads);
    return std::ranges::equal(before, now, std::ranges::less{});
  };
  while (!kill.is_early && !has_ended(child) && !all_write()) std::this_thread::sleep_for(kLook);

  const std::uint64_t enough = page.acknowledged() + kill.more;
  const auto end = steady_clock::now() + microseconds(kill.wait_us);
  while (!has_ended(child) && page.acknowledged() < enough && steady_clock::now() < end) {
    std::this_thread::sleep_for(
        std::min(kLook, std::chrono::duration_cast<microseconds>(end - steady_clock::now())));
  }
  ::kill(child, SIGKILL);
  int status = 0;
  if (::waitpid(child, &status, 0) != child) return "the writer cannot be waited for";
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) return {};
  return "the writer ended by itself, status " + std::to_string(status);
}

}  // namespace holdfast::kill
