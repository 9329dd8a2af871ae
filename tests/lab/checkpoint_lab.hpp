#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cut_lab.hpp"

namespace holdfast::lab {

/// Payloads of a shard by their ids.
using ShardRecords = std::map<LogId, std::string>;
/// Ids of checkpoints and their cuts, the oldest first.
using CheckpointCuts = std::vector<std::pair<std::string, std::vector<LogId>>>;

/// What a store shows of a log and its checkpoints.
struct ShownCheckpoints {
  CheckpointCuts checkpoints;
  std::vector<LogId> ends;
  std::vector<ShardRecords> shards;
  std::map<std::string, std::vector<ShardRecords>> clones;
};

/// Checkpoints of a sharded log under the power cut: whatever image a cut leaves, those that were acknowledged are
/// there, each with all that is below it, and none that was forgotten comes back, whatever is appended then.
/// Threads: one.
class CheckpointLab : private CutLab<ShownCheckpoints> {
 public:
  explicit CheckpointLab(testing::MediumModel model);

  // What a scenario does. A call that fails is a failure of the test.
  void append(int count, Durability durability = Durability::buffered);
  void create(const std::string& id);
  void keep(std::uint64_t count);
  void prune(const std::string& id);
  void clone(const std::string& id, const std::string& name);
  void restore(const std::string& id);

  /// Kills the process and judges every image. Requires: the last call.
  void judge_all() { judge_images("checkpoint lab", 20); }

 private:
  static constexpr std::uint32_t kShards = 2;

  using Records = ShardRecords;
  using Shown = ShownCheckpoints;

  /// What a log is between two calls, as far as they say it.
  struct LogAsTold {
    CheckpointCuts checkpoints;
    std::vector<LogId> begins = std::vector<LogId>(kShards, 1);
    std::vector<std::set<LogId>> cut_off = std::vector<std::set<LogId>>(kShards);
    std::map<std::string, std::vector<Records>> clones;

    [[nodiscard]] std::size_t place_of(const std::string& id) const;
  };

  /// A call that was made: between its events the log may be as before, or in any of these ways, of which the last
  /// one holds behind it.
  struct Step {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::vector<LogAsTold> outcomes{};
  };

  void run(const std::function<Result<void>(LogAsTold& told)>& call);
  [[nodiscard]] std::optional<Shown> look(const CrashPoint& point, const std::shared_ptr<CrashMedium>& left,
                                          bool was_killed) override;
  void look_again(const CrashPoint& point, const std::shared_ptr<CrashMedium>& left, const Shown& shown);
  [[nodiscard]] static Shown read(Store& store, const ShardedLog& log);
  [[nodiscard]] static Records read_shard(const ShardedLog& log, std::uint32_t index);
  [[nodiscard]] std::string complaint_about(const Shown& shown, std::uint64_t event_count) const override;
  [[nodiscard]] bool is_like(const Shown& shown, const LogAsTold& told) const;

  int appended_ = 0;
  std::vector<Records> records_ = std::vector<Records>(kShards);
  std::vector<Step> steps_;
};

}  // namespace holdfast::lab
