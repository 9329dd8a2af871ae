#pragma once

#include <string_view>

#include <holdfast/error.hpp>

namespace holdfast::pmem {

/// "what: reason of `error_number`", with the code that fits it (no_space, not_found, exists,
/// invalid_argument for a directory, else io).
[[nodiscard]] Error os_error(int error_number, std::string_view what, std::string_view path);

/// The same for a return value of libpmem2, with its own words. Call it before anything else of libpmem2.
[[nodiscard]] Error pmem2_error(int result, std::string_view what, std::string_view path);

/// The same for a failed call of libpmemobj, from errno and its own words. What it finds wrong with a
/// pool is corruption: the caller has checked before that it is one of ours.
[[nodiscard]] Error pmemobj_error(std::string_view what, std::string_view path);

}  // namespace holdfast::pmem
