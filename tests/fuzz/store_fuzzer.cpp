// libFuzzer's program over run_input(): ./dev soak runs it, docs/testing.md "Fuzzing" tells how to replay what it finds.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>

#include "exercise.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto verdict = holdfast::fuzz::run_input({bytes, size});
  if (verdict.wrong.empty()) return 0;
  std::fprintf(stderr, "WRONG: %s\n", verdict.wrong.c_str());
  std::abort();  // libFuzzer keeps the input
}
