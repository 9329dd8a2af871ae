#include "checkpoint_fixture.hpp"

namespace holdfast::checkpoint_tests {

INSTANTIATE_TEST_SUITE_P(, Checkpoints, ::testing::ValuesIn(all_backends()), row_name);
INSTANTIATE_TEST_SUITE_P(, CheckpointsReopened, ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)),
                         row_name);

}  // namespace holdfast::checkpoint_tests
