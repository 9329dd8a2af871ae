#include "cli/open.hpp"

namespace holdfast::cli {
namespace {

/// Not every error knows its store; a person has to.
Error with_path(Error error, const StoreArguments& arguments) {
  if (error.path.empty()) error.path = arguments.path;
  return error;
}

Result<ExitCode> with_store(const StoreArguments& arguments, OpenMode mode, const Command& command) {
  auto store = Store::open(arguments.path, {.mode = mode, .emulate_pmem = arguments.emulate_pmem});
  if (!store) {
    Error error = with_path(store.error(), arguments);
    if (error.code == ErrorCode::not_found) error.message += "; 'holdfast create' makes a store";
    return Unexpected(error);
  }
  Result<ExitCode> result = command(*store);
  const Result<void> closed = store->close();
  if (!result) return Unexpected(with_path(result.error(), arguments));
  if (!closed) return Unexpected(with_path(closed.error(), arguments));
  return result;
}

}  // namespace

Result<ExitCode> with_store_to_read(const StoreArguments& arguments, const Command& command) {
  return with_store(arguments, OpenMode::read_only, command);
}

Result<ExitCode> with_store_to_write(const StoreArguments& arguments, const Command& command) {
  return with_store(arguments, OpenMode::existing, command);
}

Result<Kv> existing_space(Store& store, const std::string& name) {
  auto space = store.kv(name, {.mode = OpenMode::existing});
  if (!space && space.error().code == ErrorCode::not_found)
    space.error().message = "no key-value space named " + name;
  return space;
}

}  // namespace holdfast::cli
