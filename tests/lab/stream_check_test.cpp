// The model of a stream: what it must refuse, so that silence of the lab means something.

#include <gtest/gtest.h>

#include "history.hpp"

namespace holdfast::lab {
namespace {

Value v(const char* text) { return intern(text); }

/// A history on a store with a stream of one record and a space, and a clock.
class StreamCheckTest : public ::testing::Test {
 protected:
  StreamCheckTest() { history_.start_era(contents({"old"}), 0); }

  [[nodiscard]] static Contents contents(const std::vector<const char*>& payloads,
                                         const char* key_value = "0") {
    Contents contents{{"keys", {{"key", v(key_value)}}}, {"log", {}}};
    for (std::size_t i = 0; i < payloads.size(); ++i) contents["log"][std::to_string(i + 1)] = v(payloads[i]);
    return contents;
  }

  std::size_t begun(const std::vector<const char*>& payloads, Durability durability = Durability::immediate,
                    std::uint32_t thread = 0, const char* key_value = nullptr) {
    Operation operation{.thread = thread, .changes = {}};
    for (const char* payload : payloads) operation.changes.push_back({"log", {}, v(payload), true});
    if (key_value != nullptr) operation.changes.push_back({"keys", "key", v(key_value)});
    operation.durability = durability;
    operation.began = events_;
    events_ += 2;
    return history_.begin(std::move(operation));
  }
  void done(const std::vector<const char*>& payloads, std::uint64_t first_id,
            Durability durability = Durability::immediate, std::uint32_t thread = 0) {
    const auto id = begun(payloads, durability, thread);
    history_.set_first_id(id, first_id);
    history_.acknowledge(id, events_);
  }
  [[nodiscard]] bool allows(const Contents& contents) const {
    return history_.check(contents, events_).empty();
  }

