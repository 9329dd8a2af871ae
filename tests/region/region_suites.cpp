#include "region_suites.hpp"

namespace holdfast::region_suites {

INSTANTIATE_TEST_SUITE_P(, RegionOn, ::testing::ValuesIn(all_backends()), row_name);
INSTANTIATE_TEST_SUITE_P(, RegionReopen, ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)),
                         row_name);

}  // namespace holdfast::region_suites
