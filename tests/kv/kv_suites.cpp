#include "kv_suites.hpp"

namespace holdfast::kv_suites {

INSTANTIATE_TEST_SUITE_P(, Kv, ::testing::ValuesIn(all_backends()), row_name);
INSTANTIATE_TEST_SUITE_P(, KvReopen, ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)),
                         row_name);

}  // namespace holdfast::kv_suites
