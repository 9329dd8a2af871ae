#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "acts.hpp"
#include "pmem/growth_steps.hpp"
#include "pmem/pmem_create.hpp"
#include "pmem_fixture.hpp"

namespace holdfast::pmem {
namespace {

constexpr const char* kActArgument = "--act";

std::atomic<int> steps_left{0};

void die_at_last_step(const char*) {
  if (steps_left.fetch_sub(1) == 1) ::_exit(kKilled);
}

int report(const Result<void>& result) {
  if (result) return 0;
  std::fprintf(stderr, "%s\n", result.error().to_string().c_str());
  return 1;
}

int with_open_store(const std::filesystem::path& store, Result<void> (*act)(Storage&)) {
  const auto storage = open(store, small_store());
  return storage ? report(act(**storage)) : report(Unexpected(storage.error()));
}

Result<void> grow_twice(Storage& storage) {
  if (auto grown = storage.grow(16 * kMiB); !grown) return grown;
  return storage.grow(24 * kMiB);
}

/// Writes, drains and dies.
Result<void> hold(Storage& storage) {
  const auto written = storage.write(4096, as_bytes(kGreeting));
  if (!written || !storage.drain()) return written;
  ::_exit(kKilled);
}

/// 8 MiB more would be sensible; the limit lets a file of 2 MiB arena pass, but none of 8 MiB.
Result<void> grow_limited(Storage& storage) {
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{.rlim_cur = 9 * kMiB, .rlim_max = 9 * kMiB};
  if (::setrlimit(RLIMIT_FSIZE, &limit) != 0)
    return Unexpected(Error{.code = ErrorCode::io, .message = "no limit"});
  const auto refused = storage.grow(24 * kMiB);
  if (refused || refused.error().code != ErrorCode::no_space || storage.size_bytes() != 8 * kMiB) {
    return Unexpected(Error{.code = ErrorCode::io, .message = "growth beyond the limit was not refused"});
  }
  return storage.grow(8 * kMiB + 1);
}

}  // namespace

int play_act(const std::string& act, const std::filesystem::path& store, int nth_step) {
  steps_left = nth_step;
  growth_step_hook = die_at_last_step;
  if (act == "create") return report(create(store, small_store(), greet));
  if (act == "create-three") {
    PmemOptions options = small_store();
    options.size_bytes = 6 * kMiB;
    return report(create_with_arenas_of(2 * kMiB, store, options, greet));
  }
  if (act == "grow") return with_open_store(store, grow_twice);
  if (act == "hold") return with_open_store(store, hold);
  if (act == "grow-limited") return with_open_store(store, grow_limited);
  return 1;
}

int run_act(const std::string& act, const std::filesystem::path& store, int nth_step) {
  std::string program = "/proc/self/exe";
  std::string mark = kActArgument;
  std::string name = act;
  std::string path = store.string();
  std::string step = std::to_string(nth_step);
  char* const arguments[] = {program.data(), mark.data(), name.data(), path.data(), step.data(), nullptr};
  pid_t child = 0;
  if (::posix_spawn(&child, program.c_str(), nullptr, nullptr, arguments, environ) != 0) return -1;
  int status = 0;
  if (::waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}

}  // namespace holdfast::pmem

int main(int argc, char** argv) {
  if (argc == 5 && std::string(argv[1]) == holdfast::pmem::kActArgument) {
    return holdfast::pmem::play_act(argv[2], argv[3], std::atoi(argv[4]));
  }
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
