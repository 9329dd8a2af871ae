#pragma once

#include <cstddef>
#include <cstdint>

namespace holdfast::testing {

/// Address space for a medium of up to `max_size_bytes`, of which nothing can be touched until
/// set_accessible(). Mappings are kept for the next medium of that size, since the lab opens thousands a
/// second; what they hold is left over from the last one. Threads: any.
[[nodiscard]] std::byte* take_live_memory(std::uint64_t max_size_bytes);
void give_back_live_memory(std::byte* memory, std::uint64_t max_size_bytes);

/// Makes the first `size_bytes` of `memory` readable and writable and the rest untouchable.
void set_accessible(std::byte* memory, std::uint64_t size_bytes, std::uint64_t max_size_bytes);

}  // namespace holdfast::testing
