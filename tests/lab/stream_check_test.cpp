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

}  // namespace
}  // namespace holdfast::lab
