// Makes disk images out of a write log.
//   holdfast_block_log flushes LOG                     the index of each flush, one a line
//   holdfast_block_log apply LOG IMAGE FROM TO         all writes of entries [FROM, TO)
//   holdfast_block_log behind LOG IMAGE FROM TO OFFSET [SEED]
//       of entries [FROM, TO) what lies at OFFSET or behind it; with SEED also a random part of the other
//       blocks

#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "block_log.hpp"

namespace holdfast::power_cut {
namespace {

int refuse(const Error& error) {
  std::fprintf(stderr, "block log: %s\n", error.to_string().c_str());
  return 1;
}

int print_flushes(const std::vector<LogEntry>& entries) {
  for (std::size_t i = 0; i < entries.size(); ++i)
    if (entries[i].is_flush()) std::printf("%zu\n", i);
  return 0;
}

int run(const std::vector<std::string>& arguments) {
  const std::string& verb = arguments[0];
  const auto entries = read_block_log(arguments[1]);
  if (!entries) return refuse(entries.error());
  if (verb == "flushes" && arguments.size() == 2) return print_flushes(*entries);
  BlockFilter filter = [](std::size_t, std::uint64_t) { return true; };
  if (verb == "behind" && arguments.size() >= 6) {
    const std::uint64_t behind = std::stoull(arguments[5]);
    const bool takes_others = arguments.size() == 7;
    std::mt19937_64 random(takes_others ? std::stoull(arguments[6]) : 0);
    filter = [=](std::size_t, std::uint64_t offset) mutable {
      return offset >= behind || (takes_others && random() % 2 == 0);
    };
  } else if (verb != "apply" || arguments.size() != 5) {
    return 2;
  }
  const auto applied = apply_block_log(arguments[1], *entries, std::stoull(arguments[3]),
                                       std::stoull(arguments[4]), arguments[2], filter);
  return applied ? 0 : refuse(applied.error());
}

}  // namespace
}  // namespace holdfast::power_cut

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  return holdfast::power_cut::run({argv + 1, argv + argc});
}
