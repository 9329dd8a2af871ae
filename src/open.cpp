// The only file that knows both backends.

#include <filesystem>
#include <string>
#include <system_error>

#include <holdfast/store.hpp>

#include "common/base/out_of_memory.hpp"
#include "common/engine/superblock_slots.hpp"
#include "common/guard/map_fault.hpp"
#include "file/file_storage.hpp"
#include "pmem/pmem_storage.hpp"
#include "store_core.hpp"

namespace holdfast {
namespace {

namespace fs = std::filesystem;

Error refused(ErrorCode code, std::string message, const fs::path& path) {
  return {.code = code, .message = std::move(message), .path = path.string()};
}

bool may_create(OpenMode mode) noexcept { return mode == OpenMode::open_or_create || mode == OpenMode::create; }

Result<void> check_sizes(const Options& options, const fs::path& path) {
  if (options.size_bytes <= options.max_size_bytes) return {};
  Error error = refused(ErrorCode::invalid_argument, "the first size is larger than the maximum size", path);
  error.expected = "at most " + std::to_string(options.max_size_bytes);
  error.found = std::to_string(options.size_bytes);
  return Unexpected(error);
}

// What lies at `path` decides; for a new store the medium does.
Result<Backend> choose_backend(const fs::path& path, bool there, Backend asked) {
  if (asked != Backend::automatic) return asked;
  if (there) return pmem::is_pool(path) ? Backend::pmem : Backend::file;
  const auto byte_access = pmem::has_byte_access(path);
  if (!byte_access && byte_access.error().code != ErrorCode::not_supported) return Unexpected(byte_access.error());
  return byte_access && *byte_access ? Backend::pmem : Backend::file;
}

// A store of one kind must not be opened, let alone judged foreign, as the other.
Result<void> check_kind(const fs::path& path, Backend backend) {
  const bool pool = pmem::is_pool(path);
  if (backend == Backend::file && pool)
    return Unexpected(refused(ErrorCode::invalid_argument,
                              "this is a PMDK pool; open it with the pmem backend or automatic", path));
  return {};
}

file::FileOptions file_options(const Options& options) {
  return {.size_bytes = options.size_bytes,
          .max_size_bytes = options.max_size_bytes,
          .read_only = options.mode == OpenMode::read_only,
          .sigbus_guard = options.sigbus_guard};
}

pmem::PmemOptions pmem_options(const Options& options) {
  return {.size_bytes = options.size_bytes,
          .max_size_bytes = options.max_size_bytes,
          .read_only = options.mode == OpenMode::read_only,
          .emulate = options.emulate_pmem,
          .sigbus_guard = options.sigbus_guard};
}

// PMDK writes into a pool when it opens it. A store that we shall refuse (newer format, damaged superblock)
// must stay as it is, so a pool is judged by reading before PMDK sees it.
Result<void> judge_pool(const fs::path& path, const Options& options) {
  pmem::PmemOptions reading = pmem_options(options);
  reading.read_only = true;
  auto storage = pmem::open(path, reading);
  if (!storage) return Unexpected(storage.error());
  const auto found = load_superblock(**storage, /*read_only=*/false);
  if (const auto fault = (*storage)->map_fault(); fault != nullptr)
    if (auto whole = fault->check(); !whole) return whole;
  if (!found) return Unexpected(found.error());
  return (*storage)->close();
}

Result<void> create_at(const fs::path& path, Backend backend, const Options& options) {
  const auto format = [&options](Storage& storage) { return Engine::format(storage, options); };
  return backend == Backend::pmem ? pmem::create(path, pmem_options(options), format)
                                  : file::create(path, file_options(options), format);
}

// Zeros in place of a page that is missing look like all kinds of damage: the fault itself is what to tell.
Result<std::shared_ptr<StoreCore>> open_core(std::unique_ptr<Storage> storage, Backend backend, const Options& options) {
  const auto fault = storage->map_fault();
  const auto open = [&]() -> Result<std::shared_ptr<StoreCore>> {
    auto engine = Engine::open(std::move(storage), options);
    if (!engine) return Unexpected(engine.error());
    auto core = std::make_shared<StoreCore>(std::move(*engine), backend, options);
    if (auto recovered = core->recover(); !recovered) {
      // What does not fit into memory is left as it was found, and not as if a process had died over it.
      if (recovered.error().code == ErrorCode::too_large) static_cast<void>(core->gate()->close());
      return Unexpected(recovered.error());
    }
    return core;
  };
  auto core = open();
  if (fault != nullptr)
    if (auto whole = fault->check(); !whole) return Unexpected(whole.error());
  return core;
}

// A medium of the caller's: blank is absent.
Result<void> prepare(Storage& storage, const Options& options) {
  if (!is_blank(storage)) {
    if (options.mode == OpenMode::create)
      return Unexpected(refused(ErrorCode::exists, "the medium holds a store or other data", fs::path(storage.path())));
    return {};
  }
  if (!may_create(options.mode))
    return Unexpected(refused(ErrorCode::not_found, "no store on this medium", fs::path(storage.path())));
  return Engine::format(storage, options);
}

Result<std::shared_ptr<StoreCore>> open_at(const fs::path& path, const Options& options) {
  if (auto checked = check_sizes(options, path); !checked) return Unexpected(checked.error());
  if (options.backend == Backend::memory) {
    auto storage = file::open_memory(file_options(options));
    if (!storage) return Unexpected(storage.error());
    if (auto prepared = prepare(**storage, options); !prepared) return Unexpected(prepared.error());
    return open_core(std::move(*storage), Backend::memory, options);
  }
  std::error_code ignored;
  const bool there = fs::symlink_status(path, ignored).type() != fs::file_type::not_found;
  if (there && options.mode == OpenMode::create)
    return Unexpected(refused(ErrorCode::exists, "something is at this path already", path));
  if (!there && !may_create(options.mode)) return Unexpected(refused(ErrorCode::not_found, "no such store", path));
  const auto backend = choose_backend(path, there, options.backend);
  if (!backend) return Unexpected(backend.error());
  if (there) {
    if (auto kind = check_kind(path, *backend); !kind) return Unexpected(kind.error());
    if (*backend == Backend::pmem && options.mode != OpenMode::read_only)
      if (auto judged = judge_pool(path, options); !judged) return Unexpected(judged.error());
  } else if (auto created = create_at(path, *backend, options); !created) {
    return Unexpected(created.error());
  }
  auto storage = *backend == Backend::pmem ? pmem::open(path, pmem_options(options))
                                           : file::open(path, file_options(options));
  if (!storage) return Unexpected(storage.error());
  return open_core(std::move(*storage), *backend, options);
}

}  // namespace

Result<Store> Store::open(const fs::path& path, Options options) {
  auto core = without_bad_alloc([&] { return open_at(path, options); });
  if (!core) return Unexpected(std::move(core.error()));
  return Store(std::move(*core));
}

Result<Store> Store::open(std::unique_ptr<Storage> storage, Options options) {
  auto core = without_bad_alloc([&]() -> Result<std::shared_ptr<StoreCore>> {
    if (auto prepared = prepare(*storage, options); !prepared) return Unexpected(prepared.error());
    return open_core(std::move(storage), options.backend, options);
  });
  if (!core) return Unexpected(std::move(core.error()));
  return Store(std::move(*core));
}

}  // namespace holdfast
