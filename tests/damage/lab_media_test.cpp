// The sweeps over both media of the crash lab. HOLDFAST_DAMAGE_EVERY: only one byte in that many, for slow builds.

#include "damage_fixture.hpp"

namespace holdfast::damage {
namespace {

template <testing::MediumModel model>
Case lab_case(Ending ending) {
  return {.medium = testing::name(model).data(),
          .make = [] { return lab_medium(model); },
          .ending = ending,
          .bytes = sample_of("HOLDFAST_DAMAGE_EVERY", "HOLDFAST_DAMAGE_FIRST", 1),
          .runs = {}};
}

INSTANTIATE_TEST_SUITE_P(, Damage,
                         ::testing::Values(lab_case<testing::MediumModel::pages>(Ending::closed),
                                           lab_case<testing::MediumModel::pages>(Ending::killed),
                                           lab_case<testing::MediumModel::cache_lines>(Ending::closed),
                                           lab_case<testing::MediumModel::cache_lines>(Ending::killed)),
                         name_of);

}  // namespace
}  // namespace holdfast::damage
