// Every field of what the catalog says of a log, and of what the ledger says of sharded logs, at every limit, its checks made
// right.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <vector>

#include "exercise.hpp"
#include "test_inputs.hpp"

namespace holdfast::fuzz {
namespace {

bool is_of_logs(const Image& image, const Structure& structure) {
  switch (structure.kind) {
    case StructureKind::ledger_key:
    case StructureKind::cursor:
    case StructureKind::sharded_log:
    case StructureKind::checkpoint:
    case StructureKind::reshard:
    case StructureKind::moved_cut: return true;
    case StructureKind::catalog_entry: break;
    default: return false;
  }
  const auto type = static_cast<CatalogEntryType>(read<CatalogEntryDisk>(image, structure).type);
  return type == CatalogEntryType::log_begin || type == CatalogEntryType::log_gap || type == CatalogEntryType::log_thinned;
}

std::vector<std::size_t> structures_of_logs(std::size_t base) {
  std::vector<std::size_t> indexes;
  const auto& all = structures(base).all();
  for (std::size_t i = 0; i < all.size(); ++i)
    if (is_of_logs(base_store(base).image(), all[i])) indexes.push_back(i);
  return indexes;
}

/// One trial in so many: HOLDFAST_FORGERY_EVERY, else a number that meets each field, and over all of a kind most values.
std::size_t every() {
  const char* const chosen = std::getenv("HOLDFAST_FORGERY_EVERY");
  return chosen == nullptr ? 29 : std::max<std::size_t>(std::strtoull(chosen, nullptr, 10), 1);
}

class LogForgery : public ::testing::TestWithParam<std::size_t> {};

INSTANTIATE_TEST_SUITE_P(, LogForgery, ::testing::Range(kLogStoresFirst, kBaseStoreCount));

// The ways to use what opens take turns, so that each field meets all of them.
TEST_P(LogForgery, OfAnyFieldIsHarmless) {
  std::size_t trial = 0;
  std::size_t tried = 0;
  std::size_t refused = 0;
  for (const std::size_t structure : structures_of_logs(GetParam())) {
    const auto kind = structures(GetParam()).at(structure).kind;
    for (std::size_t field = 0; field < fields_of(kind).size(); ++field)
      for (std::uint8_t choice = 0; choice < kFieldChoices; ++choice, ++trial) {
        if (trial % every() != 0) continue;
        const Verdict verdict =
            run_input(set_field(GetParam(), structure, field, choice, static_cast<std::uint8_t>(choice + structure)));
        EXPECT_EQ(verdict.sealed, 1u);
        EXPECT_EQ(verdict.wrong, "") << "structure " << structure << " of kind " << static_cast<int>(kind) << ", field "
                                     << field << ", choice " << static_cast<int>(choice);
        ++tried;
        refused += verdict.refused.has_value() ? 1 : 0;
      }
  }
  EXPECT_GT(refused, 0u);
  EXPECT_LT(refused, tried);
  std::cout << "fuzz: fields forged=" << tried << ", stores refused=" << refused << '\n';
}

}  // namespace
}  // namespace holdfast::fuzz
