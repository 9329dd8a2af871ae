// Different keys of one hash.

#include <thread>
#include <vector>

#include "colliding_keys.hpp"
#include "footer_fixture.hpp"
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

TEST_P(KvCollisions, SeveralKeysAreReadAndWrittenInOneCall) {
  const std::vector<KvEntry> entries{{"a", "1"}, {"b", "2"}, {"a", "3"}, {"c", "4"}};
  ASSERT_TRUE(ok(space_->multi_put(entries)));
  const auto values = space_->multi_get(std::vector<std::string_view>{"c", "d", "a", "b"});
  ASSERT_TRUE(ok(values));
  EXPECT_EQ(*values, (std::vector<std::optional<std::string>>{"4", std::nullopt, "3", "2"}));
  EXPECT_TRUE(has_size(*space_, 3));
}

TEST_P(KvCollisions, AsyncWritesOfOneKeyAreNotWaitedForByAnothers) {
  const auto ticket = space_->put_async("a", "a's");
  ASSERT_TRUE(ok(ticket));
  EXPECT_TRUE(says(true, space_->put_if_absent("b", "b's")));
  EXPECT_TRUE(ok(ticket->wait()));
  EXPECT_TRUE(holds(*space_, "a", "a's"));
  EXPECT_TRUE(holds(*space_, "b", "b's"));
}

TEST_P(KvCollisions, LargeValuesOfOneKeyAreNotFreedWithAnothers) {
  put("a", some_value(100'000, 1));
  put("b", some_value(100'000, 2));
  for (unsigned i = 0; i < 20; ++i) put("b", some_value(100'000, i));
  EXPECT_TRUE(holds(*space_, "a", some_value(100'000, 1)));
  EXPECT_TRUE(holds(*space_, "b", some_value(100'000, 19)));
}

TEST_P(KvCollisions, SnapshotsAndOrderTellThemApart) {
  holdfast::Kv ordered = space("ordered", {.settings = {.ordered = true}});
  const auto write = [&](const std::string& key, const std::string& value) {
    EXPECT_TRUE(ok(ordered.put(key, value, kBuffered)));
  };
  const auto shown = [](const KvSnapshot& snapshot) {
    std::string all;
    EXPECT_TRUE(ok(snapshot.range({}, [&](std::string_view key, std::string_view value) {
      EXPECT_EQ(snapshot.get(key).value(), value);
      all += std::string(key) + "=" + std::string(value) + " ";
      return true;
    })));
    std::uint64_t scanned = 0;
    EXPECT_TRUE(ok(snapshot.scan("", [&](std::string_view, std::string_view) { return ++scanned > 0; })));
    EXPECT_EQ(scanned, snapshot.count().value());
    return all;
  };
  for (const char* key : {"c", "a", "b"}) write(key, "1");
  auto first = ordered.snapshot();
  write("b", "2");
  EXPECT_TRUE(says(true, ordered.erase("a")));
  write("d", "2");
  auto second = ordered.snapshot();
  write("a", "3");
  write("b", "3");
  EXPECT_TRUE(says(true, ordered.erase("c")));
  ASSERT_TRUE(first && second);
  EXPECT_EQ(shown(*first), "a=1 b=1 c=1 ");
  EXPECT_EQ(shown(*second), "b=2 c=1 d=2 ");
  EXPECT_EQ(shown(*ordered.snapshot()), "a=3 b=3 d=2 ");
  EXPECT_EQ(first->get("d").value(), std::nullopt);
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

class KvCollidingFooters : public KvFooterFixture {
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
INSTANTIATE_TEST_SUITE_P(, KvCollidingFooters, ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)),
                         row_name);

// Whose it is nobody can tell: each key has its value, or says that it has none that is certain, or the loss is reported.
TEST_P(KvCollidingFooters, ADamagedRecordShowsNoOlderValueOfAnyKey) {
  for (const char* const key : {"first", "second", "third"}) put_durably(key, old_value());
  seal();
  for (const char* const key : {"first", "second"}) put_durably(key, new_value());
  seal();
  close();
  damage_new("second", Part::header);
  open_by_footers();
  EXPECT_EQ(damage_at_open(), 1u);
  const std::map<std::string, std::string> expected{
      {"first", new_value()}, {"third", old_value()}, {"filler 1", some_value(kFooterValueBytes)}};
  for (const auto& [key, value] : expected) {
    const auto found = space_->get(key);
    if (found) {
      EXPECT_EQ(found->value_or(value), value) << key;
    } else {
      EXPECT_EQ(found.error().code, ErrorCode::corruption) << key;
    }
  }
  const auto lost = space_->get("second");
  EXPECT_TRUE(lost ? !lost->has_value() : lost.error().code == ErrorCode::corruption);
  EXPECT_TRUE(holds(*space_, "filler " + std::to_string(fillers_ - 1), some_value(kFooterValueBytes)));
}

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
