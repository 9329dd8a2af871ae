#include <algorithm>
#include <atomic>
#include <cstring>
#include <thread>

#include "region_suites.hpp"

namespace holdfast::region_suites {
namespace {

TEST_P(RegionOn, TenThreadsAppendAThousandTimesEachAndLoseNothing) {
  struct Record {
    std::uint32_t thread;
    std::uint32_t number;
  };
  constexpr unsigned kThreads = 10;
  constexpr std::uint32_t kEach = 1'000;
  std::vector<std::vector<std::uint64_t>> offsets(kThreads);
  in_threads(kThreads, [&](unsigned thread) {
    for (std::uint32_t number = 0; number < kEach; ++number) {
      const Record record{thread, number};
      const auto offset = region_->append(std::as_bytes(std::span(&record, 1)));
      ASSERT_TRUE(ok(offset));
      offsets[thread].push_back(*offset);
      Record read{};  // what has returned can be read
      ASSERT_TRUE(ok(region_->read_at(*offset, std::as_writable_bytes(std::span(&read, 1)))));
      ASSERT_EQ(std::memcmp(&read, &record, sizeof read), 0);
    }
  });
  EXPECT_EQ(region_->size(), sizeof(Record) * kThreads * kEach);
  std::vector<std::uint64_t> all;
  for (const auto& own : offsets) {
    EXPECT_TRUE(std::is_sorted(own.begin(), own.end()));
    all.insert(all.end(), own.begin(), own.end());
  }
  std::sort(all.begin(), all.end());
  EXPECT_EQ(std::adjacent_find(all.begin(), all.end()), all.end());
}

TEST_P(RegionOn, AReaderNeverSeesBytesThatNobodyWrote) {
  std::atomic<bool> stop{false};
  std::thread reader([&] {
    while (!stop) {
      const std::uint64_t size = region_->size().value_or(0);
      std::string bytes(size, '\0');
      ASSERT_TRUE(ok(region_->read_at(0, std::as_writable_bytes(std::span(bytes)))));
      ASSERT_EQ(bytes.find_first_not_of('x'), std::string::npos);
    }
  });
  in_threads(4, [&](unsigned thread) {
    const std::string piece(thread * 97 + 1, 'x');
    for (int i = 0; i < 300; ++i) ASSERT_TRUE(ok(region_->append(bytes_of_text(piece))));
  });
  stop = true;
  reader.join();
}

TEST_P(RegionOn, DurableAppendsOfManyThreadsShareTheirSyncs) {
  constexpr unsigned kThreads = 8;
  constexpr int kEach = 20;
  in_threads(kThreads, [&](unsigned) {
    for (int i = 0; i < kEach; ++i) ASSERT_TRUE(ok(region_->append(bytes_of_text("12345678"), kImmediate)));
  });
  EXPECT_EQ(region_->size(), 8u * kThreads * kEach);
  EXPECT_EQ(region_->flush(), false);
}

TEST_P(RegionOn, GrowingReadingFlushingTruncatingAndRenamingAtOnce) {
  std::atomic<bool> stop{false};
  std::thread reader([&] {
    char into[16];
    while (!stop) {
      const auto size = region_->size();
      if (size && *size >= sizeof into)
        static_cast<void>(region_->view(*size - sizeof into, sizeof into));  // may be cut meanwhile
    }
  });
  std::thread flusher([&] {
    while (!stop) ASSERT_TRUE(ok(region_->flush()));
  });
  std::thread renamer([&] {
    for (unsigned i = 0; !stop; ++i) ASSERT_TRUE(ok(region_->rename(i % 2 == 0 ? "even" : "odd")));
  });
  in_threads(2, [&](unsigned) {
    for (int i = 0; i < 200; ++i) {
      ASSERT_TRUE(ok(region_->append(bytes_of_text(some_bytes(1'000)))));
      if (i % 20 == 0) {
        ASSERT_TRUE(ok(region_->truncate(100)));
      }
    }
  });
  stop = true;
  for (std::thread* const thread : {&reader, &flusher, &renamer}) thread->join();
  ASSERT_TRUE(ok(region_->truncate(0)));
  EXPECT_TRUE(holds(*region_, ""));
}

TEST_P(RegionOn, RemovalUnderWritersEndsThemWithNotFound) {
  constexpr std::uint64_t kSizeMin = 2'000;
  constexpr std::uint64_t kSizeMax = 2 * kMiB;  // who is to remove it may be late, and the room shall last
  for (int round = 0; round < 10; ++round) {
    Region victim = region("victim");
    std::vector<std::thread> writers;
    for (int i = 0; i < 3; ++i)
      writers.emplace_back([&victim] {
        for (;;) {
          const auto done = victim.size().value_or(0) > kSizeMax
                                ? victim.truncate(kSizeMin)
                                : victim.append(bytes_of_text(some_bytes(500))).map([](std::uint64_t) {});
          if (done) continue;
          ASSERT_EQ(done.error().code, ErrorCode::not_found);
          return;
        }
      });
    while (*victim.size() < kSizeMin) std::this_thread::yield();
    ASSERT_TRUE(ok(victim.remove()));
    for (std::thread& writer : writers) writer.join();
  }
}

// Whoever comes between the catalog's record and the directory must get the same region, not one of its own.
TEST_P(RegionOn, CreatedAndOpenedAtOnceIsOneRegion) {
  const std::string bytes = some_bytes(100);
  for (int i = 0; i < 1'000 && !HasFailure(); ++i) {
    const std::string name = "raced " + std::to_string(i);
    std::jthread creator([&] {
      const auto created = store_->create_region({.name = name, .bytes = bytes_of_text(bytes)});
      EXPECT_TRUE(ok(created));
    });
    auto opened = store_->region(name, {.mode = OpenMode::existing});
    while (!opened && opened.error().code == ErrorCode::not_found)
      opened = store_->region(name, {.mode = OpenMode::existing});
    creator.join();
    ASSERT_TRUE(ok(opened));
    ASSERT_TRUE(ok(opened->append(bytes_of_text(bytes))));
    EXPECT_TRUE(holds(region(name), bytes + bytes)) << name;
    ASSERT_TRUE(ok(opened->remove()));
  }
}

}  // namespace
}  // namespace holdfast::region_suites
