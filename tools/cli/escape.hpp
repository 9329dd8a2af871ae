#pragma once

#include <string>
#include <string_view>

namespace holdfast::cli {

/// What escape() leaves alone besides printable text.
enum class Keep { nothing, line_breaks };

/// `bytes` for a person's eyes: printable UTF-8 as it is, a backslash doubled, every other byte \xNN.
/// One line and one column, so that no name can draw on the terminal or fake a second row.
[[nodiscard]] std::string escape(std::string_view bytes, Keep keep = Keep::nothing);

}  // namespace holdfast::cli
