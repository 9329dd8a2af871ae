#pragma once

#include "key_operations.hpp"

namespace holdfast::lanes {

/// Every thread writes keys of its own, this many; its first operations put each of them once.
inline constexpr std::uint32_t kZipfKeysPerThread = 4'000;

/// Of a value, on average.
inline constexpr std::uint32_t kZipfValueSizeBytes = 400;

/// Operation `number` (from 1) of a thread, as operation_of(): a put or, one of twenty, an erase of a key that comes with a
/// frequency of 1 / rank^0.99, as YCSB's keys do (Cooper et al., "Benchmarking Cloud Serving Systems with YCSB").
[[nodiscard]] Operation zipf_operation_of(std::uint64_t seed, std::uint32_t thread, std::uint64_t number);

}  // namespace holdfast::lanes
