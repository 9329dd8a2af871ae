// Ordered spaces: ranges and cursors.

#include "ordered_kv_fixture.hpp"

#include <filesystem>

namespace holdfast::kv_suites {
namespace {

class KvOrdered : public OrderedKvTest {
 protected:
  [[nodiscard]] KvCursor cursor(KvRange range = {}) {
    auto made = ordered_->cursor(std::move(range));
    if (!made) throw std::runtime_error(made.error().to_string());  // ends the test
    return std::move(*made);
  }

  void put_letters() {
    for (const char* key : {"d", "b", "a", "c", "e"}) put_ordered(key, std::string("value of ") + key);
  }

  /// The keys of a range, one after the other.
  [[nodiscard]] std::string keys_of(const KvRange& range) {
    std::string keys;
    for (const auto& [key, value] : ranged(*ordered_, range)) keys += key;
    EXPECT_EQ(ordered_->count(range).value(), ranged(*ordered_, range).size());
    KvCursor at = cursor(range);
    EXPECT_EQ(walked(at), ranged(*ordered_, range));
    EXPECT_EQ(walked_back(at), reversed(ranged(*ordered_, range)));
    return keys;
  }
};
INSTANTIATE_TEST_SUITE_P(, KvOrdered, ::testing::ValuesIn(all_backends()), row_name);

bool stop(std::string_view, std::string_view) { return false; }

TEST_P(KvOrdered, RangesShowKeysInOrder) {
  put_letters();
  EXPECT_EQ(keys_of({}), "abcde");
  EXPECT_EQ(keys_of({.reverse = true}), "edcba");
  EXPECT_EQ(ranged(*ordered_).front(), (Entries::value_type{"a", "value of a"}));
}

TEST_P(KvOrdered, RangesEndWhereTheyAreToldTo) {
  put_letters();
  EXPECT_EQ(keys_of({.from = "b"}), "bcde");
  EXPECT_EQ(keys_of({.from = "b", .from_inclusive = false}), "cde");
  EXPECT_EQ(keys_of({.from = "bb"}), "cde");
  EXPECT_EQ(keys_of({.to = "d"}), "abc");
  EXPECT_EQ(keys_of({.to = "d", .to_inclusive = true}), "abcd");
  EXPECT_EQ(keys_of({.to = "dd"}), "abcd");
  EXPECT_EQ(keys_of({.from = "b", .to = "d"}), "bc");
  EXPECT_EQ(keys_of({.from = "b", .to = "d", .to_inclusive = true, .reverse = true}), "dcb");
  EXPECT_EQ(keys_of({.from = "d", .to = "b"}), "");
  EXPECT_EQ(keys_of({.from = "d", .to = "b", .reverse = true}), "");
  EXPECT_EQ(keys_of({.from = "c", .to = "c"}), "");
  EXPECT_EQ(keys_of({.from = "c", .to = "c", .to_inclusive = true}), "c");
  EXPECT_EQ(keys_of({.from = "f"}), "");
  EXPECT_EQ(keys_of({.to = "a"}), "");
  EXPECT_EQ(keys_of({.from = ""}), "abcde");
  EXPECT_EQ(keys_of({.to = ""}), "");
}

TEST_P(KvOrdered, PrefixesMeetEndsAndBytesOfAnyValue) {
  for (const std::string& key : {std::string("a"), std::string("p"), std::string("p\0", 2), std::string("pp"),
                                 std::string("p\xFF"), std::string("p\xFF\xFF"), std::string("q"), std::string("\xFF"),
                                 std::string("\xFF\xFF")})
    put_ordered(key, "value");
  const auto keys = [&](const KvRange& range) { return ranged(*ordered_, range).size(); };
  EXPECT_EQ(keys({.prefix = "p"}), 5u);
  EXPECT_EQ(keys({.prefix = "p", .reverse = true}), 5u);
  EXPECT_EQ(keys({.prefix = "p\xFF"}), 2u);
  EXPECT_EQ(keys({.prefix = "\xFF"}), 2u);
  EXPECT_EQ(keys({.prefix = "\xFF", .reverse = true}), 2u);
  EXPECT_EQ(keys({.prefix = "pq"}), 0u);
  EXPECT_EQ(keys({.from = "pp", .prefix = "p"}), 3u);
  EXPECT_EQ(keys({.from = "a", .prefix = "p"}), 5u);
  EXPECT_EQ(keys({.to = "pp", .prefix = "p"}), 2u);
  EXPECT_EQ(keys({.to = "a", .prefix = "p"}), 0u);
  EXPECT_EQ(keys({.to = "zz", .prefix = "p", .reverse = true}), 5u);
  EXPECT_EQ(keys_of({.from = "p", .from_inclusive = false, .to = "q", .prefix = "p"}),
            std::string("p\0pp", 4) + "p\xFFp\xFF\xFF");
}

TEST_P(KvOrdered, CursorsSeekAsTheirRangeGoes) {
  put_letters();
  erase_ordered("c");
  KvCursor up = cursor();
  EXPECT_FALSE(up.valid());
  EXPECT_TRUE(says(true, up.seek("b")));
  EXPECT_EQ(up.key(), "b");
  EXPECT_TRUE(says(true, up.seek("bb")));
  EXPECT_EQ(up.key(), "d");
  EXPECT_EQ(up.value().value(), "value of d");
  EXPECT_TRUE(says(true, up.previous()));
  EXPECT_EQ(up.key(), "b");
  EXPECT_TRUE(says(true, up.next()));
  EXPECT_EQ(up.key(), "d");
  EXPECT_TRUE(says(true, up.seek("")));
  EXPECT_EQ(up.key(), "a");
  EXPECT_TRUE(says(false, up.seek("f")));
  EXPECT_FALSE(up.valid());

  KvCursor down = cursor({.reverse = true});
  EXPECT_TRUE(says(true, down.seek("c")));
  EXPECT_EQ(down.key(), "b");
  EXPECT_TRUE(says(true, down.seek("zzz")));
  EXPECT_EQ(down.key(), "e");
  EXPECT_TRUE(says(true, down.next()));
  EXPECT_EQ(down.key(), "d");
  EXPECT_TRUE(says(true, down.previous()));
  EXPECT_EQ(down.key(), "e");
  EXPECT_TRUE(says(true, down.seek_last()));
  EXPECT_EQ(down.key(), "a");
  EXPECT_TRUE(says(false, down.seek("0")));
}

TEST_P(KvOrdered, CursorsDoNotLeaveTheirRange) {
  put_letters();
  KvCursor at = cursor({.from = "b", .to = "d", .to_inclusive = true});
  EXPECT_TRUE(says(true, at.seek("a")));
  EXPECT_EQ(at.key(), "b");
  EXPECT_TRUE(says(false, at.previous()));
  EXPECT_FALSE(at.valid());
  EXPECT_TRUE(says(false, at.next()));  // it stands nowhere
  EXPECT_TRUE(says(true, at.seek_last()));
  EXPECT_EQ(at.key(), "d");
  EXPECT_TRUE(says(false, at.next()));
  EXPECT_TRUE(says(false, at.seek("e")));
  KvCursor down = cursor({.from = "b", .to = "d", .to_inclusive = true, .reverse = true});
  EXPECT_TRUE(says(true, down.seek("e")));
  EXPECT_EQ(down.key(), "d");
  EXPECT_TRUE(says(false, down.seek("a")));
}

TEST_P(KvOrdered, CursorsShowTheSpaceAsItWas) {
  put_letters();
  KvCursor before = cursor();
  put_ordered("bb", "new");
  put_ordered("c", "replaced");
  erase_ordered("d");
  KvCursor after = cursor();
  erase_ordered("a");
  put_ordered("d", "again");
  const Entries then{{"a", "value of a"}, {"b", "value of b"}, {"c", "value of c"}, {"d", "value of d"}, {"e", "value of e"}};
  EXPECT_EQ(walked(before), then);
  EXPECT_EQ(walked_back(before), reversed(then));
  const Entries later{{"a", "value of a"}, {"b", "value of b"}, {"bb", "new"}, {"c", "replaced"}, {"e", "value of e"}};
  EXPECT_EQ(walked(after), later);
  EXPECT_EQ(ranged(*ordered_), (Entries{{"b", "value of b"}, {"bb", "new"}, {"c", "replaced"}, {"d", "again"}, {"e", "value of e"}}));
}

TEST_P(KvOrdered, SnapshotsHaveCursorsRangesAndCounts) {
  put_letters();
  auto snapshot = ordered_->snapshot();
  ASSERT_TRUE(ok(snapshot));
  for (const char* key : {"a", "b"}) erase_ordered(key);
  put_ordered("f", "new");
  EXPECT_EQ(snapshot->count().value(), 5u);
  EXPECT_EQ(snapshot->count({.from = "d"}).value(), 2u);
  EXPECT_EQ(ordered_->count().value(), 4u);
  EXPECT_EQ(ranged(*snapshot, {.to = "b"}), (Entries{{"a", "value of a"}}));
  auto at = snapshot->cursor({.prefix = "b"});
  ASSERT_TRUE(ok(at));
  snapshot = ordered_->snapshot();  // the first one lives as long as its cursor
  EXPECT_EQ(walked(*at), (Entries{{"b", "value of b"}}));
  EXPECT_EQ(snapshot->count().value(), 4u);
}

TEST_P(KvOrdered, LargeValuesAreReadWhole) {
  for (unsigned i = 0; i < 5; ++i) put_ordered("key " + std::to_string(i), some_value(100'000, i));
  KvCursor at = cursor({.reverse = true});
  for (unsigned i = 0; i < 5; ++i) put_ordered("key " + std::to_string(i), some_value(100'000, i + 10));
  ASSERT_TRUE(says(true, at.seek_first()));
  for (unsigned i = 5; i-- > 0;) {
    ASSERT_TRUE(at.valid());
    EXPECT_EQ(at.value().value(), some_value(100'000, i));
    ASSERT_TRUE(says(i > 0, at.next()));
  }
}

TEST_P(KvOrdered, AVisitorMayStopAndMayWrite) {
  put_letters();
  std::string seen;
  ASSERT_TRUE(ok(ordered_->range({}, [&](std::string_view key, std::string_view) {
    seen += key;
    put_ordered(std::string(key) + "x", "new");
    erase_ordered(key);
    return seen.size() < 3;
  })));
  EXPECT_EQ(seen, "abc");
  EXPECT_EQ(keys_of({}), "axbxcxde");
}

TEST_P(KvOrdered, BatchesAndConditionalWritesAreInOrderToo) {
  put_letters();
  Batch batch;
  batch.put(*ordered_, "z", "last");
  batch.erase(*ordered_, "b");
  batch.erase(*ordered_, "absent");
  batch.put(*ordered_, "0", "first");
  ASSERT_TRUE(ok(store_->commit(batch)));
  EXPECT_TRUE(says(true, ordered_->compare_and_set("m", {}, "middle")));
  EXPECT_TRUE(says(false, ordered_->compare_and_set("n", "something", "else")));
  EXPECT_EQ(keys_of({}), "0acdemz");
}

TEST_P(KvOrdered, SpacesThatAreNotOrderedSaySo) {
  put("key", "value");
  EXPECT_TRUE(fails_with(ErrorCode::not_supported, space_->cursor()));
  EXPECT_TRUE(fails_with(ErrorCode::not_supported, space_->range({}, stop)));
  EXPECT_TRUE(fails_with(ErrorCode::not_supported, space_->count()));
  auto snapshot = space_->snapshot();
  ASSERT_TRUE(ok(snapshot));
  EXPECT_TRUE(fails_with(ErrorCode::not_supported, snapshot->cursor()));
  EXPECT_TRUE(fails_with(ErrorCode::not_supported, snapshot->range({}, stop)));
  EXPECT_TRUE(fails_with(ErrorCode::not_supported, snapshot->count()));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, store_->kv("space", kOrdered)));
  EXPECT_TRUE(ok(store_->kv("ordered")));  // it stays what it is
  EXPECT_EQ(store_->kv("ordered")->count().value(), 0u);
}

TEST_P(KvOrdered, CursorsOutliveTheStoreAndAnswerClosed) {
  put_letters();
  KvCursor at = cursor();
  ASSERT_TRUE(says(true, at.seek_first()));
  ASSERT_TRUE(ok(store_->close()));
  EXPECT_EQ(at.key(), "a");
  EXPECT_TRUE(fails_with(ErrorCode::closed, at.value()));
  EXPECT_TRUE(fails_with(ErrorCode::closed, at.next()));
  EXPECT_TRUE(fails_with(ErrorCode::closed, ordered_->cursor()));
  EXPECT_TRUE(fails_with(ErrorCode::closed, ordered_->range({}, stop)));
  EXPECT_TRUE(fails_with(ErrorCode::closed, ordered_->count()));
  ordered_.reset();
  store_.reset();
  EXPECT_TRUE(fails_with(ErrorCode::closed, at.seek_first()));
  KvCursor moved(std::move(at));
  EXPECT_FALSE(moved.valid());
}

TEST_P(KvOrdered, CursorsEndWhereTooMuchIsHeldBack) {
  kill();
  std::filesystem::remove(directory_.store());
  options_.snapshot_bytes_max = kMiB;
  open_all();
  for (unsigned i = 0; i < 4; ++i) put_ordered("key " + std::to_string(i), some_value(500'000, i));
  KvCursor at = cursor();
  ASSERT_TRUE(says(true, at.seek_first()));
  int visits = 0;
  ASSERT_TRUE(ok(ordered_->range({}, [&](std::string_view, std::string_view value) {
    EXPECT_EQ(value.size(), 500'000u);
    if (++visits == 1)
      for (unsigned i = 0; i < 4; ++i) put_ordered("key " + std::to_string(i), "small");
    return true;
  })));
  EXPECT_EQ(visits, 4);  // a range does not end for it
  EXPECT_TRUE(fails_with(ErrorCode::closed, at.value()));
  EXPECT_TRUE(fails_with(ErrorCode::closed, at.next()));
  EXPECT_TRUE(fails_with(ErrorCode::closed, at.seek_first()));
  KvCursor again = cursor();
  EXPECT_TRUE(says(true, again.seek_last()));
  EXPECT_EQ(again.value().value(), "small");
}

class KvOrderedReopened : public KvOrdered {};
INSTANTIATE_TEST_SUITE_P(, KvOrderedReopened, ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)),
                         row_name);

TEST_P(KvOrderedReopened, TheOrderIsThereBehindTheNextOpen) {
  for (int i = 0; i < 300; ++i) put_ordered("key " + std::to_string(i), std::to_string(i));
  for (int i = 0; i < 300; i += 3) erase_ordered("key " + std::to_string(i));
  put_ordered("key 0", "again");
  const Entries expected = ranged(*ordered_);
  EXPECT_EQ(expected.size(), 201u);
  for (const bool closes : {true, false}) {
    closes ? close() : kill();
    open_all();
    EXPECT_EQ(ranged(*ordered_), expected);
    EXPECT_EQ(ranged(*ordered_, {.reverse = true}), reversed(expected));
  }
  close();
  options_.mode = OpenMode::read_only;
  open();
  const holdfast::Kv read_only = space("ordered");
  EXPECT_EQ(ranged(read_only), expected);
  EXPECT_TRUE(fails_with(ErrorCode::not_supported, space("space").count()));
}

}  // namespace
}  // namespace holdfast::kv_suites
