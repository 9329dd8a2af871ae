// A sharded log, cut anywhere.

#include <gtest/gtest.h>

#include <string>

#include "sharded_log_lab.hpp"

namespace holdfast::lab {
namespace {

using testing::MediumModel;

class ShardedLogUnderCuts : public ::testing::TestWithParam<MediumModel> {};
INSTANTIATE_TEST_SUITE_P(, ShardedLogUnderCuts, ::testing::Values(MediumModel::cache_lines, MediumModel::pages),
                         [](const auto& one) { return std::string(testing::name(one.param)); });

TEST_P(ShardedLogUnderCuts, IsCreatedAsAWhole) {
  ShardedLogLab lab(GetParam());
  lab.open(3);
  lab.append(3, Durability::immediate);
  lab.judge_all();
}

TEST_P(ShardedLogUnderCuts, BatchesAreWholeInEachShard) {
  ShardedLogLab lab(GetParam());
  lab.open(2);
  lab.append(2, Durability::buffered);
  lab.append_batch(6, Durability::immediate);
  lab.append(2, Durability::buffered);
  lab.append_batch(6, Durability::buffered);
  lab.erase(Durability::immediate);
  lab.judge_all();
}

TEST_P(ShardedLogUnderCuts, AtomicAppendsAreWholeOverAllShards) {
  ShardedLogLab lab(GetParam());
  lab.open(3);
  lab.append_atomic(5, Durability::immediate);
  lab.append(2, Durability::buffered);
  lab.append_atomic(5, Durability::buffered);
  lab.append_atomic(7, Durability::buffered);
  lab.append(1, Durability::immediate);
  lab.judge_all();
}

TEST_P(ShardedLogUnderCuts, AReshardIsDoneOrNot) {
  ShardedLogLab lab(GetParam());
  lab.open(2);
  lab.append(7, Durability::immediate);
  lab.erase(Durability::immediate);
  lab.append(3, Durability::buffered);
  lab.reshard(3);
  lab.append(3, Durability::immediate);
  lab.judge_all();
}

TEST_P(ShardedLogUnderCuts, AReshardKeepsCheckpoints) {
  ShardedLogLab lab(GetParam());
  lab.open(2);
  lab.append(4, Durability::buffered);
  lab.checkpoint("a");
  lab.append_atomic(5, Durability::buffered);
  lab.checkpoint("b");
  lab.append(3, Durability::buffered);
  lab.reshard(3);
  lab.append(2, Durability::buffered);
  lab.checkpoint("c");
  lab.judge_all();
}

TEST_P(ShardedLogUnderCuts, ARemovedLogIsThereAsAWholeOrGone) {
  ShardedLogLab lab(GetParam());
  lab.open(2);
  lab.append(4, Durability::immediate);
  lab.checkpoint("a");
  lab.remove();
  lab.judge_all();
}

}  // namespace
}  // namespace holdfast::lab
