#include "common/base/fork_guard.hpp"

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace holdfast {
namespace {

/// What `ask` answers in a child made by `make_child`; -1 if the child died.
template <class MakeChild, class Ask>
int answer_in_child(MakeChild make_child, Ask ask) {
  const auto child = static_cast<pid_t>(make_child());
  if (child == 0) ::_exit(ask());
  int status = 0;
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

constexpr auto kRawClone = [] { return ::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr); };

TEST(ForkGuard, IsNoChildWhereItWasMade) {
  const ForkGuard guard;
  EXPECT_FALSE(guard.in_child());
  const ForkGuard another;
  EXPECT_FALSE(guard.in_child());
  EXPECT_FALSE(another.in_child());
}

TEST(ForkGuard, TellsAForkedChild) {
  const ForkGuard guard;
  EXPECT_EQ(answer_in_child(::fork, [&] { return guard.in_child() ? 1 : 0; }), 1);
  EXPECT_FALSE(guard.in_child());
}

TEST(ForkGuard, TellsAChildOfRawClone) {
  const ForkGuard guard;
  EXPECT_EQ(answer_in_child(kRawClone, [&] { return guard.in_child() ? 1 : 0; }), 1);
}

TEST(ForkGuard, TellsAGrandchild) {
  const ForkGuard guard;
  const auto ask_grandchild = [&] {
    return answer_in_child(::fork, [&] { return guard.in_child() ? 1 : 0; });
  };
  EXPECT_EQ(answer_in_child(::fork, ask_grandchild), 1);
}

TEST(ForkGuard, AChildMayMakeGuardsOfItsOwn) {
  const ForkGuard guard;
  const auto ask = [&] {
    const ForkGuard own;
    const bool right = guard.in_child() && !own.in_child();
    const int in_grandchild =
        answer_in_child(::fork, [&] { return guard.in_child() && own.in_child() ? 1 : 0; });
    return right && in_grandchild == 1 ? 1 : 0;
  };
  EXPECT_EQ(answer_in_child(::fork, ask), 1);
  EXPECT_FALSE(guard.in_child());
}

TEST(ForkGuard, GuardsOfASiblingMeanNothing) {
  const ForkGuard guard;
  for (int sibling = 0; sibling < 3; ++sibling)
    EXPECT_EQ(answer_in_child(::fork, [&] { return ForkGuard().in_child() || !guard.in_child() ? 0 : 1; }),
              1);
}

}  // namespace
}  // namespace holdfast
