#include "demo/load.hpp"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "demo/binary.hpp"
#include "demo/command.hpp"
#include "demo/package_index.hpp"

namespace holdfast::demo {
namespace {

using Kind = Acknowledgement::Kind;

Result<Acknowledged> read_acknowledged(const std::filesystem::path& path, std::size_t record_count) {
  Acknowledged acknowledged(record_count);
  std::ifstream file(path, std::ios::binary);
  const auto read = [&file](auto* to, std::size_t count) {
    file.read(reinterpret_cast<char*>(to), static_cast<std::streamsize>(count * sizeof *to));
  };
  read(acknowledged.put.data(), record_count);
  read(acknowledged.appended.data(), record_count);
  read(&acknowledged.flushed_bytes, 1);
  if (!file) return Unexpected(system_error(path.string()));
  return acknowledged;
}

bool is_first(const Acknowledged& acknowledged) {
  const auto none = [](auto number) { return number == 0; };
  return std::all_of(acknowledged.put.begin(), acknowledged.put.end(), none) &&
         std::all_of(acknowledged.appended.begin(), acknowledged.appended.end(), none) &&
         acknowledged.flushed_bytes == 0;
}

Result<void> acknowledge(int fd, const Acknowledgement& acknowledgement) {
  if (::write(fd, &acknowledgement, sizeof acknowledgement) != sizeof acknowledgement)
    return Unexpected(system_error("acknowledgement pipe"));
  return {};
}

using Job = std::function<Result<void>()>;

/// Runs each job on a thread of its own; the first error of any.
Result<void> on_threads(const std::vector<Job>& jobs) {
  std::mutex mutex;
  Result<void> first;
  std::vector<std::thread> threads;
  for (const Job& job : jobs) {
    threads.emplace_back([&] {
      const Result<void> result = job();
      const std::lock_guard lock(mutex);
      if (first && !result) first = result;
    });
  }
  for (std::thread& thread : threads) thread.join();
  return first;
}

/// What the loading threads work on.
struct Load {
  const LoadArguments& arguments;
  const PackageIndex& index;
  const Binary& binary;
  const Acknowledged& done;
  Kv space;
  Log log;
  Region region;

  Result<void> put(unsigned thread) {
    for (std::uint32_t number = 0; number < index.records().size(); ++number) {
      const PackageRecord& record = index.records()[number];
      if (done.put[number] != 0 || std::hash<std::string>{}(record.key) % arguments.threads != thread)
        continue;
      if (auto put = space.put(record.key, record.stanza); !put) return put;
      if (auto told = acknowledge(arguments.acknowledgement_fd, {Kind::put, number}); !told) return told;
    }
    return {};
  }

  Result<void> append(unsigned thread) {
    for (std::uint32_t number = thread; number < index.records().size(); number += arguments.threads) {
      if (done.appended[number] != 0) continue;
      const auto id = log.append(index.records()[number].stanza);
      if (!id) return Unexpected(id.error());
      if (auto told = acknowledge(arguments.acknowledgement_fd, {Kind::appended, number, *id}); !told)
        return told;
    }
    return {};
  }

  Result<void> write_region() {
    const std::span<const std::byte> bytes(binary);
    for (std::uint64_t at = done.flushed_bytes; at < bytes.size();) {
      const auto piece = bytes.subspan(at, std::min(kPieceSizeBytes, bytes.size() - at));
      if (auto written = region.write_at(at, piece); !written) return written;
      if (const auto flushed = region.flush(); !flushed) return Unexpected(flushed.error());
      at += piece.size();
      if (auto told = acknowledge(arguments.acknowledgement_fd, {Kind::flushed, 0, at}); !told) return told;
    }
    return {};
  }
};

Result<void> load_into(Store& store, const LoadArguments& arguments, const PackageIndex& index,
                       const Binary& binary, const Acknowledged& done) {
  const auto space = store.kv(kPackagesSpace, {.durability = Durability::immediate});
  if (!space) return Unexpected(space.error());
  const auto log = store.log(kPackagesLog, {.durability = Durability::immediate});
  if (!log) return Unexpected(log.error());
  const auto region = store.region(kCompilerRegion);
  if (!region) return Unexpected(region.error());
  Load load{arguments, index, binary, done, *space, *log, *region};
  std::vector<Job> jobs{[&load] { return load.write_region(); }};
  for (unsigned thread = 0; thread < arguments.threads; ++thread) {
    jobs.emplace_back([&load, thread] { return load.put(thread); });
    jobs.emplace_back([&load, thread] { return load.append(thread); });
  }
  if (auto ready = acknowledge(arguments.acknowledgement_fd, {Kind::ready}); !ready) return ready;
  return on_threads(jobs);
}

}  // namespace

Options store_options(bool pmem, OpenMode mode) {
  return {.backend = pmem ? Backend::pmem : Backend::file, .mode = mode, .emulate_pmem = pmem};
}

Result<void> load(const LoadArguments& arguments) {
  const auto index = PackageIndex::read(arguments.index);
  if (!index) return Unexpected(index.error());
  const auto binary = read_binary(arguments.binary);
  if (!binary) return Unexpected(binary.error());
  const auto done = read_acknowledged(arguments.acknowledged, index->records().size());
  if (!done) return Unexpected(done.error());
  auto store =
      Store::open(arguments.store,
                  store_options(arguments.pmem, is_first(*done) ? OpenMode::create : OpenMode::existing));
  if (!store) return Unexpected(store.error());
  if (auto loaded = load_into(*store, arguments, *index, *binary, *done); !loaded) return loaded;
  return store->close();
}

Result<void> save_acknowledged(const std::filesystem::path& path, const Acknowledged& acknowledged) {
  std::ofstream file(path, std::ios::binary);
  const auto write = [&file](const auto* from, std::size_t count) {
    file.write(reinterpret_cast<const char*>(from), static_cast<std::streamsize>(count * sizeof *from));
  };
  write(acknowledged.put.data(), acknowledged.put.size());
  write(acknowledged.appended.data(), acknowledged.appended.size());
  write(&acknowledged.flushed_bytes, 1);
  if (!file.flush()) return Unexpected(system_error(path.string()));
  return {};
}

}  // namespace holdfast::demo
