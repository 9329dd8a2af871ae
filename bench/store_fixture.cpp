#include "store_fixture.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "raw.hpp"
#include "slices.hpp"

namespace holdfast::bench {

Options store_options(const Config& config, std::uint64_t records) {
  constexpr std::uint64_t kStep = std::uint64_t{64} << 20;
  constexpr std::uint64_t kLine = 64;
  const std::uint64_t record = kRawHeaderSizeBytes + config.key_size_bytes + config.value_size_bytes + kLine;
  const std::uint64_t slices = config.threads * (std::uint64_t{4} << 20);
  Options options;
  options.backend = config.backend;
  options.emulate_pmem = true;  // changes nothing on a medium with byte access
  options.sigbus_guard = true;
  options.size_bytes = (records * record * 5 / 4 + slices) / kStep * kStep + kStep;
  options.max_size_bytes = std::max(options.max_size_bytes, options.size_bytes * 4);
  return options;
}

std::filesystem::path store_path(const std::filesystem::path& dir) { return dir / "store.hf"; }

Result<StoreFixture> StoreFixture::make(const Config& config, const std::filesystem::path& path,
                                        std::uint64_t records) {
  auto store = Store::open(path, store_options(config, records));
  if (!store) return Unexpected(std::move(store.error()));
  const std::uint64_t expected_keys = config.unsized_index ? 0 : config.keys;
  auto space = store->kv("bench", {.durability = config.durability, .expected_keys = expected_keys});
  if (!space) return Unexpected(std::move(space.error()));
  return StoreFixture{std::move(*store), std::move(*space)};
}

Result<void> fill(Store& store, Kv& space, const Config& config, const Values& values, std::uint64_t first,
                  std::uint64_t count) {
  SlicePlan plan;
  plan.keys = count;
  plan.threads = std::max(1u, std::thread::hardware_concurrency());
  plan.key_size_bytes = config.key_size_bytes;
  plan.order = [first](std::uint64_t position) { return first + position; };
  plan.work = [&](Lane& lane) -> Result<void> {
    for (const std::uint64_t id : lane.ids) {
      make_key(id, lane.key);
      auto put = space.put(lane.key, values.of(id, 0), {.durability = Durability::buffered});
      if (!put) return put;
    }
    return {};
  };
  if (auto done = run_slices(plan); !done) return Unexpected(std::move(done.error()));
  return store.sync();
}

Result<void> settle(const std::filesystem::path& dir) {
  const int descriptor = ::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return system_failure("cannot open the directory", dir);
  const bool synced = ::syncfs(descriptor) == 0;
  auto result = synced ? Result<void>() : Result<void>(system_failure("syncfs", dir));
  ::close(descriptor);
  return result;
}

}  // namespace holdfast::bench
