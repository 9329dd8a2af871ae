// The process that is killed: a thread a lane writes with every facade, behind what is acknowledged already, until the
// end comes. Its arguments: writer_process.hpp.

#include <cstdlib>
#include <thread>
#include <utility>
#include <vector>

#include "lanes/lane_writer.hpp"
#include "lanes/lanes.hpp"
#include "writer_process.hpp"

namespace holdfast::kill {
namespace {

void write_for_ever(lanes::Spaces& spaces, std::uint64_t seed, std::uint32_t lane, Acknowledgements::Thread& mine) {
  lanes::LaneWriter writer(spaces, seed, lane, mine.acknowledged.load());
  for (;;) {
    mine.begun.store(writer.number() + 1);
    if (auto done = writer.apply(); !done) fail(done.error());
    mine.acknowledged.store(writer.number());
  }
}

[[noreturn]] void run(const WriterArguments& arguments) {
  auto spaces = lanes::open_spaces(open_store(arguments), OpenMode::open_or_create);
  if (!spaces) fail(spaces.error());
  std::vector<std::jthread> threads;
  for (std::uint32_t lane = 0; lane < lanes::kLanes.size(); ++lane)
    threads.emplace_back([&, lane] { write_for_ever(*spaces, arguments.seed, lane, arguments.acknowledgements->threads[lane]); });
  threads.clear();
  std::abort();  // they never end
}

}  // namespace
}  // namespace holdfast::kill

int main(int argc, char** argv) { holdfast::kill::run(holdfast::kill::writer_arguments(argc, argv)); }
