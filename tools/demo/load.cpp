#include "demo/load.hpp"

#include <algorithm>
#include <fstream>

#include "demo/binary.hpp"
#include "demo/command.hpp"
#include "demo/loading_threads.hpp"
#include "demo/package_index.hpp"

namespace holdfast::demo {
namespace {

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

}  // namespace

Options store_options(bool pmem, OpenMode mode) {
  return {.backend = pmem ? Backend::pmem : Backend::file,
          .mode = mode,
          .emulate_pmem = pmem,
          .sigbus_guard = true};
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
  if (auto loaded = load_on_threads(*store, arguments, *index, *binary, *done); !loaded) return loaded;
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
