#include <holdfast/error.hpp>
#include <holdfast/report.hpp>

#include <gtest/gtest.h>

#include <thread>

#include "common/base/error_latch.hpp"
#include "contract/storage_test_support.hpp"

namespace holdfast {
namespace {

TEST(ErrorCode, NumbersAndNamesArePinned) {
  const std::vector<std::pair<int, std::string_view>> pinned{
      {1, "not_found"}, {2, "exists"},        {3, "invalid_argument"},  {4, "out_of_bounds"},
      {5, "too_large"}, {6, "no_space"},      {7, "corruption"},        {8, "io"},
      {9, "locked"},    {10, "busy"},         {11, "version_mismatch"}, {12, "read_only"},
      {13, "closed"},   {14, "not_supported"},    {15, "no_memory"}};
  for (const auto& [number, text] : pinned) EXPECT_EQ(name(static_cast<ErrorCode>(number)), text);
  EXPECT_EQ(static_cast<int>(ErrorCode::not_found), 1);
  EXPECT_EQ(static_cast<int>(ErrorCode::not_supported), 14);
  EXPECT_EQ(static_cast<int>(ErrorCode::no_memory), 15);
  EXPECT_EQ(name(static_cast<ErrorCode>(16)), "unknown");
  EXPECT_EQ(name(static_cast<ErrorCode>(0)), "unknown");
}

TEST(SpaceKindName, IsAsWrittenInTheEnum) {
  EXPECT_EQ(name(SpaceKind::catalog), "catalog");
  EXPECT_EQ(name(SpaceKind::kv), "kv");
  EXPECT_EQ(name(SpaceKind::log), "log");
  EXPECT_EQ(name(SpaceKind::region), "region");
  EXPECT_EQ(name(static_cast<SpaceKind>(9)), "unknown");
}

TEST(ErrorText, HoldsWhatIsKnownAndNothingElse) {
  Error error{.code = ErrorCode::io, .message = "cannot sync"};
  EXPECT_EQ(error.to_string(), "cannot sync");
  error.path = "/data/app.hf";
  EXPECT_EQ(error.to_string(), "/data/app.hf: cannot sync");
  error.offset = 4096;
  EXPECT_EQ(error.to_string(), "/data/app.hf: cannot sync (offset 4096)");
  error.expected = "X";
  error.found = "Y";
  EXPECT_EQ(error.to_string(), "/data/app.hf: cannot sync (offset 4096, expected X, found Y)");
  error.offset = 0;
  EXPECT_EQ(error.to_string(), "/data/app.hf: cannot sync (expected X, found Y)");
}

TEST(ErrorLatch, IsOpenUntilTheFirstError) {
  ErrorLatch latch;
  EXPECT_FALSE(latch.set());
  EXPECT_TRUE(ok(latch.check()));
}

TEST(ErrorLatch, KeepsTheFirstErrorForEver) {
  ErrorLatch latch;
  EXPECT_EQ(latch.latch({.code = ErrorCode::io, .message = "first"}).message, "first");
  EXPECT_EQ(latch.latch({.code = ErrorCode::no_space, .message = "second"}).message, "first");
  ASSERT_TRUE(fails_with(ErrorCode::io, latch.check()));
  EXPECT_EQ(latch.check().error().message, "first");
}

TEST(ErrorLatch, ManyThreadsAgreeOnOneFirstError) {
  ErrorLatch latch;
  std::vector<std::string> kept(8);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kept.size(); ++i)
    threads.emplace_back(
        [&, i] { kept[i] = latch.latch({.code = ErrorCode::io, .message = std::to_string(i)}).message; });
  for (std::thread& thread : threads) thread.join();
  for (const std::string& message : kept) EXPECT_EQ(message, latch.check().error().message);
}

}  // namespace
}  // namespace holdfast
