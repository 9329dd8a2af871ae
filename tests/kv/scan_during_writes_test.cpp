// Scans beside writers that never stop: whatever the interleaving, what is promised holds.

#include "kv_suites.hpp"

#include <atomic>
#include <map>
#include <thread>
#include <vector>

namespace holdfast::kv_suites {
namespace {

constexpr int kStableKeys = 200;
constexpr int kScans = 15;
constexpr int kWritesPerScan = 2'000;

/// Writers that work as long as there is leave to, so that nothing fills up however slow the scans are.
class BusySpace {
 public:
  explicit BusySpace(holdfast::Kv& space) : space_(space) {
    for (int i = 0; i < kStableKeys; ++i) write("stable " + std::to_string(i), "0");
  }
  ~BusySpace() {
    stop_ = true;
    for (std::thread& writer : writers_) writer.join();
  }

  /// Values of a stable key only rise.
  void update_stable_keys() {
    writers_.emplace_back([this] {
      for (int round = 1; !stop_; ++round)
        for (int i = 0; i < kStableKeys && take_leave(); ++i)
          write("stable " + std::to_string(i), std::to_string(round));
    });
  }

  void insert_and_erase_others() {
    writers_.emplace_back([this] {
      for (int round = 0; take_leave(); ++round) {
        const std::string key = "fleeting " + std::to_string(round % 100);
        write(key, std::string(static_cast<std::size_t>(round % 500), 'f'));
        if (round % 3 == 0) continue;
        EXPECT_TRUE(ok(space_.erase(key, kBuffered)));
      }
    });
  }

  void allow(int writes) { leave_ += writes; }
  void await_all_written() const {
    while (leave_ > 0) std::this_thread::yield();
  }

 private:
  [[nodiscard]] bool take_leave() {
    while (!stop_) {
      if (leave_.fetch_sub(1) > 0) return true;
      ++leave_;
      std::this_thread::yield();
    }
    return false;
  }

  void write(const std::string& key, const std::string& value) {
    EXPECT_TRUE(ok(space_.put(key, value, kBuffered)));
  }

  holdfast::Kv& space_;
  std::atomic<bool> stop_{false};
  std::atomic<int> leave_{0};
  std::vector<std::thread> writers_;
};

TEST_P(Kv, ScanBesideWritersShowsEveryStableKeyExactlyOnceAndNoneTwice) {
  BusySpace busy(*space_);
  busy.update_stable_keys();
  busy.update_stable_keys();
  busy.insert_and_erase_others();
  for (int scan = 0; scan < kScans; ++scan) {
    busy.allow(kWritesPerScan);
    std::map<std::string, int> visits;
    const auto scanned = space_->scan("", [&](std::string_view key, std::string_view) {
      ++visits[std::string(key)];
      return true;
    });
    ASSERT_TRUE(ok(scanned));
    int stable = 0;
    for (const auto& [key, count] : visits) {
      EXPECT_EQ(count, 1) << key;
      stable += key.starts_with("stable");
    }
    ASSERT_EQ(stable, kStableKeys);
  }
}

TEST_P(Kv, ScansOneAfterTheOtherNeverShowAnOlderValueAfterANewer) {
  BusySpace busy(*space_);
  busy.update_stable_keys();
  std::map<std::string, int> newest;
  for (int scan = 0; scan < kScans; ++scan) {
    busy.allow(kWritesPerScan);
    ASSERT_TRUE(ok(space_->scan("stable", [&](std::string_view key, std::string_view value) {
      int& seen = newest[std::string(key)];
      const int now = std::stoi(std::string(value));
      EXPECT_GE(now, seen) << key;
      seen = now;
      return true;
    })));
    busy.await_all_written();
  }
}

TEST_P(Kv, ScansFromSeveralThreadsDoNotDisturbEachOther) {
  BusySpace busy(*space_);
  busy.update_stable_keys();
  busy.allow(kScans * kWritesPerScan);
  std::vector<std::thread> scanners;
  for (int scanner = 0; scanner < 3; ++scanner)
    scanners.emplace_back([&] {
      for (int scan = 0; scan < kScans / 3; ++scan) {
        int stable = 0;
        EXPECT_TRUE(
            ok(space_->scan("stable", [&](std::string_view, std::string_view) { return ++stable > 0; })));
        EXPECT_EQ(stable, kStableKeys);
      }
    });
  for (std::thread& scanner : scanners) scanner.join();
}

TEST_P(Kv, VerifyBesideWritersFindsNoDamage) {
  BusySpace busy(*space_);
  busy.update_stable_keys();
  busy.insert_and_erase_others();
  for (int round = 0; round < kScans; ++round) {
    busy.allow(kWritesPerScan);
    const auto report = store_->verify();
    ASSERT_TRUE(ok(report));
    EXPECT_TRUE(report->damage.empty()) << report->damage.front().message;
  }
}

// What a scan holds back is bounded by what may be written beside it, however slow it is.
TEST_P(Kv, LargeValuesAreWholeWhileTheyAreReplaced) {
  constexpr int kWritesPerRound = 200;
  std::atomic<bool> stop{false};
  std::atomic<int> leave{0};
  for (unsigned i = 0; i < 3; ++i) put("large " + std::to_string(i), some_value(150'000, i));
  std::thread writer([&] {
    for (unsigned round = 0; !stop;) {
      if (leave <= 0) {
        std::this_thread::yield();
        continue;
      }
      --leave;
      EXPECT_TRUE(
          ok(space_->put("large " + std::to_string(round % 3), some_value(150'000, round), kBuffered)));
      round = (round + 1) % 200;
    }
  });
  for (int round = 0; round < 40; ++round) {
    leave = kWritesPerRound;
    const auto is_whole = [](std::string_view value) {
      return value == some_value(150'000, static_cast<unsigned char>(value[0]));
    };
    const auto value = space_->get("large 1");
    ASSERT_TRUE(value && *value);
    EXPECT_TRUE(is_whole(**value));
    int visits = 0;
    EXPECT_TRUE(ok(space_->scan("", [&](std::string_view, std::string_view shown_value) {
      EXPECT_TRUE(is_whole(shown_value));
      return ++visits > 0;
    })));
    EXPECT_EQ(visits, 3);
  }
  stop = true;
  writer.join();
}

}  // namespace
}  // namespace holdfast::kv_suites
