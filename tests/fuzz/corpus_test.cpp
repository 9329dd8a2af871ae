// The fuzzer's inputs without libFuzzer: those of the corpus, and some made up by fixed seeds.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "exercise.hpp"

namespace holdfast::fuzz {
namespace {

constexpr std::uintmax_t kInputBytesMax = 1'024;
constexpr std::uint64_t kRandomInputs = 150;

std::vector<std::filesystem::path> corpus() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(HOLDFAST_FUZZ_CORPUS)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

Input contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string hexadecimal(const Input& input) {
  std::string text;
  for (const std::uint8_t byte : input) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

TEST(FuzzCorpus, EveryInputIsHarmless) {
  const auto files = corpus();
  ASSERT_FALSE(files.empty());
  for (const auto& file : files) {
    EXPECT_LE(std::filesystem::file_size(file), kInputBytesMax) << file;
    const Verdict verdict = run_input(contents(file));
    EXPECT_EQ(verdict.wrong, "") << file;
  }
}

TEST(FuzzCorpus, RandomOperationsAreHarmless) {
  const char* const first = std::getenv("HOLDFAST_SEED");
  const std::uint64_t first_seed = first == nullptr ? 1 : std::strtoull(first, nullptr, 10) * kRandomInputs;
  std::uint64_t sealed = 0;
  std::uint64_t refused = 0;
  std::uint64_t damaged = 0;
  for (std::uint64_t seed = first_seed; seed < first_seed + kRandomInputs; ++seed) {
    const Input input = random_input(seed);
    const Verdict verdict = run_input(input);
    EXPECT_EQ(verdict.wrong, "") << "input " << hexadecimal(input);
    sealed += verdict.sealed;
    refused += verdict.refused.has_value() ? 1 : 0;
    damaged += verdict.damage > 0 ? 1 : 0;
  }
  EXPECT_GT(sealed, kRandomInputs);
  EXPECT_GT(refused, 0u);
  EXPECT_GT(damaged, 0u);
  std::cout << "fuzz: inputs=" << kRandomInputs << ", checks made right=" << sealed << ", stores refused=" << refused
            << ", stores with damage=" << damaged << '\n';
}

}  // namespace
}  // namespace holdfast::fuzz
