// Checkpoints of a sharded log, cut anywhere.

#include <gtest/gtest.h>

#include <string>

#include "checkpoint_lab.hpp"

namespace holdfast::lab {
namespace {

using testing::MediumModel;

class CheckpointsUnderCuts : public ::testing::TestWithParam<MediumModel> {};
INSTANTIATE_TEST_SUITE_P(, CheckpointsUnderCuts, ::testing::Values(MediumModel::cache_lines, MediumModel::pages),
                         [](const auto& one) { return std::string(testing::name(one.param)); });

TEST_P(CheckpointsUnderCuts, AreMadeReplacedAndForgotten) {
  CheckpointLab lab(GetParam());
  lab.append(3);
  lab.create("a");
  lab.append(4);
  lab.create("b");
  lab.append(2);
  lab.create("a");
  lab.append(2, Durability::immediate);
  lab.create("c");
  lab.keep(2);
  lab.append(1);
  lab.create("a");
  lab.keep(0);
  lab.append(2);
  lab.create("b");
  lab.judge_all();
}

TEST_P(CheckpointsUnderCuts, ArePruned) {
  CheckpointLab lab(GetParam());
  lab.append(4);
  lab.create("a");
  lab.append(4);
  lab.create("b");
  lab.append(3);
  lab.prune("b");
  lab.append(3);
  lab.create("c");
  lab.prune("c");
  lab.append(2);
  lab.judge_all();
}

TEST_P(CheckpointsUnderCuts, AreCloned) {
  CheckpointLab lab(GetParam());
  lab.append(6);
  lab.create("a");
  lab.append(3);
  lab.clone("a", "clone");
  lab.append(2);
  lab.judge_all();
}

TEST_P(CheckpointsUnderCuts, AreRestored) {
  CheckpointLab lab(GetParam());
  lab.append(4);
  lab.create("a");
  lab.append(4);
  lab.create("b");
  lab.append(3);
  lab.restore("a");
  lab.append(2);
  lab.create("c");
  lab.append(2);
  lab.restore("c");
  lab.clone("c", "later clone");
  lab.restore("a");
  lab.append(1, Durability::immediate);
  lab.judge_all();
}

}  // namespace
}  // namespace holdfast::lab
