// A store that is 80 % full is updated for ever, by keys that come as often as Zipf's law says, beside a reader and scans,
// and its process is killed with SIGKILL again and again: cleaning must keep up, lose nothing, bring nothing back, and copy
// little. As in key_kill_loop_test.cpp nothing here proves a sync or a fence.

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <random>
#include <vector>

#include <holdfast/holdfast.hpp>

#include "contract/storage_test_support.hpp"
#include "killed_process.hpp"
#include "lanes/key_replay.hpp"
#include "lanes/zipf_operations.hpp"

namespace holdfast::kill {
namespace {

using lanes::Replay;
using lanes::ThreadState;

constexpr std::uint64_t kSeed = 80;
constexpr int kKills = 12;
constexpr std::uint64_t kFullPercent = 80;
constexpr double kWriteAmplificationMax = 2.5;
constexpr std::uint64_t kHangUs = 600'000'000;  // a slow disk is no hang

class FullStoreKill : public ::testing::TestWithParam<BackendRow> {
 protected:
  FullStoreKill() : directory_(GetParam()->root) {
    const char* seed = std::getenv("HOLDFAST_KILL_SEED");
    seed_ = seed != nullptr ? std::stoull(seed) : kSeed;
    for (std::uint32_t t = 0; t < kKeyThreads; ++t) replays_.emplace_back(seed_, t, lanes::zipf_operation_of);
    target_ = {.writer = HOLDFAST_FULL_WRITER, .threads = kKeyThreads, .path = directory_.path() / "store", .seed = seed_};
    const bool has_pages = GetParam()->capabilities.granularity == Granularity::page;
    target_.options.backend = has_pages ? Backend::file : Backend::pmem;
    target_.options.emulate_pmem = true;
    target_.options.segment_size_bytes = std::uint64_t{64} << 10;
    target_.options.size_bytes = size_bytes(has_pages ? 8 : 64);
  }

  /// All keys present fill kFullPercent of it. Pools come in steps of 2 MiB.
  [[nodiscard]] static std::uint64_t size_bytes(std::uint64_t alignment) {
    constexpr std::uint64_t kHeaderBytes = 48, kKeyBytes = 17, kStep = std::uint64_t{2} << 20;
    const std::uint64_t record = kHeaderBytes + kKeyBytes + lanes::kZipfValueSizeBytes + alignment / 2;
    const std::uint64_t all = record * lanes::kZipfKeysPerThread * kKeyThreads * 100 / kFullPercent;
    return (all + kStep - 1) / kStep * kStep;
  }

  void kill_once(std::mt19937_64& random) {
    page_->written_bytes.store(0);
    page_->moved_bytes.store(0);
    const std::uint64_t puts = GetParam()->capabilities.granularity == Granularity::page ? 2'000 : 15'000;
    const std::uint64_t first_puts = page_.acknowledged() == 0 ? lanes::kZipfKeysPerThread * kKeyThreads : 0;
    const Kill kill{.more = first_puts + puts + random() % puts, .wait_us = kHangUs};
    ASSERT_EQ(write_and_kill(target_, page_, kill), "");
    for (std::uint32_t t = 0; t < kKeyThreads; ++t) {
      auto& thread = page_->threads[t];
      replays_[t].died(thread.acknowledged.load(), thread.begun.load());
      thread.acknowledged.store(thread.begun.load());  // the next writer goes on behind it
    }
    written_bytes_ += page_->written_bytes.load();
    moved_bytes_ += page_->moved_bytes.load();
  }

  void check(const Kv& space) {
    std::vector<ThreadState> found(kKeyThreads);
    auto scanned = space.scan("", [&](std::string_view key, std::string_view value) {
      const auto number = lanes::number_in(key, value);
      EXPECT_TRUE(number) << "torn: '" << key << "'";
      const std::size_t thread = static_cast<std::size_t>(key[std::string_view("thread ").size()] - '0');
      EXPECT_TRUE(found.at(thread).emplace(key, lanes::Written{number.value_or(0), static_cast<std::uint32_t>(value.size())}).second)
          << "visited twice: '" << key << "'";
      return true;
    });
    ASSERT_TRUE(ok(scanned));
    for (std::uint32_t t = 0; t < kKeyThreads; ++t)
      if (!replays_[t].settle(found[t])) ADD_FAILURE() << "lost or come back: " << replays_[t].explain(found[t]);
  }

  void look(OpenMode mode, bool verifies) {
    Options options = target_.options;
    options.mode = mode;
    options.max_size_bytes = options.size_bytes;
    auto store = Store::open(target_.path, options);
    ASSERT_TRUE(ok(store));
    EXPECT_TRUE(store->recovery().damage.empty());
    const auto space = store->kv("full", {.mode = OpenMode::existing});
    ASSERT_TRUE(ok(space));
    check(*space);
    if (!verifies) return;
    const auto report = store->verify();
    ASSERT_TRUE(ok(report));
    EXPECT_TRUE(report->damage.empty());
    ASSERT_TRUE(ok(store->close()));
  }

  [[nodiscard]] double write_amplification() const {
    return 1 + static_cast<double>(moved_bytes_) / static_cast<double>(written_bytes_);
  }

  TestDirectory directory_;
  std::uint64_t seed_ = 0;
  Target target_;
  SharedPage page_;
  std::vector<Replay> replays_;
  std::uint64_t written_bytes_ = 0;
  std::uint64_t moved_bytes_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Media, FullStoreKill, ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)),
                         row_name);

TEST_P(FullStoreKill, CleaningLosesNothingBringsNothingBackAndCopiesLittle) {
  SCOPED_TRACE("HOLDFAST_KILL_SEED=" + std::to_string(seed_));
  std::mt19937_64 random(seed_);
  for (int i = 0; i < kKills && !HasFailure(); ++i) {
    SCOPED_TRACE("kill " + std::to_string(i));
    ASSERT_NO_FATAL_FAILURE(kill_once(random));
    if (i % 3 == 2) continue;  // the next writer recovers the crash
    ASSERT_NO_FATAL_FAILURE(look(i % 3 == 0 ? OpenMode::read_only : OpenMode::existing, false));
  }
  ASSERT_NO_FATAL_FAILURE(look(OpenMode::existing, true));
  ASSERT_NO_FATAL_FAILURE(look(OpenMode::read_only, false));
  EXPECT_GT(written_bytes_, target_.options.size_bytes) << "the store was not written over";
  EXPECT_GT(moved_bytes_, 0u);
  EXPECT_LE(write_amplification(), kWriteAmplificationMax);
  std::cout << "kill loop: full store, medium=" << GetParam()->name << ", kills=" << kKills
            << ", store=" << target_.options.size_bytes << ", written=" << written_bytes_ << ", copied=" << moved_bytes_
            << ", write amplification=" << write_amplification() << ", seed=" << seed_ << '\n';
}

}  // namespace
}  // namespace holdfast::kill
