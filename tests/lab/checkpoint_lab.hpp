#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <holdfast/sharded_log.hpp>
#include <holdfast/store.hpp>
#include <holdfast/testing/crash_images.hpp>

#include "sharded_log/fixed_shards.hpp"

namespace holdfast::lab {

/// Checkpoints of a sharded log under the power cut: whatever image a cut leaves, those that were acknowledged are
/// there, each with all that is below it, and none that was forgotten comes back, whatever is appended then.
/// Threads: one.
class CheckpointLab {
 public:
  explicit CheckpointLab(testing::MediumModel model);

  // What a scenario does. A call that fails is a failure of the test.
  void append(int count, Durability durability = Durability::buffered);
  void create(const std::string& id);
  void keep(std::uint64_t count);
  void prune(const std::string& id);
  void clone(const std::string& id, const std::string& name);
  /// False: streams' ends cannot be cut.
  void restore(const std::string& id);

  /// Kills the process and judges every image. Requires: the last call.
  void judge_all();

 private:
  static constexpr std::uint32_t kShards = 2;

  /// Payloads of a shard by their ids.
  using Records = std::map<LogId, std::string>;
  /// Ids and cuts, the oldest first.
  using Cuts = std::vector<std::pair<std::string, std::vector<LogId>>>;

  /// What a log is between two calls, as far as they say it.
  struct LogAsTold {
    Cuts checkpoints;
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

  /// What a store shows that was recovered.
  struct Shown {
    Cuts checkpoints;
    std::vector<LogId> ends;
    std::vector<Records> shards;
    std::map<std::string, std::vector<Records>> clones;
  };

  [[nodiscard]] testing::CrashOptions medium_options() const;
  void run(const std::function<Result<void>(LogAsTold& told)>& call);
  [[nodiscard]] std::optional<Shown> look(const testing::CrashPoint& point,
                                          const std::shared_ptr<testing::CrashMedium>& left, bool cuts_recovery);
  void look_again(const testing::CrashPoint& point, const std::shared_ptr<testing::CrashMedium>& left,
                  const Shown& shown);
  [[nodiscard]] static Shown read(Store& store, const ShardedLog& log);
  [[nodiscard]] static Records read_shard(const ShardedLog& log, std::uint32_t index);
  void hold(const testing::CrashPoint& point, const std::optional<Shown>& shown);
  [[nodiscard]] bool is_like(const Shown& shown, const LogAsTold& told) const;
  std::optional<Shown> fail(const testing::CrashPoint& point, const std::string& what);

  const sharded_log_tests::FixedShards fixed_shards_;
  testing::MediumModel model_;
  Options options_;
  std::shared_ptr<testing::CrashMedium> medium_;
  std::optional<Store> store_;
  std::optional<ShardedLog> log_;
  std::uint64_t first_point_ = 0;
  int appended_ = 0;
  std::vector<Records> records_ = std::vector<Records>(kShards);
  std::vector<Step> steps_;
  std::unordered_map<std::uint64_t, std::optional<Shown>> recovered_;
  std::uint64_t images_ = 0;
  std::vector<std::string> wrong_;
};

}  // namespace holdfast::lab
