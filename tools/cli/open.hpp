#pragma once

#include <functional>
#include <holdfast/holdfast.hpp>

#include "cli/arguments.hpp"
#include "cli/exit_code.hpp"

namespace holdfast::cli {

using Command = std::function<Result<ExitCode>(Store&)>;

/// Opens the store without changing a byte of it (it may have crashed), runs `command`, closes.
[[nodiscard]] Result<ExitCode> with_store_to_read(const StoreArguments& arguments, const Command& command);

/// Opens an existing store for writing, runs `command`, closes. What close() could not make durable is
/// an error even where `command` went well.
[[nodiscard]] Result<ExitCode> with_store_to_write(const StoreArguments& arguments, const Command& command);

/// The KV space `name`, which must exist. Errors: not_found, naming the space, and as Store::kv.
[[nodiscard]] Result<Kv> existing_space(Store& store, const std::string& name);

}  // namespace holdfast::cli
