#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "raw.hpp"

namespace holdfast::bench {
namespace {

class Waker final : public RawLimit {
 public:
  Waker() : sleeper_([this] { answer(); }) {}

  ~Waker() override {
    {
      const std::lock_guard lock(mutex_);
      ends_ = true;
    }
    asked_for_.notify_one();
  }

  Result<void> run(Lane& lane) override {
    for (std::size_t i = 0; i < lane.ids.size(); ++i) {
      std::this_thread::sleep_for(kFallAsleep);
      lane.time([&] {
        const std::uint64_t mine = ask();
        while (answered_.load(std::memory_order_acquire) < mine) std::this_thread::yield();
      });
    }
    return {};
  }

  bool durable() const noexcept override { return false; }
  std::string_view route() const noexcept override { return "a thread that sleeps on a condition variable"; }

 private:
  std::uint64_t ask() {
    std::uint64_t mine = 0;
    {
      const std::lock_guard lock(mutex_);
      mine = ++asked_;
    }
    asked_for_.notify_one();
    return mine;
  }

  void answer() {
    std::unique_lock lock(mutex_);
    while (!ends_) {
      const std::uint64_t answered = answered_.load(std::memory_order_relaxed);
      asked_for_.wait(lock, [&] { return ends_ || asked_ != answered; });
      answered_.store(asked_, std::memory_order_release);
    }
  }

  std::mutex mutex_;
  std::condition_variable asked_for_;
  std::uint64_t asked_ = 0;
  bool ends_ = false;
  std::atomic<std::uint64_t> answered_{0};
  std::jthread sleeper_;  // last: it uses all the others, and is joined first
};

}  // namespace

std::unique_ptr<RawLimit> make_raw_waker() { return std::make_unique<Waker>(); }

}  // namespace holdfast::bench
