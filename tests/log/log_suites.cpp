#include "log_suites.hpp"

namespace holdfast::log_suites {

INSTANTIATE_TEST_SUITE_P(, Log, ::testing::ValuesIn(all_backends()), row_name);
INSTANTIATE_TEST_SUITE_P(, LogReopen, ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)),
                         row_name);

}  // namespace holdfast::log_suites
