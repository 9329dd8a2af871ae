#pragma once

#include <cstdint>
#include <limits>
#include <vector>

namespace holdfast::lab {

/// A value of a key, by its number; 0: the key is absent.
using ValueNumber = std::uint32_t;

/// A call on one key as its caller saw it. Times are ticks of one clock that all threads share.
struct KeyCall {
  enum class Kind : std::uint8_t { get, put, erase, compare_and_set, put_if_absent, exchange, add };
  static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

  Kind kind{};
  std::uint64_t begun = 0;
  std::uint64_t ended = kNever;  ///< kNever: the answer did not come; the call may have taken effect or not.
  ValueNumber value = 0;         ///< What get and add answered, what the others shall leave.
  ValueNumber expected = 0;      ///< Of compare_and_set; what exchange and update found, what add was to add.
  bool answer = false;           ///< What erase, compare_and_set and put_if_absent answered.
};

/// Whether the calls can be put into one order that each caller's times allow and in which every answer is right
/// (Herlihy and Wing, 1990), by trying all orders and remembering what has been tried (Wing and Gong, 1993).
/// Requires: at most 64 calls.
[[nodiscard]] bool is_linearizable(const std::vector<KeyCall>& calls, ValueNumber before);

}  // namespace holdfast::lab
