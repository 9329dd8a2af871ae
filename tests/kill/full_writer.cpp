// The process that is killed while its store is nearly full: four threads update keys with immediate durability, one reads
// them, and one scans. Its arguments: writer_process.hpp; the size is all that the store may have.

#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <holdfast/holdfast.hpp>

#include "lanes/random.hpp"
#include "lanes/zipf_operations.hpp"
#include "writer_process.hpp"

namespace holdfast::kill {
namespace {

using lanes::Change;
using lanes::make_value;

[[noreturn]] void fail_with(std::string message) { fail({.code = ErrorCode::corruption, .message = std::move(message)}); }

void write_for_ever(Kv space, std::uint64_t seed, std::uint32_t thread, Acknowledgements::Thread& mine) {
  for (std::uint64_t number = mine.begun.load() + 1;; ++number) {
    const Change change = lanes::zipf_operation_of(seed, thread, number).changes.front();
    mine.begun.store(number);
    if (change.erases) {
      if (auto erased = space.erase(change.key); !erased) fail(erased.error());
    } else if (auto put = space.put(change.key, make_value(change.key, number, change.value_size_bytes)); !put) {
      fail(put.error());
    }
    mine.acknowledged.store(number);
  }
}

/// Whatever is found was once written under its key.
void prove(std::string_view key, std::string_view value) {
  if (!lanes::number_in(key, value)) fail_with("torn: '" + std::string(key) + "'");
}

void read_for_ever(const Kv& space, std::uint64_t seed) {
  for (lanes::Random random(seed);;) {
    const std::string key = lanes::zipf_operation_of(seed, random.below(kKeyThreads), random.next()).changes.front().key;
    const auto value = space.get(key);
    if (!value) fail(value.error());
    if (*value) prove(key, **value);
  }
}

void scan_for_ever(const Kv& space) {
  const auto visit = [](std::string_view key, std::string_view value) {
    prove(key, value);
    return true;
  };
  for (;;) {
    if (auto scanned = space.scan("", visit); !scanned) fail(scanned.error());
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

void tell_for_ever(const Kv& space, Acknowledgements& acknowledgements) {
  for (;;) {
    const auto statistics = space.statistics();
    if (!statistics) fail(statistics.error());
    acknowledgements.written_bytes.store(statistics->written_bytes);
    acknowledgements.moved_bytes.store(statistics->moved_bytes);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

[[noreturn]] void run(WriterArguments arguments) {
  arguments.options.max_size_bytes = arguments.options.size_bytes;
  Store store = open_store(arguments);
  auto space = store.kv("full");
  if (!space) fail(space.error());
  Acknowledgements& acknowledgements = *arguments.acknowledgements;
  std::vector<std::jthread> threads;
  for (std::uint32_t t = 0; t < kKeyThreads; ++t)
    threads.emplace_back([&, t] { write_for_ever(*space, arguments.seed, t, acknowledgements.threads[t]); });
  threads.emplace_back([&] { read_for_ever(*space, arguments.seed); });
  threads.emplace_back([&] { scan_for_ever(*space); });
  threads.emplace_back([&] { tell_for_ever(*space, acknowledgements); });
  threads.clear();
  std::abort();  // they never end
}

}  // namespace
}  // namespace holdfast::kill

int main(int argc, char** argv) { holdfast::kill::run(holdfast::kill::writer_arguments(argc, argv)); }
