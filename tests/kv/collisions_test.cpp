// Different keys of one hash.

#include <thread>
#include <vector>

#include "colliding_keys.hpp"
#include "kv_model.hpp"
#include "kv_suites.hpp"
#include "linearizable_load.hpp"

namespace holdfast::kv_suites {
namespace {

/// A store in which every key has the same hash.
class KvCollisions : public KvTest {
 protected:
  void SetUp() override {
    colliding_.emplace(1);
    open();
  }
  void TearDown() override {
    kill();
    colliding_.reset();
  }

  std::optional<CollidingKeys> colliding_;
};
INSTANTIATE_TEST_SUITE_P(, KvCollisions, ::testing::ValuesIn(all_backends()), row_name);

TEST_P(KvCollisions, KeysOfOneHashAreToldApart) {
  for (int i = 0; i < 40; ++i) put(std::to_string(i), "value " + std::to_string(i));
  EXPECT_TRUE(has_size(*space_, 40));
  for (int i = 0; i < 40; ++i) EXPECT_TRUE(holds(*space_, std::to_string(i), "value " + std::to_string(i)));
  EXPECT_TRUE(is_absent(*space_, "40"));
  EXPECT_TRUE(says(false, space_->contains("40")));
}

TEST_P(KvCollisions, ErasingOneLeavesTheOthers) {
  for (const char* key : {"a", "b", "c"}) put(key, key);
  EXPECT_TRUE(says(true, space_->erase("b")));
  EXPECT_TRUE(holds(*space_, "a", "a"));
  EXPECT_TRUE(is_absent(*space_, "b"));
  EXPECT_TRUE(holds(*space_, "c", "c"));
  EXPECT_TRUE(says(true, space_->erase("a")));
  EXPECT_TRUE(says(true, space_->erase("c")));
  EXPECT_TRUE(has_size(*space_, 0));
  put("b", "back");
  EXPECT_TRUE(holds(*space_, "b", "back"));
}

TEST_P(KvCollisions, OverwritingOneLeavesTheOthers) {
  put("a", "a");
  put("b", "b");
  for (int i = 0; i < 10; ++i) put("a", std::to_string(i));
  EXPECT_TRUE(holds(*space_, "a", "9"));
  EXPECT_TRUE(holds(*space_, "b", "b"));
  EXPECT_TRUE(has_size(*space_, 2));
}

TEST_P(KvCollisions, ConditionalWritesOfOneKeyDoNotSeeTheOther) {
  put("a", "value");
  EXPECT_TRUE(says(true, space_->compare_and_set("b", std::nullopt, "b's")));
  EXPECT_TRUE(says(false, space_->compare_and_set("c", "value", "c's")));
  EXPECT_TRUE(holds(*space_, "a", "value"));
}

TEST_P(KvCollisions, LargeValuesOfOneKeyAreNotFreedWithAnothers) {
  put("a", some_value(100'000, 1));
  put("b", some_value(100'000, 2));
  for (unsigned i = 0; i < 20; ++i) put("b", some_value(100'000, i));
  EXPECT_TRUE(holds(*space_, "a", some_value(100'000, 1)));
  EXPECT_TRUE(holds(*space_, "b", some_value(100'000, 19)));
}

TEST_P(KvCollisions, WritersOfDifferentKeysLoseNothing) {
  std::vector<std::thread> writers;
  for (int writer = 0; writer < 4; ++writer)
    writers.emplace_back([&, writer] {
      for (int i = 0; i < 100; ++i) {
        const std::string key = std::to_string(writer) + "/" + std::to_string(i % 5);
        EXPECT_TRUE(ok(space_->put(key, std::to_string(i), kBuffered)));
        if (i % 10 == 3) {
          EXPECT_TRUE(says(true, space_->erase(key, kBuffered)));
        }
      }
    });
  for (std::thread& writer : writers) writer.join();
  EXPECT_TRUE(has_size(*space_, 20));
  for (int writer = 0; writer < 4; ++writer)
    for (int i = 95; i < 100; ++i)
      EXPECT_TRUE(holds(*space_, std::to_string(writer) + "/" + std::to_string(i % 5), std::to_string(i)));
}

TEST_P(KvCollisions, ReadsAndWritesOfEachKeyAreLinearizable) { LinearizableLoad(*store_, *space_).run(); }

class KvModelColliding : public ::testing::TestWithParam<BackendRow> {};
INSTANTIATE_TEST_SUITE_P(, KvModelColliding, ::testing::ValuesIn(all_backends()), row_name);

TEST_P(KvModelColliding, AgreesWithAStoreOfThreeHashes) {
  const CollidingKeys colliding(3);
  check_against_model(GetParam(), 60);
}

TEST_P(KvModelColliding, AgreesWithAStoreOfOneHash) {
  const CollidingKeys colliding(1);
  check_against_model(GetParam(), 20);
}

}  // namespace
}  // namespace holdfast::kv_suites
