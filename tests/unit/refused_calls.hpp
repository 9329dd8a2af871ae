#pragma once

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <thread>
#include <vector>

namespace holdfast {

/// A system call that a filter refuses, as EPERM: all of them, or those with that first argument.
struct RefusedCall {
  std::uint32_t number;
  std::optional<std::uint32_t> first_argument{};
};

/// Runs `act` in a thread in which the calls are refused from now on, as by a filter (seccomp(2)) that was set up late. A
/// filter is its thread's alone, and goes with it.
template <class Act>
void with_calls_refused(std::initializer_list<RefusedCall> calls, Act act) {
  std::vector<sock_filter> program;
  for (const RefusedCall& call : calls) {
    program.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)));
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call.number, 0, std::uint8_t(call.first_argument ? 3 : 1)));
    if (call.first_argument) {
      program.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args)));  // the low half
      program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, *call.first_argument, 0, 1));
    }
    program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
  }
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  std::thread([&] {
    const sock_fprog filter{.len = static_cast<unsigned short>(program.size()), .filter = program.data()};
    ASSERT_EQ(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    ASSERT_EQ(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter), 0);
    act();
  }).join();
}

}  // namespace holdfast
