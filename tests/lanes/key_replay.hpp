#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "key_operations.hpp"

namespace holdfast::lanes {

/// The operation that wrote a value, and the value's size.
struct Written {
  std::uint64_t number = 0;
  std::uint32_t size_bytes = 0;
  friend bool operator==(const Written&, const Written&) = default;
};

/// The keys of one thread that are present.
using ThreadState = std::map<std::string, Written>;

/// What the keys of one thread may hold after kills: every acknowledged operation is there, and each
/// operation that was in flight when the process died is there as a whole or not at all. Several such
/// operations may be open at once, if nobody looked between the kills.
class Replay {
 public:
  /// What operation `number` of a thread is.
  using Operations = Operation (*)(std::uint64_t seed, std::uint32_t thread, std::uint64_t number);

  Replay(std::uint64_t seed, std::uint32_t thread, Operations operations = operation_of)
      : seed_(seed), thread_(thread), operations_(operations), possible_(1) {}

  /// A process died that had acknowledged all operations up to `acknowledged` and begun those up to
  /// `begun`, which is the same or one more.
  void died(std::uint64_t acknowledged, std::uint64_t begun);

  /// Keeps only what equals `found`; false if nothing does, and then nothing changes.
  [[nodiscard]] bool settle(const ThreadState& found);

  /// For messages: what is possible and how `found` differs from the nearest of it.
  [[nodiscard]] std::string explain(const ThreadState& found) const;

  /// Operations that are behind us, acknowledged or not.
  [[nodiscard]] std::uint64_t begun() const noexcept { return begun_; }

 private:
  void apply(const Operation& operation, std::uint64_t number, ThreadState& state) const;

  std::uint64_t seed_;
  std::uint32_t thread_;
  Operations operations_;
  std::uint64_t begun_ = 0;
  std::vector<ThreadState> possible_;
};

}  // namespace holdfast::lanes
