#pragma once

#include <cstdint>

#include "common/base/key_hash.hpp"

namespace holdfast {

/// Makes keys collide as long as it lives. It must outlive every store that is opened meanwhile.
class CollidingKeys {
 public:
  explicit CollidingKeys(std::uint64_t hash_count) { key_hash_modulus = hash_count; }
  ~CollidingKeys() { key_hash_modulus = 0; }
  CollidingKeys(const CollidingKeys&) = delete;
  CollidingKeys& operator=(const CollidingKeys&) = delete;
};

}  // namespace holdfast
