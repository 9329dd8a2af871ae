// Random appends, batches, commits, cuts of the end and reopens beside vectors.

#include "log_model.hpp"

namespace holdfast {
namespace {

class LogModel : public ::testing::TestWithParam<BackendRow> {};
INSTANTIATE_TEST_SUITE_P(, LogModel, ::testing::ValuesIn(all_backends()), row_name);

TEST_P(LogModel, AgreesWithTheStore) { check_streams_against_model(GetParam(), 80); }

}  // namespace
}  // namespace holdfast
