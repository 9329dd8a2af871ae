#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include <holdfast/storage.hpp>

namespace holdfast {

/// Calls of a storage in which a thread can be stopped.
enum class GatedCall { at, write, commit, drain };

/// A thread that stops inside its `nth` call of one kind to a GatedStorage, until it is let go: two threads
/// meet in exactly the order that a test asks for, and nobody sleeps.
/// Threads: one, which makes and ends it.
class StoppedThread {
 public:
  /// Returns when `act` has come to the call, or has ended without one.
  StoppedThread(GatedCall call, int nth, std::function<void()> act) : call_(call), left_(nth) {
    thread_ = std::thread([this, work = std::move(act)] {
      current() = this;
      work();
      current() = nullptr;
      change(State::ended);
    });
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return state_ != State::runs; });
  }
  ~StoppedThread() { finish(); }
  StoppedThread(const StoppedThread&) = delete;
  StoppedThread& operator=(const StoppedThread&) = delete;

  /// Whether it stands in the call. False: it has ended.
  [[nodiscard]] bool is_stopped() {
    const std::lock_guard lock(mutex_);
    return state_ == State::stopped;
  }

  /// Lets it go and waits for its end.
  void finish() {
    {
      const std::lock_guard lock(mutex_);
      goes_on_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

  /// The storage's part: a thread that was told to stop here stops.
  static void pass(GatedCall call) noexcept {
    StoppedThread* const self = current();
    if (self != nullptr && self->call_ == call && --self->left_ == 0) self->stop();
  }

 private:
  enum class State { runs, stopped, ended };

  static StoppedThread*& current() noexcept {
    thread_local StoppedThread* self = nullptr;
    return self;
  }

  void change(State state) {
    const std::lock_guard lock(mutex_);
    state_ = state;
    changed_.notify_all();
  }

  void stop() {
    change(State::stopped);
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return goes_on_; });
    state_ = State::runs;
  }

  const GatedCall call_;
  int left_;          // the thread's own
  std::mutex mutex_;  // guards the two below
  std::condition_variable changed_;
  State state_ = State::runs;
  bool goes_on_ = false;
  std::thread thread_;
};

/// A storage whose calls stop the threads that were told to stop there. Otherwise as the one below.
class GatedStorage final : public Storage {
 public:
  explicit GatedStorage(std::unique_ptr<Storage> below) : below_(std::move(below)) {}

  [[nodiscard]] const StorageCapabilities& capabilities() const noexcept override {
    return below_->capabilities();
  }
  [[nodiscard]] std::string_view path() const noexcept override { return below_->path(); }
  [[nodiscard]] std::uint64_t size_bytes() const noexcept override { return below_->size_bytes(); }
  [[nodiscard]] const std::byte* at(std::uint64_t offset) const noexcept override {
    StoppedThread::pass(GatedCall::at);
    return below_->at(offset);
  }
  [[nodiscard]] Result<std::byte*> writable(ByteRange range) override { return below_->writable(range); }
  void protect(ByteRange range) noexcept override { below_->protect(range); }
  [[nodiscard]] Result<void> write(std::uint64_t offset, std::span<const std::byte> bytes) override {
    StoppedThread::pass(GatedCall::write);
    return below_->write(offset, bytes);
  }
  [[nodiscard]] Result<void> commit(std::span<const WriteRange> ranges) override {
    StoppedThread::pass(GatedCall::commit);
    return below_->commit(ranges);
  }
  [[nodiscard]] Result<void> flush(ByteRange range) override { return below_->flush(range); }
  [[nodiscard]] Result<void> drain() override {
    StoppedThread::pass(GatedCall::drain);
    return below_->drain();
  }
  [[nodiscard]] Result<void> sync(std::span<const ByteRange> ranges) override { return below_->sync(ranges); }
  [[nodiscard]] Result<void> grow(std::uint64_t size_bytes) override { return below_->grow(size_bytes); }
  [[nodiscard]] Result<void> punch(ByteRange range) override { return below_->punch(range); }
  [[nodiscard]] Result<void> reserve(ByteRange range) override { return below_->reserve(range); }
  [[nodiscard]] Result<SpaceReport> space() const override { return below_->space(); }
  void advise(ByteRange range, Access access) noexcept override { below_->advise(range, access); }
  [[nodiscard]] Result<void> close() override { return below_->close(); }
  [[nodiscard]] StorageCounters counters() const noexcept override { return below_->counters(); }

 private:
  std::unique_ptr<Storage> below_;
};

}  // namespace holdfast
