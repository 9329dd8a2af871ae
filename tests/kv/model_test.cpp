// Random puts, erases, conditional writes, batches and reopens beside a map.

#include "kv_model.hpp"

namespace holdfast {
namespace {

class KvModel : public ::testing::TestWithParam<BackendRow> {};
INSTANTIATE_TEST_SUITE_P(, KvModel, ::testing::ValuesIn(all_backends()), row_name);

TEST_P(KvModel, AgreesWithTheStore) { check_against_model(GetParam(), 80); }

}  // namespace
}  // namespace holdfast
