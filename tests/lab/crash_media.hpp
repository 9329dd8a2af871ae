#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <holdfast/testing/crash_storage.hpp>

namespace holdfast::testing {

/// The test's name of a row.
inline std::string model_name(const ::testing::TestParamInfo<MediumModel>& info) { return std::string(name(info.param)); }

inline std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

}  // namespace holdfast::testing
