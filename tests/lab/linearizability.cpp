#include "linearizability.hpp"

#include <optional>
#include <set>
#include <utility>

namespace holdfast::lab {
namespace {

class Search {
 public:
  explicit Search(const std::vector<KeyCall>& calls) : calls_(calls) {
    for (std::size_t i = 0; i < calls_.size(); ++i)
      if (calls_[i].ended != KeyCall::kNever) answered_ |= bit(i);
  }

  /// Whether the calls that are not in `done` can follow, with the key at `value`.
  bool can_go_on(std::uint64_t done, ValueNumber value) {
    if ((answered_ & ~done) == 0) return true;
    if (!tried_.emplace(done, value).second) return false;
    const std::uint64_t first_end = earliest_end(done);
    for (std::size_t i = 0; i < calls_.size(); ++i) {
      if ((done & bit(i)) != 0 || calls_[i].begun > first_end) continue;
      const auto next = effect(calls_[i], value);
      if (next && can_go_on(done | bit(i), *next)) return true;
    }
    return false;
  }

 private:
  static std::uint64_t bit(std::size_t i) noexcept { return std::uint64_t{1} << i; }

  // No call that began behind it can come first.
  [[nodiscard]] std::uint64_t earliest_end(std::uint64_t done) const noexcept {
    std::uint64_t earliest = KeyCall::kNever;
    for (std::size_t i = 0; i < calls_.size(); ++i)
      if ((done & bit(i)) == 0 && calls_[i].ended < earliest) earliest = calls_[i].ended;
    return earliest;
  }

  /// What the call leaves; nothing if its answer would be wrong.
  [[nodiscard]] static std::optional<ValueNumber> effect(const KeyCall& call, ValueNumber value) noexcept {
    const bool is_answered = call.ended != KeyCall::kNever;
    switch (call.kind) {
      case KeyCall::Kind::get:
        return is_answered && call.value != value ? std::nullopt : std::optional(value);
      case KeyCall::Kind::put:
        return call.value;
      case KeyCall::Kind::erase:
        if (is_answered && call.answer != (value != 0)) return std::nullopt;
        return ValueNumber{0};
      case KeyCall::Kind::compare_and_set:
        if (is_answered && call.answer != (value == call.expected)) return std::nullopt;
        return value == call.expected ? call.value : value;
      case KeyCall::Kind::put_if_absent:
        if (is_answered && call.answer != (value == 0)) return std::nullopt;
        return value == 0 ? call.value : value;
      case KeyCall::Kind::exchange:
        return is_answered && call.expected != value ? std::nullopt : std::optional(call.value);
      case KeyCall::Kind::add:
        return is_answered && call.value != value + call.expected ? std::nullopt : std::optional(value + call.expected);
    }
    return std::nullopt;
  }

  const std::vector<KeyCall>& calls_;
  std::uint64_t answered_ = 0;
  std::set<std::pair<std::uint64_t, ValueNumber>> tried_;
};

}  // namespace

bool is_linearizable(const std::vector<KeyCall>& calls, ValueNumber before) {
  return Search(calls).can_go_on(0, before);
}

}  // namespace holdfast::lab
