// What a person at a terminal sees: a progress line that goes away, values that cannot draw.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cli_fixture.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"

namespace holdfast::test {
namespace {

/// While it lives, `descriptor` of this process (and of those it starts) is a terminal.
class Terminal {
 public:
  explicit Terminal(int descriptor) : descriptor_(descriptor), saved_(::dup(descriptor)) {
    master_ = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    EXPECT_GE(master_, 0);
    EXPECT_EQ(::grantpt(master_), 0);
    EXPECT_EQ(::unlockpt(master_), 0);
    const int slave = ::open(::ptsname(master_), O_RDWR | O_NOCTTY | O_CLOEXEC);
    EXPECT_GE(slave, 0);
    EXPECT_EQ(::dup2(slave, descriptor_), descriptor_);
    ::close(slave);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal() {
    restore();
    ::close(master_);
  }

  /// What has been printed on it; it is a terminal no more.
  std::string finish() {
    restore();  // nobody holds the terminal any more: reading its other side ends behind the last byte
    std::string printed;
    char bytes[256];
    for (ssize_t size = 0; (size = ::read(master_, bytes, sizeof bytes)) > 0;)
      printed.append(bytes, static_cast<std::size_t>(size));
    return printed;
  }

 private:
  void restore() {
    if (saved_ < 0) return;
    ::dup2(saved_, descriptor_);
    ::close(saved_);
    saved_ = -1;
  }

  int descriptor_;
  int saved_;
  int master_ = -1;
};

TEST(Progress, ALineOnATerminalThatIsGoneAtTheEnd) {
  Terminal terminal(STDERR_FILENO);
  {
    cli::Progress progress("verifying", std::chrono::nanoseconds(0));
    progress.bytes(std::uint64_t{3} << 30, std::uint64_t{4} << 30);
    progress.entries(12, 3);
    progress.bytes(12, 0);
    progress.entries(12, 3, 400);
  }
  const std::string clear = "\r\x1b[K";
  EXPECT_EQ(terminal.finish(), clear + "verifying: 3 GiB of 4 GiB (75 %)" + clear +
                                   "verifying: 12 B, 3 entries" + clear + "verifying: 12 B" + clear +
                                   "verifying: 12 B, 3 of 400 entries" + clear);
}

TEST(Progress, NothingWhereThereIsNoTerminal) {
  testing::internal::CaptureStderr();
  {
    cli::Progress progress("verifying", std::chrono::nanoseconds(0));
    progress.bytes(1, 2);
    progress.entries(1, 2);
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(TerminalOutput, AValueCannotDrawOnIt) {
  const ScratchDirectory scratch(std::filesystem::temp_directory_path());
  const std::string store = (scratch.path() / "store.hf").string();
  EXPECT_EQ(holdfast_program({"create", store, "--backend", "file", "--size", "4MiB"}).exit_code, 0);
  EXPECT_EQ(holdfast_program({"kv", "put", store, "s", "k"}, {.input = "two\nlines \x1b[2J \xFF"}).exit_code,
            0);
  Terminal terminal(STDOUT_FILENO);
  const ProgramResult result = holdfast_program({"kv", "get", store, "s", "k"}, {.keep_output = true});
  EXPECT_EQ(terminal.finish(), "two\r\nlines \\x1b[2J \\xff\r\n");
  EXPECT_EQ(result.exit_code, 0) << result.errors;
}

TEST(TerminalOutput, ARecordCannotDrawOnIt) {
  const ScratchDirectory scratch(std::filesystem::temp_directory_path());
  const std::string store = (scratch.path() / "store.hf").string();
  EXPECT_EQ(holdfast_program({"create", store, "--backend", "file", "--size", "4MiB"}).exit_code, 0);
  EXPECT_EQ(holdfast_program({"log", "append", store, "l"}, {.input = "two\nlines \x1b[2J"}).exit_code, 0);
  Terminal terminal(STDOUT_FILENO);
  const ProgramResult result = holdfast_program({"log", "read", store, "l"}, {.keep_output = true});
  EXPECT_EQ(terminal.finish(), "two\\x0alines \\x1b[2J\r\n");
  EXPECT_EQ(result.exit_code, 0) << result.errors;
}

}  // namespace
}  // namespace holdfast::test
