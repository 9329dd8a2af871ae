#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <holdfast/error.hpp>

#include "pmem/arena_header.hpp"

namespace holdfast::pmem {

// Names of a store's files. `store` is the path of pool 0:
//   store                        pool 0
//   store.3                      pool 3
//   store.new-0123456789abcdef   pool 0 while it is made, and
//   store.3.new-0123456789abcdef pool 3 while it is made, 16 random digits; a leftover after a kill

[[nodiscard]] std::string pool_path(const std::string& store, std::uint32_t pool_index);

/// Errors: io (no random numbers).
[[nodiscard]] Result<std::string> temporary_path(const std::string& store, std::uint32_t pool_index);

/// Indices above 0 for which a file of the right name lies beside the store, ascending.
[[nodiscard]] std::vector<std::uint32_t> further_pools_beside(const std::string& store);

/// Removes what a killed create() or grow() has left: files with a temporary name that nobody has locked,
/// and, where such a file is the pool 0 of a creation, the further pools of that creation which had their
/// names already. Best effort: what cannot be removed does no harm.
void remove_leftovers(const std::string& store);

}  // namespace holdfast::pmem
