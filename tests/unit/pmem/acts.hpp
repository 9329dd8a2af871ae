#pragma once

#include <filesystem>
#include <string>

namespace holdfast::pmem {

// This program starts itself again to play a role in a process of its own: a process that dies in the
// middle of a call must not be a fork of the test, which the library would refuse to serve.

inline constexpr int kKilled = 77;

/// Runs `act` on `store` in a new process that ends at its n-th growth step (0: never); its exit status:
/// 0 done, kKilled, 1 failed.
[[nodiscard]] int run_act(const std::string& act, const std::filesystem::path& store, int nth_step);

/// The other side: plays the act named by the program's arguments. Acts: create, create-three (three pools
/// at once), grow (to 24 MiB by three pools), hold (opens, writes, drains and dies without closing),
/// grow-limited (a file size limit lets only what is asked through).
[[nodiscard]] int play_act(const std::string& act, const std::filesystem::path& store, int nth_step);

}  // namespace holdfast::pmem
