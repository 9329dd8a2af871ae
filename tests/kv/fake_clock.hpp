#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

namespace holdfast {

/// A clock that goes as a test wants it to. Copies of what Options get outlive the test's store.
class FakeClock {
 public:
  static constexpr std::uint64_t kBeginUs = 1'700'000'000'000'000;

  [[nodiscard]] std::function<std::uint64_t()> function() const {
    return [now = now_us_] { return now->load(); };
  }
  [[nodiscard]] std::uint64_t now_us() const { return now_us_->load(); }
  void set_us(std::uint64_t now_us) { now_us_->store(now_us); }
  void advance_ms(std::uint64_t ms) { now_us_->fetch_add(ms * 1000); }
  void set_back_ms(std::uint64_t ms) { now_us_->fetch_sub(ms * 1000); }

 private:
  std::shared_ptr<std::atomic<std::uint64_t>> now_us_ = std::make_shared<std::atomic<std::uint64_t>>(kBeginUs);
};

}  // namespace holdfast
