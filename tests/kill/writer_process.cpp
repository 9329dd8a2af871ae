#include "writer_process.hpp"

#include <sys/mman.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <utility>

#include "contract/storage_backends.hpp"
#include "dying_storage.hpp"

namespace holdfast::kill {

void fail(const Error& error) {
  std::fprintf(stderr, "kill writer: %s\n", error.to_string().c_str());
  std::_Exit(1);
}

WriterArguments writer_arguments(int argc, char** argv) {
  if (argc != 8) fail({ErrorCode::invalid_argument, "seven arguments are needed"});
  WriterArguments arguments;
  arguments.path = argv[1];
  arguments.backend = argv[2];
  arguments.options.backend = arguments.backend == "pmem" ? Backend::pmem : Backend::file;
  arguments.options.emulate_pmem = true;
  arguments.options.segment_size_bytes = std::stoull(argv[3]);
  arguments.options.size_bytes = std::stoull(argv[4]);
  arguments.seed = std::stoull(argv[5]);
  void* page = ::mmap(nullptr, sizeof(Acknowledgements), PROT_READ | PROT_WRITE, MAP_SHARED, std::stoi(argv[6]), 0);
  if (page == MAP_FAILED) fail({ErrorCode::io, "no shared page"});
  arguments.acknowledgements = static_cast<Acknowledgements*>(page);
  arguments.point = KillPoint::from_string(argv[7]);
  return arguments;
}

Store open_store(const WriterArguments& arguments) {
  const auto open = [&]() -> Result<Store> {
    if (!arguments.point || !std::filesystem::exists(arguments.path))
      return Store::open(arguments.path, arguments.options);
    for (const StorageBackend& backend : storage_backends()) {
      if (backend.name != arguments.backend) continue;
      auto storage = backend.open_with_room(arguments.path);
      if (!storage) return Unexpected(storage.error());
      return Store::open(std::make_unique<DyingStorage>(std::move(*storage), *arguments.point), arguments.options);
    }
    return Unexpected(Error{ErrorCode::invalid_argument, "no backend '" + arguments.backend + "'"});
  };
  Result<Store> store = open();
  if (!store) fail(store.error());
  return std::move(*store);
}

}  // namespace holdfast::kill
