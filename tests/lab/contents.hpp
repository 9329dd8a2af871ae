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

/// In the place of a record that was taken off its stream's end.
[[nodiscard]] inline Value gone() { return intern("(gone)"); }

/// What a store holds: space -> key -> value. A stream is a space whose keys are its ids; where its first
/// records were taken away, the last of these has no value; ids in a gap, and those that were compacted away, have gone().
using Contents = std::map<std::string, std::map<std::string, Value>>;

/// The cursors of a stream are a space of that name, if there are any.
[[nodiscard]] inline std::string cursors_of(const std::string& stream) { return "cursors of " + stream; }

/// Spaces with such a name are created as ordered ones, and must be so ever after.
[[nodiscard]] bool is_name_of_ordered(std::string_view space) noexcept;

/// Reads everything in every way: scan, get, contains, size, of an ordered space also its range both ways, verify and the
/// recovery report. What contradicts itself or reports damage becomes a complaint.
[[nodiscard]] Contents read_contents(Store& store, std::vector<std::string>& complaints);

/// The first difference, for people; empty if there is none.
[[nodiscard]] std::string difference(const Contents& expected, const Contents& found);

/// A value for people: its size, its first bytes and a hash.
[[nodiscard]] std::string describe(Value value);

}  // namespace holdfast::lab
