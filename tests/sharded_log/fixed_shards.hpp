#pragma once

#include <cstdint>

#include "sharded_log/creation.hpp"

namespace holdfast::sharded_log_tests {

/// As long as it lives, new sharded logs get seeds that follow from `first_seed`: which keys share a shard, and whether each
/// shard has any, is the same in every run. Threads: one such object at a time.
class FixedShards {
 public:
  explicit FixedShards(std::uint64_t first_seed = 1) { sharded_log::next_seed = first_seed; }
  ~FixedShards() { sharded_log::next_seed = 0; }
  FixedShards(const FixedShards&) = delete;
  FixedShards& operator=(const FixedShards&) = delete;
};

}  // namespace holdfast::sharded_log_tests
