#pragma once

#include <cstdint>

namespace holdfast::kv {

// What a key takes in memory, as Options::index_bytes_max and KvStatistics::index_bytes count it: estimates that err
// upwards, which index_memory_test.cpp holds against what is measured.

/// A node of the hash index with its share of the buckets, of which there are up to two a node.
inline constexpr std::int64_t kHashEntryBytes = 80;
/// Of an ordered space besides, beyond the key's own bytes.
inline constexpr std::int64_t kOrderedEntryBytes = 80;
/// Of a key that expires besides.
inline constexpr std::int64_t kExpiryEntryBytes = 64;

}  // namespace holdfast::kv
