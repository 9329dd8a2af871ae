// The process that is killed: four threads write with immediate durability until the end comes.
//   holdfast_kill_writer PATH BACKEND SEGMENT_SIZE SIZE SEED DESCRIPTOR
// DESCRIPTOR is an inherited memfd that holds Acknowledgements; writing goes on behind what is begun there.

#include <sys/mman.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include <holdfast/holdfast.hpp>

#include "acknowledgements.hpp"
#include "operations.hpp"

namespace holdfast::kill {
namespace {

[[noreturn]] void fail(const Error& error) {
  std::fprintf(stderr, "kill writer: %s\n", error.to_string().c_str());
  std::_Exit(1);
}

Result<void> apply(Store& store, Kv& space, const Operation& operation, std::uint64_t number) {
  if (operation.is_batch) {
    Batch batch;
    for (const Change& change : operation.changes) {
      if (change.erases) {
        batch.erase(space, change.key);
      } else {
        batch.put(space, change.key, make_value(change.key, number, change.value_size_bytes));
      }
    }
    return store.commit(batch);
  }
  const Change& change = operation.changes.front();
  if (!change.erases) return space.put(change.key, make_value(change.key, number, change.value_size_bytes));
  auto erased = space.erase(change.key);
  if (!erased) return Unexpected(std::move(erased.error()));
  return {};
}

void write_for_ever(Store& store, Kv space, std::uint64_t seed, std::uint32_t thread,
                    Acknowledgements::Thread& mine) {
  for (std::uint64_t number = mine.begun.load() + 1;; ++number) {
    const Operation operation = operation_of(seed, thread, number);
    mine.begun.store(number);
    if (auto done = apply(store, space, operation, number); !done) fail(done.error());
    mine.acknowledged.store(number);
  }
}

Backend backend_named(const std::string& name) { return name == "pmem" ? Backend::pmem : Backend::file; }

int run(char** arguments) {
  const std::string path = arguments[1];
  const std::uint64_t seed = std::stoull(arguments[5]);
  Options options;
  options.backend = backend_named(arguments[2]);
  options.emulate_pmem = true;
  options.segment_size_bytes = std::stoull(arguments[3]);
  options.size_bytes = std::stoull(arguments[4]);
  void* page = ::mmap(nullptr, sizeof(Acknowledgements), PROT_READ | PROT_WRITE, MAP_SHARED,
                      std::stoi(arguments[6]), 0);
  if (page == MAP_FAILED) fail({ErrorCode::io, "no shared page"});
  auto* acknowledgements = static_cast<Acknowledgements*>(page);

  auto store = Store::open(path, options);
  if (!store) fail(store.error());
  auto space = store->kv("kill");
  if (!space) fail(space.error());
  std::vector<std::thread> threads;
  for (std::uint32_t t = 0; t < kWriterThreads; ++t) {
    threads.emplace_back([&, t] { write_for_ever(*store, *space, seed, t, acknowledgements->threads[t]); });
  }
  for (auto& thread : threads) thread.join();
  return 0;
}

}  // namespace
}  // namespace holdfast::kill

int main(int argc, char** argv) {
  if (argc != 7) return 2;
  return holdfast::kill::run(argv);
}
