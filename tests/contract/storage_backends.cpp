#include "contract/storage_backends.hpp"

#include <ostream>

#include <holdfast/options.hpp>

#include "file/file_storage.hpp"
#ifdef HOLDFAST_TEST_PMEM
#include "pmem/pmem_storage.hpp"
#endif

namespace holdfast {
namespace {

using Path = std::filesystem::path;
using Format = std::function<Result<void>(Storage&)>;
using Opened = Result<std::unique_ptr<Storage>>;

StorageBackend with_path(StorageBackend row) {
  row.open_fresh = [create = row.create, open = row.open](const Path& path) -> Opened {
    const Format nothing = [](Storage&) { return Result<void>(); };
    if (auto ok = create(path, nothing); !ok) return Unexpected(ok.error());
    return open(path);
  };
  return row;
}

StorageBackend file_backend() {
  const auto options = [](bool read_only, std::uint64_t max_size_bytes = kTestMaxSizeBytes) {
    return file::FileOptions{
        .size_bytes = kTestSizeBytes, .max_size_bytes = max_size_bytes, .read_only = read_only};
  };
  return with_path({
      .name = "file",
      .capabilities = {Granularity::page, /*durable=*/true, /*shares_syncs=*/true, /*drain_can_fail=*/true,
                       /*has_path=*/true},
      .root = "/var/tmp",  // by the file hierarchy standard kept over reboots, so not a tmpfs
      .open_fresh = {},
      .create = [=](const Path& path,
                    const Format& format) { return file::create(path, options(false), format); },
      .open = [=](const Path& path) { return file::open(path, options(false)); },
      .open_read_only = [=](const Path& path) { return file::open(path, options(true)); },
      .open_with_room = [=](const Path& path) { return file::open(path, options(false, Options{}.max_size_bytes)); },
  });
}

StorageBackend memory_backend() {
  return {
      .name = "memory",
      .capabilities = {Granularity::page, /*durable=*/false, /*shares_syncs=*/true, /*drain_can_fail=*/true,
                       /*has_path=*/false},
      .root = "/var/tmp",
      .open_fresh =
          [](const Path&) {
            return file::open_memory({.size_bytes = kTestSizeBytes, .max_size_bytes = kTestMaxSizeBytes});
          },
      .create = {},
      .open = {},
      .open_read_only = {},
      .open_with_room = {},
  };
}

#ifdef HOLDFAST_TEST_PMEM
StorageBackend pmem_backend() {
  const auto options = [](bool read_only, std::uint64_t max_size_bytes = kTestMaxSizeBytes) {
    return pmem::PmemOptions{.size_bytes = kTestSizeBytes,
                             .max_size_bytes = max_size_bytes,
                             .read_only = read_only,
                             .emulate = true};
  };
  return with_path({
      .name = "pmem",
      .capabilities = {Granularity::cache_line, /*durable=*/false, /*shares_syncs=*/false,
                       /*drain_can_fail=*/false, /*has_path=*/true},
      .root = "/dev/shm",
      .open_fresh = {},
      .create = [=](const Path& path,
                    const Format& format) { return pmem::create(path, options(false), format); },
      .open = [=](const Path& path) { return pmem::open(path, options(false)); },
      .open_read_only = [=](const Path& path) { return pmem::open(path, options(true)); },
      .open_with_room = [=](const Path& path) { return pmem::open(path, options(false, Options{}.max_size_bytes)); },
  });
}
#endif

}  // namespace

const std::vector<StorageBackend>& storage_backends() {
  static const std::vector<StorageBackend> rows = {
      file_backend(),
      memory_backend(),
#ifdef HOLDFAST_TEST_PMEM
      pmem_backend(),
#endif
  };
  return rows;
}

std::vector<BackendRow> all_backends() {
  std::vector<BackendRow> rows;
  for (const StorageBackend& row : storage_backends()) rows.push_back(&row);
  return rows;
}

std::vector<BackendRow> backends_where(bool StorageCapabilities::*capability) {
  std::vector<BackendRow> rows;
  for (const StorageBackend& row : storage_backends()) {
    if (row.capabilities.*capability) rows.push_back(&row);
  }
  return rows;
}

void PrintTo(BackendRow row, std::ostream* out) { *out << row->name; }

}  // namespace holdfast
