#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <holdfast/store.hpp>

namespace holdfast::lab {

/// A value, kept once: two are equal byte for byte exactly if the pointers are.
using Value = const std::string*;
[[nodiscard]] Value intern(std::string_view bytes);

/// What a store holds: space -> key -> value. A stream is a space whose keys are its ids.
using Contents = std::map<std::string, std::map<std::string, Value>>;

/// Reads everything in every way: scan, get, contains, size, verify and the recovery report. What
/// contradicts itself or reports damage becomes a complaint.
[[nodiscard]] Contents read_contents(Store& store, std::vector<std::string>& complaints);

/// The first difference, for people; empty if there is none.
[[nodiscard]] std::string difference(const Contents& expected, const Contents& found);

/// A value for people: its size, its first bytes and a hash.
[[nodiscard]] std::string describe(Value value);

}  // namespace holdfast::lab
