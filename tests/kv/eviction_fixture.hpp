#pragma once

#include <cstdint>
#include <string>

#include "fake_clock.hpp"
#include "kv/kv_space.hpp"
#include "stream_fixture.hpp"

namespace holdfast::kv_suites {

/// Nobody evicts but writers, and who calls sweep().
class EvictionTest : public KvStreams {
 protected:
  static constexpr std::uint64_t kBound = 640;
  static constexpr std::uint64_t kBoundSlack = kBound / 16;

  [[nodiscard]] static std::string name_of(std::uint64_t number) { return "key " + std::to_string(number); }

  EvictionTest() {
    options_.sweep_interval_ms = 0;
    options_.clean_automatically = false;  // what it moves would go later
    options_.clock = clock_.function();
  }

  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(open());
    ASSERT_NO_FATAL_FAILURE(bound({.keys_max = kBound}));
  }
  void bound(const KvSettings& settings) { ASSERT_TRUE(ok(space_->set_settings(settings))); }
  void open_with_thread() {
    options_.sweep_interval_ms = 1;
    options_.clean_automatically = true;
    space_.reset();
    store_.reset();
    ASSERT_NO_FATAL_FAILURE(SetUp());
  }

  void put_number(std::uint64_t number, std::size_t size = 30) { put(name_of(number), some_value(size, number & 0xff)); }
  void put_numbers(std::uint64_t begin, std::uint64_t end) {
    for (std::uint64_t i = begin; i < end; ++i) ASSERT_NO_FATAL_FAILURE(put_number(i));
  }
  /// Behind it nobody evicts before the next write does.
  void sweep() { kv::space_of(*space_).sweep(); }

  [[nodiscard]] KvStatistics statistics() const {
    const auto statistics = space_->statistics();
    EXPECT_TRUE(ok(statistics));
    return statistics.value_or(KvStatistics{});
  }
  [[nodiscard]] bool is_there(std::uint64_t number) const {
    const auto found = space_->contains(name_of(number));
    EXPECT_TRUE(ok(found));
    return found.value_or(false);
  }
  [[nodiscard]] std::uint64_t count_there(std::uint64_t begin, std::uint64_t end) const {
    std::uint64_t count = 0;
    for (std::uint64_t i = begin; i < end; ++i) count += is_there(i) ? 1 : 0;
    return count;
  }
  void expect_whole() {
    const auto contents = contents_of(*space_);
    EXPECT_TRUE(has_size(*space_, contents.size()));
    for (const auto& [key, value] : contents) EXPECT_TRUE(holds(*space_, key, value));
    const auto report = store_->verify();
    ASSERT_TRUE(ok(report));
    EXPECT_TRUE(report->damage.empty());
  }

  FakeClock clock_;
};

}  // namespace holdfast::kv_suites
