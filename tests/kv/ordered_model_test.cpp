// Random writes to an ordered space beside a map: after each few, ranges and cursors agree with it, and with it as it was.

#include <deque>
#include <random>

#include "ordered_kv_fixture.hpp"

namespace holdfast {
namespace {

using Model = std::map<std::string, std::string>;

class KvOrderedModel : public OrderedKvTest {
 protected:
  /// A snapshot, and the map as it was then.
  struct Moment {
    KvSnapshot snapshot;
    Model model;
  };

  [[nodiscard]] unsigned below(unsigned end) { return static_cast<unsigned>(random_() % end); }

  [[nodiscard]] std::string any_key() {
    std::string key = "k";
    constexpr std::string_view kBytes("\0ab\xFF", 4);
    for (unsigned length = below(3); length > 0; --length) key.push_back(kBytes[below(4)]);
    return key;
  }
  [[nodiscard]] std::string any_value() {
    return below(20) == 0 ? some_value(30'000, below(200)) : some_value(below(100), below(200));
  }

  void write() {
    const unsigned kind = below(4);
    if (kind == 0) return write_batch();
    const std::string key = any_key();
    if (kind == 1) {
      EXPECT_TRUE(says(model_.erase(key) == 1, ordered_->erase(key, kBuffered)));
    } else {
      model_[key] = any_value();
      put_ordered(key, model_[key]);
    }
  }

  void write_batch() {
    Batch batch;
    for (int i = 0; i < 5; ++i) {
      const std::string key = any_key();
      if (below(2) == 0) {
        batch.erase(*ordered_, key);
        model_.erase(key);
      } else {
        const std::string value = any_value();
        batch.put(*ordered_, key, value);
        model_[key] = value;
      }
    }
    EXPECT_TRUE(ok(store_->commit(batch, kBuffered)));
  }

  [[nodiscard]] KvRange any_range() {
    KvRange range{.reverse = below(2) == 0};
    if (below(2) == 0) range.from = any_key();
    if (below(2) == 0) range.to = any_key();
    if (below(3) == 0) range.prefix = any_key();
    range.from_inclusive = below(2) == 0;
    range.to_inclusive = below(2) == 0;
    return range;
  }

  [[nodiscard]] static Entries entries_of(const Model& model, const KvRange& range) {
    Entries entries;
    for (const auto& [key, value] : model) {
      if (range.from && (key < *range.from || (key == *range.from && !range.from_inclusive))) continue;
      if (range.to && (key > *range.to || (key == *range.to && !range.to_inclusive))) continue;
      if (key.starts_with(range.prefix)) entries.emplace_back(key, value);
    }
    return range.reverse ? reversed(entries) : entries;
  }

  /// A cursor that goes to and fro stands where an index into the list would.
  void check_moves(KvCursor& cursor, const Entries& expected, bool reverse) {
    constexpr std::size_t kNowhere = SIZE_MAX;
    std::size_t at = kNowhere;
    for (int move = 0; move < 12; ++move) {
      Result<bool> stands = false;
      if (const unsigned kind = below(4); kind == 0) {
        const std::string key = any_key();
        at = 0;
        while (at < expected.size() && (reverse ? expected[at].first > key : expected[at].first < key)) ++at;
        stands = cursor.seek(key);
      } else if (kind == 1) {
        if (at != kNowhere) --at;  // beyond the begin it is nowhere
        stands = cursor.previous();
      } else {
        if (at != kNowhere) ++at;
        stands = cursor.next();
      }
      if (at >= expected.size()) at = kNowhere;
      ASSERT_TRUE(says(at != kNowhere, stands));
      ASSERT_EQ(cursor.valid(), at != kNowhere);
      if (at == kNowhere) continue;
      ASSERT_EQ(cursor.key(), expected[at].first);
      ASSERT_EQ(cursor.value().value(), expected[at].second);
    }
  }

  template <class Source>
  void check(const Source& source, const Model& model) {
    for (int i = 0; i < 4; ++i) {
      const KvRange range = any_range();
      const Entries expected = entries_of(model, range);
      ASSERT_EQ(ranged(source, range), expected);
      ASSERT_EQ(source.count(range).value(), expected.size());
      auto cursor = source.cursor(range);
      ASSERT_TRUE(ok(cursor));
      check_moves(*cursor, expected, range.reverse);
      ASSERT_EQ(walked_back(*cursor), reversed(expected));
    }
    ASSERT_EQ(ranged(source), entries_of(model, {}));
  }

  std::mt19937 random_{7};
  Model model_;
  std::deque<Moment> moments_;
};
INSTANTIATE_TEST_SUITE_P(, KvOrderedModel, ::testing::ValuesIn(all_backends()), row_name);

TEST_P(KvOrderedModel, AgreesWithTheSpaceAndItsSnapshots) {
  for (int round = 0; round < 60; ++round) {
    for (int i = 0; i < 6; ++i) write();
    ASSERT_NO_FATAL_FAILURE(check(*ordered_, model_));
    if (round % 4 == 0) {
      auto snapshot = ordered_->snapshot();
      ASSERT_TRUE(ok(snapshot));
      moments_.push_back({std::move(*snapshot), model_});
    }
    if (moments_.size() > 5) moments_.erase(moments_.begin() + below(5));
    const Moment& moment = moments_[below(static_cast<unsigned>(moments_.size()))];
    ASSERT_NO_FATAL_FAILURE(check(moment.snapshot, moment.model));
    if (round % 20 != 19 || !GetParam()->capabilities.has_path) continue;
    moments_.clear();
    round % 40 == 19 ? close() : kill();
    open_all();
    ASSERT_NO_FATAL_FAILURE(check(*ordered_, model_));
    auto snapshot = ordered_->snapshot();
    ASSERT_TRUE(ok(snapshot));
    moments_.push_back({std::move(*snapshot), model_});
  }
}

}  // namespace
}  // namespace holdfast
