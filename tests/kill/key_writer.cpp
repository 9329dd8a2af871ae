// The process that is killed: four threads write keys with immediate durability until the end comes, behind what is
// begun already. Its arguments: writer_process.hpp.

#include <cstdlib>
#include <thread>
#include <utility>
#include <vector>

#include <holdfast/holdfast.hpp>

#include "lanes/key_operations.hpp"
#include "writer_process.hpp"

namespace holdfast::kill {
namespace {

using lanes::Change;
using lanes::make_value;
using lanes::Operation;

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
    const Operation operation = lanes::operation_of(seed, thread, number);
    mine.begun.store(number);
    if (auto done = apply(store, space, operation, number); !done) fail(done.error());
    mine.acknowledged.store(number);
  }
}

[[noreturn]] void run(const WriterArguments& arguments) {
  Store store = open_store(arguments);
  auto space = store.kv("kill");
  if (!space) fail(space.error());
  std::vector<std::jthread> threads;
  for (std::uint32_t t = 0; t < kKeyThreads; ++t)
    threads.emplace_back([&, t] { write_for_ever(store, *space, arguments.seed, t, arguments.acknowledgements->threads[t]); });
  threads.clear();
  std::abort();  // they never end
}

}  // namespace
}  // namespace holdfast::kill

int main(int argc, char** argv) { holdfast::kill::run(holdfast::kill::writer_arguments(argc, argv)); }
