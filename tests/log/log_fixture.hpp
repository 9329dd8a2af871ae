#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <holdfast/holdfast.hpp>

#include "kv/kv_fixture.hpp"

namespace holdfast {

/// Whether record `id` of `stream` is exactly `payload`.
[[nodiscard]] inline ::testing::AssertionResult holds(const Log& stream, LogId id, std::string_view payload) {
  const auto found = stream.read(id);
  if (!found) return ok(found);
  if (found->id != id) return ::testing::AssertionFailure() << "record " << found->id << " instead of " << id;
  if (found->payload == payload) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure()
         << "record " << id << " is " << shown(found->payload) << " instead of " << shown(payload);
}

/// Whether an operation has answered exactly that id.
[[nodiscard]] inline ::testing::AssertionResult is_id(LogId expected, const Result<LogId>& answer) {
  if (!answer) return ok(answer);
  if (*answer == expected) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "id " << *answer << " instead of " << expected;
}

/// All payloads from `from` on, as a scan visits them; a complaint if it does so out of order.
[[nodiscard]] inline Result<std::vector<std::string>> scanned(const Log& stream, LogId from = 1) {
  std::vector<std::string> payloads;
  LogId expected = from;
  const auto end = stream.scan(from, [&](const LogEntryView& entry) {
    EXPECT_EQ(entry.id, expected++);
    payloads.emplace_back(entry.payload);
    return true;
  });
  if (!end) return Unexpected(end.error());
  EXPECT_EQ(*end, expected);
  return payloads;
}

/// Whether the stream is exactly `payloads`, read in every way.
[[nodiscard]] inline ::testing::AssertionResult holds_all(const Log& stream,
                                                          const std::vector<std::string>& payloads) {
  if (auto next = is_id(payloads.size() + 1, stream.next_id()); !next) return next << " as the next id";
  if (auto first = is_id(1, stream.first_id()); !first) return first << " as the first id";
  const auto found = scanned(stream);
  if (!found) return ok(found);
  if (found->size() != payloads.size())
    return ::testing::AssertionFailure() << found->size() << " records instead of " << payloads.size();
  for (std::size_t i = 0; i < payloads.size(); ++i) {
    if ((*found)[i] != payloads[i])
      return ::testing::AssertionFailure() << "a scan shows " << shown((*found)[i]) << " as record " << i + 1
                                           << " instead of " << shown(payloads[i]);
    if (auto read = holds(stream, i + 1, payloads[i]); !read) return read;
  }
  return ::testing::AssertionSuccess();
}

/// A small store on the row's medium with one stream.
class LogTest : public ::testing::TestWithParam<BackendRow> {
 protected:
  LogTest() : directory_(GetParam()->root) {
    options_.backend = backend_of(GetParam());
    options_.emulate_pmem = true;
    options_.size_bytes = kTestSizeBytes;
    options_.max_size_bytes = kTestMaxSizeBytes;
    options_.segment_size_bytes = 64 << 10;
    options_.recovery_threads = 2;
  }

  void SetUp() override { open(); }

  void open() {
    auto opened = Store::open(directory_.store(), options_);
    ASSERT_TRUE(ok(opened));
    store_.emplace(std::move(*opened));
    stream_.emplace(stream("stream"));
  }

  [[nodiscard]] Log stream(std::string_view name, LogOptions options = {}) {
    auto opened = store_->log(name, options);
    if (!opened) throw std::runtime_error(opened.error().to_string());  // ends the test
    return std::move(*opened);
  }

  void close() {
    ASSERT_TRUE(ok(store_->close()));
    store_.reset();
  }

  /// As if the process had ended here.
  void kill() { store_.reset(); }

  /// Appends `payload` as the next record of the stream, and remembers it.
  void append(std::string_view payload, WriteOptions options = kBuffered) {
    payloads_.emplace_back(payload);
    ASSERT_TRUE(is_id(payloads_.size(), stream_->append(payload, options)));
  }

  TestDirectory directory_;
  Options options_;
  std::optional<Store> store_;
  std::optional<Log> stream_;
  std::vector<std::string> payloads_;  ///< What append() has appended.
};

}  // namespace holdfast
