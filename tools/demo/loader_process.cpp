#include "demo/loader_process.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <span>
#include <string>
#include <vector>

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

/// Notes one acknowledgement, `time` after the first call.
void note(const Acknowledgement& one, std::chrono::nanoseconds time, Acknowledged& acknowledged,
          LoaderRun& run) {
  switch (one.kind) {
    case Acknowledgement::Kind::ready:
      break;
    case Acknowledgement::Kind::put:
      acknowledged.put[one.number] = 1;
      ++run.acknowledged[Facade::kv];
      run.time[Facade::kv] = time;
      break;
    case Acknowledgement::Kind::appended:
      acknowledged.appended[one.number] = one.value;
      ++run.acknowledged[Facade::log];
      run.time[Facade::log] = time;
      break;
    case Acknowledgement::Kind::flushed:
      run.acknowledged[Facade::region] += one.value - acknowledged.flushed_bytes;
      acknowledged.flushed_bytes = one.value;
      run.time[Facade::region] += std::chrono::microseconds(one.number);
      break;
  }
}

/// Reads the acknowledgements of one process until it is gone: those it wrote before it was killed
/// are still in the pipe and count.
Result<LoaderRun> follow(int pipe, const ChildProcess& process, Acknowledged& acknowledged,
                         std::uint64_t kill_after) {
  LoaderRun run;
  auto started = std::chrono::steady_clock::now();
  std::array<Acknowledgement, kPipeSizeBytes / sizeof(Acknowledgement)> received{};
  for (;;) {
    const ssize_t size = ::read(pipe, received.data(), sizeof received);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return Unexpected(system_error("acknowledgement pipe"));
    if (size == 0) return run;
    const auto now = std::chrono::steady_clock::now();
    const std::size_t count = static_cast<std::size_t>(size) / sizeof received[0];
    for (const Acknowledgement& one : std::span(received).first(count)) {
      if (one.kind == Acknowledgement::Kind::ready) started = now;
      note(one, now - started, acknowledged, run);
    }
    if (run.acknowledged[Facade::kv] >= kill_after) process.kill();
  }
}

}  // namespace

Result<LoaderRun> LoaderProcess::run(Acknowledged& acknowledged, std::uint64_t kill_after) const {
  const std::filesystem::path list = directory / "acknowledged";
  if (const auto saved = save_acknowledged(list, acknowledged); !saved) return Unexpected(saved.error());
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return Unexpected(system_error("pipe"));
  const Descriptor read_end{ends[0]};
  Descriptor write_end{ends[1]};
  if (::fcntl(write_end.fd, F_SETPIPE_SZ, kPipeSizeBytes) < 0) return Unexpected(system_error("pipe"));
  std::vector<std::string> arguments{program.string(), "load",          "--store",
                                     store.string(),   "--index",       index.string(),
                                     "--binary",       binary.string(), "--acknowledged",
                                     list.string(),    "--pipe",        std::to_string(write_end.fd)};
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
