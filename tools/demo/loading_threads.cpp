#include "demo/loading_threads.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "demo/command.hpp"

namespace holdfast::demo {
namespace {

using Kind = Acknowledgement::Kind;

/// Lets the region keep step with the log. It is so much faster that it would be whole before the kill comes.
/// Threads: any.
class Pace {
 public:
  explicit Pace(std::uint64_t records) : records_(records) {}

  void advance(std::uint64_t records) noexcept {
    records_.fetch_add(records);
    records_.notify_all();
  }

  void wait_for(std::uint64_t records) const noexcept {
    for (std::uint64_t now = records_.load(); now < records; now = records_.load()) records_.wait(now);
  }

 private:
  std::atomic<std::uint64_t> records_;
};

class Loading {
 public:
  Loading(const LoadArguments& arguments, const PackageIndex& index, const Binary& binary,
          const Acknowledged& done, Kv space, Log log, Region region)
      : arguments_(arguments),
        index_(index),
        binary_(binary),
        done_(done),
        space_(std::move(space)),
        log_(std::move(log)),
        region_(std::move(region)),
        pace_(index.records().size() -
              static_cast<std::uint64_t>(std::count(done.appended.begin(), done.appended.end(), 0))) {}

  Result<void> run() {
    if (auto ready = acknowledge({Kind::ready}); !ready) return ready;
    std::vector<std::thread> threads;
    threads.emplace_back([this] { keep(write_region()); });
    for (unsigned thread = 0; thread < arguments_.threads; ++thread) {
      threads.emplace_back([this, thread] { keep(put(thread)); });
      threads.emplace_back([this, thread] { keep(append(thread)); });
    }
    for (std::thread& thread : threads) thread.join();
    return outcome_;
  }

 private:
  Result<void> put(unsigned thread) {
    for (std::uint32_t number = 0; number < index_.records().size(); ++number) {
      const PackageRecord& record = index_.records()[number];
      const bool ours = std::hash<std::string>{}(record.key) % arguments_.threads == thread;
      if (!ours || done_.put[number] != 0) continue;
      if (auto put = space_.put(record.key, record.stanza); !put) return put;
      if (auto told = acknowledge({Kind::put, number}); !told) return told;
    }
    return {};
  }

  Result<void> append(unsigned thread) {
    for (std::uint32_t number = thread; number < index_.records().size(); number += arguments_.threads) {
      if (done_.appended[number] != 0) continue;
      const auto id = log_.append(index_.records()[number].stanza);
      if (!id) return Unexpected(id.error());
      if (auto told = acknowledge({Kind::appended, number, *id}); !told) return told;
      pace_.advance(1);
    }
    return {};
  }

  Result<void> write_region() {
    const std::span<const std::byte> bytes(binary_);
    for (std::uint64_t at = done_.flushed_bytes; at < bytes.size();) {
      pace_.wait_for(index_.records().size() * at / bytes.size());
      const auto start = std::chrono::steady_clock::now();
      const auto piece = bytes.subspan(at, std::min(kPieceSizeBytes, bytes.size() - at));
      if (auto written = region_.write_at(at, piece); !written) return written;
      if (const auto flushed = region_.flush(); !flushed) return Unexpected(flushed.error());
      const auto time = std::chrono::steady_clock::now() - start;
      at += piece.size();
      const auto time_us = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
      if (auto told = acknowledge({Kind::flushed, static_cast<std::uint32_t>(time_us), at}); !told)
        return told;
    }
    return {};
  }

  Result<void> acknowledge(const Acknowledgement& acknowledgement) const {
    const int fd = arguments_.acknowledgement_fd;
    if (::write(fd, &acknowledgement, sizeof acknowledgement) != sizeof acknowledgement)
      return Unexpected(system_error("acknowledgement pipe"));
    return {};
  }

  void keep(const Result<void>& result) {
    if (result) return;
    {
      const std::lock_guard lock(mutex_);
      if (outcome_) outcome_ = result;
    }
    pace_.advance(index_.records().size());  // nobody waits for a thread that has failed
  }

  const LoadArguments& arguments_;
  const PackageIndex& index_;
  const Binary& binary_;
  const Acknowledged& done_;
  Kv space_;
  Log log_;
  Region region_;
  Pace pace_;
  std::mutex mutex_;
  Result<void> outcome_;
};

}  // namespace

Result<void> load_on_threads(Store& store, const LoadArguments& arguments, const PackageIndex& index,
                             const Binary& binary, const Acknowledged& done) {
  const auto space = store.kv(kPackagesSpace, {.durability = Durability::immediate});
  if (!space) return Unexpected(space.error());
  const auto log = store.log(kPackagesLog, {.durability = Durability::immediate});
  if (!log) return Unexpected(log.error());
  const auto region = store.region(kCompilerRegion);
  if (!region) return Unexpected(region.error());
  return Loading(arguments, index, binary, done, *space, *log, *region).run();
}

}  // namespace holdfast::demo
