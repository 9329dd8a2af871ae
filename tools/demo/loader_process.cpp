#include "demo/loader_process.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <string>

#include "demo/command.hpp"
#include "demo/load.hpp"

namespace holdfast::demo {
namespace {

/// A pipe of one page: the loading process can be at most this many acknowledgements ahead of us, so
/// that a kill midway comes midway however slowly we run.
constexpr int kPipeSizeBytes = 4096;

struct Descriptor {
  ~Descriptor() { reset(); }
  void reset() {
    if (fd >= 0) ::close(fd);
    fd = -1;
  }
  int fd = -1;
};

/// Reads the acknowledgements of one process until it is gone: those it wrote before it was killed
/// are still in the pipe and count.
Result<LoaderRun> follow(int pipe, const ChildProcess& process, Acknowledged& acknowledged,
                         std::uint64_t kill_after) {
  LoaderRun run;
  auto started = std::chrono::steady_clock::now();
  std::array<std::uint32_t, kPipeSizeBytes / sizeof(std::uint32_t)> numbers{};
  for (;;) {
    const ssize_t size = ::read(pipe, numbers.data(), sizeof numbers);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return Unexpected(system_error("acknowledgement pipe"));
    if (size == 0) return run;
    const std::size_t count = static_cast<std::size_t>(size) / sizeof numbers[0];
    for (std::size_t i = 0; i < count; ++i) {
      if (numbers[i] == kReady) {
        started = std::chrono::steady_clock::now();
      } else {
        acknowledged[numbers[i]] = 1;
        ++run.acknowledged_count;
      }
    }
    run.time = std::chrono::steady_clock::now() - started;
    if (run.acknowledged_count >= kill_after) process.kill();
  }
}

}  // namespace

Result<LoaderRun> LoaderProcess::run(Acknowledged& acknowledged, std::uint64_t kill_after) const {
  const std::filesystem::path list = directory / "acknowledged";
  if (!std::ofstream(list, std::ios::binary).write(acknowledged.data(), std::ssize(acknowledged)))
    return Unexpected(system_error(list.string()));
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return Unexpected(system_error("pipe"));
  const Descriptor read_end{ends[0]};
  Descriptor write_end{ends[1]};
  if (::fcntl(write_end.fd, F_SETPIPE_SZ, kPipeSizeBytes) < 0) return Unexpected(system_error("pipe"));
  std::vector<std::string> arguments{
      program.string(), "load",           "--store",     store.string(), "--index",
      index.string(),   "--acknowledged", list.string(), "--pipe",       std::to_string(write_end.fd)};
  if (pmem) arguments.emplace_back("--pmem");
  const auto process = ChildProcess::start(arguments, -1, write_end.fd);
  if (!process) return Unexpected(process.error());
  write_end.reset();  // else the pipe would never end
  auto run = follow(read_end.fd, *process, acknowledged, kill_after);
  const auto exit_code = process->wait();
  if (!run) return run;
  if (!exit_code) return Unexpected(exit_code.error());
  run->exit_code = *exit_code;
  return run;
}

}  // namespace holdfast::demo
