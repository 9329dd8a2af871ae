#include "sharded_log_fixture.hpp"

namespace holdfast::sharded_log_tests {

INSTANTIATE_TEST_SUITE_P(, ShardedLogs, ::testing::ValuesIn(all_backends()), row_name);
INSTANTIATE_TEST_SUITE_P(, ShardedLogsReopened, ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)),
                         row_name);

}  // namespace holdfast::sharded_log_tests
