#pragma once

#include <CLI/App.hpp>
#include <chrono>
#include <cstdint>
#include <holdfast/options.hpp>
#include <optional>
#include <string>

namespace holdfast::cli {

/// Where a store is and how it may be opened; every command takes it.
struct StoreArguments {
  std::string path;
  bool emulate_pmem = false;
};

/// Adds the positional argument for the store and --emulate-pmem.
void add_store_arguments(CLI::App& command, StoreArguments& arguments);

/// A log of a store.
struct StreamArguments {
  StoreArguments store;
  std::string stream;
};

/// The positional arguments for it, and --emulate-pmem.
void add_stream_arguments(CLI::App& command, StreamArguments& arguments);

/// Adds an option that takes a size like 64MiB; anything else is a usage error that names the option.
void add_size_option(CLI::App& command, const std::string& name, std::uint64_t& size_bytes,
                     const std::string& description);

/// Adds an option that takes a time like 200ms; anything else is a usage error that names the option.
void add_duration_option(CLI::App& command, const std::string& name, std::chrono::milliseconds& time,
                         const std::string& description);

/// The same for what stays as it is where the option is not given.
void add_size_option(CLI::App& command, const std::string& name, std::optional<std::uint64_t>& size_bytes,
                     const std::string& description);
void add_duration_option(CLI::App& command, const std::string& name, std::optional<std::chrono::milliseconds>& time,
                         const std::string& description);

/// Adds --durability immediate|interval|buffered.
void add_durability_option(CLI::App& command, Durability& durability);

/// How the entries of a space are written down.
enum class StreamFormat : std::uint8_t { jsonl, binary };

/// Adds --format jsonl|binary.
void add_format_option(CLI::App& command, StreamFormat& format);

/// Adds --backend automatic|file|pmem.
void add_backend_option(CLI::App& command, Backend& backend);

}  // namespace holdfast::cli
