#include "key_replay.hpp"

#include <algorithm>
#include <set>

namespace holdfast::lanes {
namespace {

std::vector<std::string> differing_keys(const ThreadState& a, const ThreadState& b) {
  std::set<std::string> keys;
  for (const auto& [key, written] : a) keys.insert(key);
  for (const auto& [key, written] : b) keys.insert(key);
  std::vector<std::string> differing;
  for (const auto& key : keys) {
    const auto in_a = a.find(key);
    const auto in_b = b.find(key);
    const bool same = in_a != a.end() && in_b != b.end() && in_a->second == in_b->second;
    if (!same) differing.push_back(key);
  }
  return differing;
}

std::string describe(const ThreadState& state, const std::string& key) {
  const auto found = state.find(key);
  return found == state.end() ? "absent" : "from operation " + std::to_string(found->second.number);
}

}  // namespace

void Replay::apply(const Operation& operation, std::uint64_t number, ThreadState& state) const {
  for (const Change& change : operation.changes) {
    if (change.erases) {
      state.erase(change.key);
    } else {
      state[change.key] = {number, change.value_size_bytes};
    }
  }
}

void Replay::died(std::uint64_t acknowledged, std::uint64_t begun) {
  for (std::uint64_t number = begun_ + 1; number <= acknowledged; ++number) {
    const Operation operation = operations_(seed_, thread_, number);
    for (auto& state : possible_) apply(operation, number, state);
  }
  begun_ = begun;
  if (begun == acknowledged) return;
  const Operation in_flight = operations_(seed_, thread_, begun);
  const std::size_t without = possible_.size();
  for (std::size_t i = 0; i < without; ++i) {
    ThreadState with = possible_[i];
    apply(in_flight, begun, with);
    possible_.push_back(std::move(with));
  }
}

bool Replay::settle(const ThreadState& found) {
  if (std::ranges::find(possible_, found) == possible_.end()) return false;
  possible_.assign(1, found);
  return true;
}

std::string Replay::explain(const ThreadState& found) const {
  std::vector<std::string> keys = differing_keys(possible_.front(), found);
  const ThreadState* nearest = &possible_.front();
  for (const auto& state : possible_) {
    auto differing = differing_keys(state, found);
    if (differing.size() >= keys.size()) continue;
    keys = std::move(differing);
    nearest = &state;
  }
  std::string text = "thread " + std::to_string(thread_) + " after operation " + std::to_string(begun_) +
                     ", " + std::to_string(possible_.size()) + " possible state(s):";
  for (const auto& key : keys) {
    text += "\n  '" + key.substr(0, 40) + "' is " + describe(found, key) + ", should be " +
            describe(*nearest, key);
  }
  return text;
}

}  // namespace holdfast::lanes
