#pragma once

#include <holdfast/error.hpp>

namespace holdfast {

namespace detail {
inline constinit const Result<void> kSuccess;
}

/// A Result that says yes, for hot paths. For `return {};`, and for a fresh object returned, GCC clears the whole
/// Result first, Error and all, by `rep stos`: a dozen nanoseconds that on persistent memory queue behind the stores
/// a fence waits for. A copy touches the flag alone.
[[nodiscard]] inline Result<void> success() noexcept { return detail::kSuccess; }

}  // namespace holdfast
