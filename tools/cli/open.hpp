#pragma once

#include <chrono>
#include <functional>
#include <holdfast/holdfast.hpp>
#include <optional>

#include "cli/arguments.hpp"
#include "cli/exit_code.hpp"

namespace holdfast::cli {

using Command = std::function<Result<ExitCode>(Store&)>;

/// So long a store is waited for that another process has open: commands of a script may overlap.
inline constexpr std::chrono::milliseconds kLockPatience{1'000};

/// Opens the store without changing a byte of it (it may have crashed), runs `command`, closes. Waits for
/// kLockPatience at most.
[[nodiscard]] Result<ExitCode> with_store_to_read(const StoreArguments& arguments, const Command& command);

/// The same, but `locked` at once.
[[nodiscard]] Result<ExitCode> with_store_to_read_now(const StoreArguments& arguments,
                                                      const Command& command);

/// Opens an existing store for writing, runs `command`, closes; waits as with_store_to_read(). What close()
/// could not make durable is an error even where `command` went well.
[[nodiscard]] Result<ExitCode> with_store_to_write(const StoreArguments& arguments, const Command& command);

/// The space `name` of each kind, which must exist. Errors: not_found, naming the space; exists, if it is of
/// another kind; and as Store::kv.
[[nodiscard]] Result<Kv> existing_space(Store& store, const std::string& name);
[[nodiscard]] Result<Log> existing_log(Store& store, const std::string& name);
[[nodiscard]] Result<Region> existing_region(Store& store, const std::string& name);

/// How a command ends that needs a key which is not there. Errors: not_found, naming the key.
[[nodiscard]] Result<ExitCode> key_not_found(const std::string& key);

/// That version of the region, if one is asked for, else the region. Errors: not_found as well, naming the version.
[[nodiscard]] Result<Region> existing_region(Store& store, const std::string& name,
                                             std::optional<std::uint64_t> version);

}  // namespace holdfast::cli
