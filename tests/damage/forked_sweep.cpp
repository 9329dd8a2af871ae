#include "forked_sweep.hpp"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <new>

#include <gtest/gtest.h>

namespace holdfast::damage {
namespace {

constexpr unsigned kSecondsPerTrial = 60;  // a hang, even on a busy machine under a sanitizer
constexpr std::size_t kWrongKept = 5;
constexpr std::size_t kDeathsMax = 20;
constexpr rlim_t kDataBytesMax = rlim_t{2} << 30;

/// What the child tells, in memory that both have.
struct Progress {
  std::uint64_t next = 0;  ///< The trial at work, or to come.
  std::array<std::uint64_t, kOutcomeCount> outcomes{};
  std::uint64_t wrong_count = 0;
  std::array<std::array<char, 400>, kWrongKept> wrong{};
};

class SharedProgress {
 public:
  SharedProgress() {
    void* const memory =
        ::mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory != MAP_FAILED) progress_ = new (memory) Progress;
  }
  ~SharedProgress() {
    if (progress_ != nullptr) ::munmap(progress_, sizeof(Progress));
  }
  SharedProgress(const SharedProgress&) = delete;
  SharedProgress& operator=(const SharedProgress&) = delete;
  [[nodiscard]] Progress* get() const noexcept { return progress_; }

 private:
  Progress* progress_ = nullptr;
};

void bound_memory() {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // their shadows need more than any bound
  const rlimit limit{kDataBytesMax, kDataBytesMax};
  ::setrlimit(RLIMIT_DATA, &limit);
#endif
}

[[noreturn]] void work(Progress& progress, std::uint64_t count, const std::function<Verdict(std::uint64_t)>& trial) {
  bound_memory();
  for (; progress.next < count; ++progress.next) {
    ::alarm(kSecondsPerTrial);
    const Verdict verdict = trial(progress.next);
    ++progress.outcomes[static_cast<std::size_t>(verdict.outcome)];
    if (verdict.wrong.empty()) continue;
    if (progress.wrong_count < kWrongKept)
      std::snprintf(progress.wrong[progress.wrong_count].data(), progress.wrong[0].size(), "trial %llu: %s",
                    static_cast<unsigned long long>(progress.next), verdict.wrong.c_str());
    ++progress.wrong_count;
  }
  ::_exit(0);
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

}  // namespace

std::string_view name(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::unharmed:
      return "unharmed";
    case Outcome::refused:
      return "refused";
    case Outcome::detected:
      return "detected";
    case Outcome::reported:
      return "reported";
    case Outcome::dropped:
      return "dropped";
    case Outcome::wrong:
      return "wrong";
  }
  return "unknown";
}

std::string SweepReport::to_string() const {
  std::string text = "trials=" + std::to_string(trials);
  for (std::size_t i = 0; i < kOutcomeCount; ++i)
    text += ", " + std::string(name(static_cast<Outcome>(i))) + "=" + std::to_string(outcomes[i]);
  return text + ", deaths=" + std::to_string(deaths.size()) + ", hangs=" + std::to_string(hangs.size());
}

SweepReport forked_sweep(std::uint64_t count, const std::function<Verdict(std::uint64_t)>& trial) {
  SweepReport report;
  const SharedProgress shared;
  Progress* const progress = shared.get();
  if (progress == nullptr) {
    ADD_FAILURE() << "no shared memory";
    return report;
  }
  while (progress->next < count && report.deaths.size() + report.hangs.size() < kDeathsMax) {
    const pid_t child = ::fork();
    if (child == 0) work(*progress, count, trial);
    if (child < 0) {
      ADD_FAILURE() << "cannot fork";
      break;
    }
    const int status = wait_for(child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) continue;
    auto& ends = WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM ? report.hangs : report.deaths;
    ends.push_back(progress->next++);
  }
  report.trials = progress->next;
  report.outcomes = progress->outcomes;
  for (std::size_t i = 0; i < std::min<std::size_t>(progress->wrong_count, kWrongKept); ++i)
    report.wrong.emplace_back(progress->wrong[i].data());
  return report;
}

}  // namespace holdfast::damage
