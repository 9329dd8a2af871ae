// Snapshots beside writers that never stop.

#include "kv_suites.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <thread>
#include <vector>

namespace holdfast::kv_suites {
namespace {

constexpr int kSnapshotKeys = 50;
constexpr int kSnapshots = 25;

/// A thread that puts number after number under the next of its keys, around and around, as long as there is leave to: of
/// any moment the keys hold kSnapshotKeys numbers in a row.
class Counting {
 public:
  Counting(holdfast::Kv& space, std::string prefix, std::size_t size_bytes)
      : space_(space), prefix_(std::move(prefix)), size_bytes_(size_bytes) {
    for (; next_ < kSnapshotKeys; ++next_) put();
    thread_ = std::thread([this] {
      while (!stop_) {
        if (next_ < limit_) {
          put();
          ++next_;
        } else {
          std::this_thread::yield();
        }
      }
    });
  }
  ~Counting() {
    stop_ = true;
    thread_.join();
  }

  void allow(int writes) { limit_ += writes; }
  [[nodiscard]] std::string key(int number) const { return prefix_ + std::to_string(number % kSnapshotKeys); }
  [[nodiscard]] int written() const { return next_; }

  /// Whether what was seen is a moment; it holds nothing of which a writer began later than it was taken.
  void check(const std::map<std::string, std::string>& seen) const {
    std::vector<int> numbers;
    for (const auto& [found, value] : seen) {
      if (!found.starts_with(prefix_)) continue;
      numbers.push_back(std::stoi(value));
      EXPECT_EQ(found, key(numbers.back()));
    }
    ASSERT_EQ(numbers.size(), static_cast<std::size_t>(kSnapshotKeys));
    const auto [least, greatest] = std::minmax_element(numbers.begin(), numbers.end());
    EXPECT_EQ(*greatest - *least, kSnapshotKeys - 1);
  }

 private:
  void put() {
    std::string value = std::to_string(next_) + " ";
    if (next_ % 10 == 0) value.resize(std::max(value.size(), size_bytes_), 'x');
    EXPECT_TRUE(ok(space_.put(key(next_), value, kBuffered)));
  }

  holdfast::Kv& space_;
  std::string prefix_;
  std::size_t size_bytes_;
  std::atomic<int> next_{0};
  std::atomic<int> limit_{kSnapshotKeys};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

std::map<std::string, std::string> content_of(const KvSnapshot& snapshot) {
  std::map<std::string, std::string> found;
  EXPECT_TRUE(ok(snapshot.scan("", [&](std::string_view key, std::string_view value) {
    EXPECT_TRUE(found.emplace(key, value).second) << key << " comes twice";
    return true;
  })));
  return found;
}

TEST_P(Kv, SnapshotsShowAMomentOfEachWriter) {
  Counting first(*space_, "first ", 0);
  Counting second(*space_, "second ", 0);
  for (int i = 0; i < kSnapshots; ++i) {
    first.allow(1'000);
    second.allow(1'000);
    const int written = first.written();
    auto snapshot = space_->snapshot();
    ASSERT_TRUE(ok(snapshot));
    const auto seen = content_of(*snapshot);
    first.check(seen);
    second.check(seen);
    EXPECT_GE(std::stoi(seen.at(first.key(written - 1))), written - 1);  // it had returned
    for (const auto& [key, value] : seen) EXPECT_EQ(snapshot->get(key).value(), value);
    EXPECT_EQ(content_of(*snapshot), seen);
  }
}

TEST_P(Kv, SnapshotsOfLargeValuesShowAMomentAndEachIsWhole) {
  Counting counting(*space_, "key ", 40'000);
  std::optional<KvSnapshot> oldest;
  std::map<std::string, std::string> seen_by_oldest;
  for (int i = 0; i < kSnapshots / 2; ++i) {
    counting.allow(300);
    auto snapshot = space_->snapshot();
    ASSERT_TRUE(ok(snapshot));
    const auto seen = content_of(*snapshot);
    counting.check(seen);
    for (const auto& [key, value] : seen) EXPECT_EQ(snapshot->get(key).value(), value);
    if (i != 0) continue;
    oldest = std::move(*snapshot);
    seen_by_oldest = seen;
  }
  EXPECT_EQ(content_of(*oldest), seen_by_oldest);
}

TEST_P(Kv, ThreadsMayShareASnapshot) {
  Counting counting(*space_, "key ", 0);
  counting.allow(20'000);
  auto snapshot = space_->snapshot();
  ASSERT_TRUE(ok(snapshot));
  const auto seen = content_of(*snapshot);
  counting.check(seen);
  std::vector<std::thread> readers;
  for (int reader = 0; reader < 3; ++reader)
    readers.emplace_back([&] {
      for (int round = 0; round < 5; ++round) {
        EXPECT_EQ(content_of(*snapshot), seen);
        for (const auto& [key, value] : seen) EXPECT_EQ(snapshot->get(key).value(), value);
      }
    });
  for (std::thread& reader : readers) reader.join();
}

}  // namespace
}  // namespace holdfast::kv_suites
