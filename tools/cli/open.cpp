#include "cli/open.hpp"

#include <chrono>
#include <thread>

namespace holdfast::cli {
namespace {

using std::chrono::milliseconds;

/// Not every error knows its store; a person has to.
Error with_path(Error error, const StoreArguments& arguments) {
  if (error.path.empty()) error.path = arguments.path;
  return error;
}

/// Opens the store; while another process has it, tries again until `patience` is over.
Result<Store> open(const StoreArguments& arguments, OpenMode mode, milliseconds patience) {
  constexpr milliseconds kPause{10};
  const auto end = std::chrono::steady_clock::now() + patience;
  for (;;) {
    auto store = Store::open(arguments.path,
                             {.mode = mode, .emulate_pmem = arguments.emulate_pmem, .sigbus_guard = true});
    const bool locked = !store && store.error().code == ErrorCode::locked;
    if (!locked || std::chrono::steady_clock::now() >= end) return store;
    std::this_thread::sleep_for(kPause);
  }
}

Result<ExitCode> with_store(const StoreArguments& arguments, OpenMode mode, milliseconds patience,
                            const Command& command) {
  auto store = open(arguments, mode, patience);
  if (!store) {
    Error error = with_path(store.error(), arguments);
    if (error.code == ErrorCode::not_found) error.message += "; 'holdfast create' makes a store";
    return Unexpected(error);
  }
  Result<ExitCode> result = command(*store);
  // A store that has lost a page says so to every call: that is why the command has failed, whatever it says.
  if (const auto info = store->info(); !info) result = Unexpected(info.error());
  const Result<void> closed = store->close();
  if (!result) return Unexpected(with_path(result.error(), arguments));
  if (!closed) return Unexpected(with_path(closed.error(), arguments));
  return result;
}

/// `handle`, its error naming the space that is not there.
template <class Handle>
Result<Handle> named(Result<Handle> handle, const char* kind, const std::string& name) {
  if (!handle && handle.error().code == ErrorCode::not_found)
    handle.error().message = std::string("no ") + kind + " named " + name;
  return handle;
}

}  // namespace

Result<ExitCode> with_store_to_read(const StoreArguments& arguments, const Command& command) {
  return with_store(arguments, OpenMode::read_only, kLockPatience, command);
}

Result<ExitCode> with_store_to_read_now(const StoreArguments& arguments, const Command& command) {
  return with_store(arguments, OpenMode::read_only, milliseconds(0), command);
}

Result<ExitCode> with_store_to_write(const StoreArguments& arguments, const Command& command) {
  return with_store(arguments, OpenMode::existing, kLockPatience, command);
}

Result<Kv> existing_space(Store& store, const std::string& name) {
  return named(store.kv(name, {.mode = OpenMode::existing}), "key-value space", name);
}

Result<Log> existing_log(Store& store, const std::string& name) {
  return named(store.log(name, {.mode = OpenMode::existing}), "log", name);
}

Result<Region> existing_region(Store& store, const std::string& name) {
  return named(store.region(name, {.mode = OpenMode::existing}), "region", name);
}

Result<Region> existing_region(Store& store, const std::string& name, std::optional<std::uint64_t> version) {
  auto region = existing_region(store, name);
  if (!region || !version) return region;
  auto kept = region->version(*version);
  if (!kept && kept.error().code == ErrorCode::not_found)
    kept.error().message = "region " + name + " keeps no version " + std::to_string(*version);
  return kept;
}

Result<ExitCode> key_not_found(const std::string& key) {
  return Unexpected(Error{.code = ErrorCode::not_found, .message = "key not found", .path = key});
}

}  // namespace holdfast::cli
