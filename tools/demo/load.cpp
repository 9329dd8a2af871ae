#include "demo/load.hpp"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <iterator>
#include <mutex>
#include <thread>
#include <vector>

#include "demo/command.hpp"
#include "demo/package_index.hpp"

namespace holdfast::demo {
namespace {

std::vector<char> read_acknowledged(const std::filesystem::path& path, std::size_t record_count) {
  std::ifstream file(path, std::ios::binary);
  std::vector<char> acknowledged{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  acknowledged.resize(record_count);
  return acknowledged;
}

// Four bytes to a pipe are written whole or not at all, so that threads need no lock for it.
Result<void> acknowledge(int fd, std::uint32_t number) {
  if (::write(fd, &number, sizeof number) != sizeof number)
    return Unexpected(system_error("acknowledgement pipe"));
  return {};
}

/// Runs `work(thread_number)` on each thread; the first error of any.
Result<void> on_threads(unsigned count, const std::function<Result<void>(unsigned)>& work) {
  std::mutex mutex;
  Result<void> first;
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < count; ++i) {
    threads.emplace_back([&, i] {
      const Result<void> result = work(i);
      const std::lock_guard lock(mutex);
      if (first && !result) first = result;
    });
  }
  for (std::thread& thread : threads) thread.join();
  return first;
}

Result<void> put_all(Kv& space, const PackageIndex& index, const std::vector<char>& done,
                     const LoadArguments& arguments) {
  if (auto ready = acknowledge(arguments.acknowledgement_fd, kReady); !ready) return ready;
  return on_threads(arguments.threads, [&](unsigned thread) -> Result<void> {
    for (std::uint32_t number = 0; number < index.records().size(); ++number) {
      const PackageRecord& record = index.records()[number];
      if (done[number] != 0 || std::hash<std::string>{}(record.key) % arguments.threads != thread) continue;
      if (auto put = space.put(record.key, record.stanza); !put) return put;
      if (auto told = acknowledge(arguments.acknowledgement_fd, number); !told) return told;
    }
    return {};
  });
}

}  // namespace

Options store_options(bool pmem, OpenMode mode) {
  return {.backend = pmem ? Backend::pmem : Backend::file, .mode = mode, .emulate_pmem = pmem};
}

Result<void> load(const LoadArguments& arguments) {
  const auto index = PackageIndex::read(arguments.index);
  if (!index) return Unexpected(index.error());
  const auto done = read_acknowledged(arguments.acknowledged, index->records().size());
  const bool first = std::count(done.begin(), done.end(), 0) == std::ssize(done);
  auto store = Store::open(arguments.store,
                           store_options(arguments.pmem, first ? OpenMode::create : OpenMode::existing));
  if (!store) return Unexpected(store.error());
  auto space = store->kv(kPackagesSpace, {.durability = Durability::immediate});
  if (!space) return Unexpected(space.error());
  if (auto loaded = put_all(*space, *index, done, arguments); !loaded) return loaded;
  return store->close();
}

}  // namespace holdfast::demo
