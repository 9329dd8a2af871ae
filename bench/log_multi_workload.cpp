#include <memory>
#include <vector>

#include <fmt/format.h>

#include "log_workload.hpp"
#include "measure.hpp"
#include "store_fixture.hpp"
#include "workloads.hpp"

namespace holdfast::bench {
namespace {

/// Appends that go to several streams, as a key's hash would choose them: value i to stream i modulo their number.
class LogMulti final : public LogWorkload {
 public:
  using LogWorkload::LogWorkload;

 protected:
  Result<void> make(const std::filesystem::path& path) override {
    Options options = store_options(config_, config_.keys);
    options.size_bytes += config_.streams * options.segment_size_bytes;  // of which each takes one at least
    auto store = Store::open(path, options);
    if (!store) return Unexpected(std::move(store.error()));
    store_.emplace(std::move(*store));
    for (std::uint64_t i = 0; i < config_.streams; ++i) {
      auto log = store_->log(fmt::format("bench {}", i), {.durability = config_.durability});
      if (!log) return Unexpected(std::move(log.error()));
      const std::uint64_t records = config_.keys / config_.streams + (i < config_.keys % config_.streams ? 1 : 0);
      streams_.push_back({.log = std::move(*log), .written = std::vector<std::uint64_t>(records)});
    }
    return {};
  }

  Result<std::unique_ptr<RawLimit>> make_raw(const std::filesystem::path& dir) override {
    return make_raw_writer(config_, dir, values_, 1);
  }

  Result<void> run_lane(Lane& lane) override {
    for (const std::uint64_t value : lane.ids) {
      Stream& stream = streams_[value % config_.streams];
      const auto id = lane.time([&] { return stream.log.append(values_.of(value, 0)); });
      if (!id) return Unexpected(id.error());
      if (*id == 0 || *id > stream.written.size())
        return wrong(fmt::format("record {} of {}", *id, stream.written.size()));
      stream.written[*id - 1] = value;
    }
    return {};
  }

  Result<void> check() override {
    for (const Stream& stream : streams_)
      if (auto right = check_written(stream.log, stream.written); !right) return right;
    return {};
  }

 private:
  struct Stream {
    Log log;
    std::vector<std::uint64_t> written;  ///< What was appended under each id; each is written by one thread.
  };
  std::vector<Stream> streams_;
};

}  // namespace

Result<Row> run_log_multi(const Config& config) { return LogMulti(config).run(); }

}  // namespace holdfast::bench
