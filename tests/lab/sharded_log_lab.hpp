#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cut_lab.hpp"

namespace holdfast::lab {

/// What a store shows of a sharded log; no shards: there is no log.
struct ShownShardedLog {
  /// The records of each key, in their order.
  using ByKey = std::map<std::string, std::vector<std::string>>;

  std::uint32_t shards = 0;
  ByKey records{};
  std::map<std::string, ByKey> checkpoints{};
  friend bool operator==(const ShownShardedLog&, const ShownShardedLog&) = default;
};

/// A sharded log under the power cut: whatever image a cut leaves, the log is there as a whole or not at all, with the old
/// shards or the new ones, each key's records in their order, none missing that was durable, and atomic appends whole.
/// And whatever image it is, the calls that were cut can be made again.
/// Threads: one.
class ShardedLogLab : private CutLab<ShownShardedLog> {
 public:
  explicit ShardedLogLab(testing::MediumModel model);

  // What a scenario does. A call that fails is a failure of the test.
  void open(std::uint32_t shards);
  void append(int count, Durability durability);
  void erase(Durability durability);
  /// Together, one of each of `count` keys.
  void append_batch(int count, Durability durability);
  void append_atomic(int count, Durability durability);
  void checkpoint(const std::string& id);
  void reshard(std::uint32_t shards);
  void remove();

  /// Kills the process and judges every image. Requires: the last call.
  void judge_all() { judge_images("sharded log lab", 10); }

 private:
  using Shown = ShownShardedLog;
  using ByKey = ShownShardedLog::ByKey;

  struct Record {
    std::string key;
    std::string payload;  ///< No two have the same; empty: the key was erased.
    int group = 0;        ///< Records of one group are there all or none.
  };

  /// A call that was made.
  struct Step {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::uint32_t shards_before = 0;  ///< 0: there is no log.
    std::uint32_t shards_behind = 0;
    std::vector<Record> records{};  ///< That it has appended.
    bool makes_durable = false;     ///< All that was appended by then.
    bool is_durable = false;        ///< What it has appended itself.
    std::optional<std::string> checkpoint{};
  };

  void run(const std::function<Result<void>(Step& step)>& call);
  void append_group(int count, bool is_atomic, Durability durability);
  [[nodiscard]] std::string next_key() const;
  [[nodiscard]] std::optional<Shown> look(const CrashPoint& point, const std::shared_ptr<CrashMedium>& left,
                                          bool was_killed) override;
  [[nodiscard]] static std::string try_again(Store& store, const CrashPoint& point, Shown& shown);
  [[nodiscard]] static Shown read(Store& store);
  [[nodiscard]] static ByKey read_below(const ShardedLog& log, const std::vector<LogId>& next);
  [[nodiscard]] std::string complaint_about(const Shown& shown, std::uint64_t event_count) const override;

  int appended_ = 0;
  int groups_ = 0;
  std::vector<Step> steps_;
  std::map<std::string, ByKey> below_;  // of each checkpoint
};

}  // namespace holdfast::lab