  History history_;
  std::uint64_t events_ = 0;
};

TEST_F(StreamCheckTest, WhatWasThereMustStay) {
  EXPECT_TRUE(allows(contents({"old"})));
  EXPECT_FALSE(allows(contents({})));
  begun({"a"});
  EXPECT_FALSE(allows(contents({})));
  EXPECT_FALSE(allows(contents({"a"})));
  EXPECT_FALSE(allows(contents({"a", "old"})));
}

TEST_F(StreamCheckTest, AcknowledgedMustBeThereUnderItsId) {
  done({"a"}, 2);
  EXPECT_TRUE(allows(contents({"old", "a"})));
  EXPECT_FALSE(allows(contents({"old"})));
  EXPECT_FALSE(allows(contents({"old", "b"})));
  EXPECT_FALSE(allows(contents({"old", "a", "a"})));
}

TEST_F(StreamCheckTest, BufferedGoAsAPrefix) {
  done({"a"}, 2, Durability::buffered, 0);
  done({"b"}, 3, Durability::buffered, 1);
  EXPECT_TRUE(allows(contents({"old"})));
  EXPECT_TRUE(allows(contents({"old", "a"})));
  EXPECT_TRUE(allows(contents({"old", "a", "b"})));
  EXPECT_FALSE(allows(contents({"old", "b"})));
  EXPECT_FALSE(allows(contents({"old", "b", "a"})));
}

TEST_F(StreamCheckTest, OneThreadsAppendsKeepTheirOrderBeforeTheirIdsAreTold) {
  begun({"a"});
  begun({"b"});
  EXPECT_TRUE(allows(contents({"old", "a"})));
  EXPECT_FALSE(allows(contents({"old", "b"})));
  EXPECT_FALSE(allows(contents({"old", "b", "a"})));
}

TEST_F(StreamCheckTest, BatchesAreAllOrNothing) {
  begun({"a", "b"});
  EXPECT_TRUE(allows(contents({"old"})));
  EXPECT_TRUE(allows(contents({"old", "a", "b"})));
  EXPECT_FALSE(allows(contents({"old", "a"})));
  EXPECT_FALSE(allows(contents({"old", "b"})));
  EXPECT_FALSE(allows(contents({"old", "b", "a"})));
}

TEST_F(StreamCheckTest, WithKeysToo) {
  begun({"a"}, Durability::immediate, 0, "1");
  EXPECT_TRUE(allows(contents({"old"}, "0")));
  EXPECT_TRUE(allows(contents({"old", "a"}, "1")));
  EXPECT_FALSE(allows(contents({"old", "a"}, "0")));
  EXPECT_FALSE(allows(contents({"old"}, "1")));
}

TEST_F(StreamCheckTest, WhatAReaderWasShownMustStay) {
  begun({"a"});
  EXPECT_TRUE(allows(contents({"old"})));
  history_.note_shown("log", 2, events_);
  EXPECT_FALSE(allows(contents({"old"})));
  EXPECT_TRUE(allows(contents({"old", "a"})));
  EXPECT_TRUE(history_.check(contents({"old"}), events_ - 1).empty());  // a crash before it was shown
}

TEST_F(StreamCheckTest, ACutTakesTheBeginAndNothingElse) {
  done({"a"}, 2);
  done({"b", "c"}, 3);
  const auto cut_behind = [&](std::uint64_t gone, const std::vector<const char*>& payloads) {
    Contents found{{"keys", {{"key", v("0")}}}, {"log", {{std::to_string(gone), nullptr}}}};
    for (const char* payload : payloads) found["log"][std::to_string(++gone)] = v(payload);
    return found;
  };
  EXPECT_FALSE(allows(cut_behind(2, {"b", "c"}))) << "nobody has cut it";
  Operation cut{.changes = {}, .cuts_stream = "log", .cuts_before = 4};
  cut.began = events_;
  const auto id = history_.begin(std::move(cut));
  ++events_;
  EXPECT_TRUE(allows(contents({"old", "a", "b", "c"})));
  EXPECT_TRUE(allows(cut_behind(3, {"c"}))) << "through a batch";
  EXPECT_FALSE(allows(cut_behind(2, {"b", "c"}))) << "another cut than was asked for";
  EXPECT_FALSE(allows(cut_behind(3, {}))) << "what lies behind must stay";
  history_.acknowledge(id, ++events_);
  EXPECT_FALSE(allows(contents({"old", "a", "b", "c"}))) << "it was durable";
  EXPECT_TRUE(allows(cut_behind(3, {"c"})));
  done({"d"}, 5);
  EXPECT_TRUE(allows(cut_behind(3, {"c", "d"})));
  EXPECT_FALSE(allows(cut_behind(3, {"c"})));
  EXPECT_FALSE(allows(cut_behind(3, {"d"}))) << "under another id";
}

TEST_F(StreamCheckTest, ACutOfTheEndLeavesItsGapAndNoOther) {
  done({"a"}, 2);
  done({"b", "c"}, 3);
  const auto gone = "(gone)";
  EXPECT_FALSE(allows(contents({"old", "a", "b", gone}))) << "nobody has cut it";
  Operation cut{.changes = {}, .end_cuts = {{"log", 4, 5}}};
  cut.began = events_;
  const auto id = history_.begin(std::move(cut));
  ++events_;
  EXPECT_TRUE(allows(contents({"old", "a", "b", "c"})));
  EXPECT_TRUE(allows(contents({"old", "a", "b", gone}))) << "through a batch";
  EXPECT_FALSE(allows(contents({"old", "a", gone, gone}))) << "more than was asked for";
  EXPECT_FALSE(allows(contents({"old", "a", "b"}))) << "ids stay taken";
  history_.acknowledge(id, ++events_);
  EXPECT_FALSE(allows(contents({"old", "a", "b", "c"}))) << "it was durable";
  EXPECT_TRUE(allows(contents({"old", "a", "b", gone})));
  done({"d"}, 5);
  EXPECT_TRUE(allows(contents({"old", "a", "b", gone, "d"})));
  EXPECT_FALSE(allows(contents({"old", "a", "b", "d"}))) << "under another id";
  EXPECT_FALSE(allows(contents({"old", "a", "b", gone, gone})));
}

TEST_F(StreamCheckTest, ACompactionLeavesOutWhatItWasAskedForAndNothingElse) {
  done({"a"}, 2);
  done({"b"}, 3);
  const auto without = [&](const std::vector<const char*>& gone, const std::vector<const char*>& payloads) {
    Contents found = contents(payloads);
    for (const char* id : gone) found["log"][id] = v("(gone)");
    return found;
  };
  EXPECT_FALSE(allows(without({"1"}, {"old", "a", "b"}))) << "nobody has compacted it";
  Operation thinning{.changes = {}, .thins_stream = "log", .thinned = {{1, v("old")}, {2, v("a")}}, .thinned_for = 3};
  thinning.began = events_;
  const auto id = history_.begin(std::move(thinning));
  ++events_;
  EXPECT_TRUE(allows(contents({"old", "a", "b"})));
  EXPECT_TRUE(allows(without({"1", "2"}, {"old", "a", "b"})));
  EXPECT_FALSE(allows(without({"1", "2"}, {"old", "a"}))) << "what has replaced it must be there";
  EXPECT_FALSE(allows(without({"2"}, {"old", "a", "c"}))) << "what stays must be what it was";
  history_.acknowledge(id, ++events_);
  EXPECT_FALSE(allows(contents({"old", "a", "b"}))) << "it was durable";
  EXPECT_FALSE(allows(without({"1"}, {"old", "a", "b"}))) << "as a whole";
  EXPECT_TRUE(allows(without({"1", "2"}, {"old", "a", "b"})));
  done({"d"}, 4);
  EXPECT_TRUE(allows(without({"1", "2"}, {"old", "a", "b", "d"})));
  EXPECT_FALSE(allows(without({"1", "2", "3"}, {"old", "a", "b", "d"}))) << "nor anything else";
}

}  // namespace
}  // namespace holdfast::lab
