#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <holdfast/sharded_log.hpp>
#include <holdfast/store.hpp>
#include <holdfast/testing/crash_images.hpp>

#include "sharded_log/fixed_shards.hpp"

namespace holdfast::lab {

/// A sharded log under the power cut: whatever image a cut leaves, the log is there as a whole or not at all, with the old
/// shards or the new ones, each key's records in their order, none missing that was durable, and atomic appends whole.
/// And whatever image it is, the calls that were cut can be made again.
/// Threads: one.
class ShardedLogLab {
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
  void judge_all();

 private:
  struct Record {
    std::string key;
    std::string payload;  ///< No two have the same; empty: the key was erased.
    int group = 0;        ///< Records of one group are there all or none.
  };
  /// The records of each key, in their order.
  using ByKey = std::map<std::string, std::vector<std::string>>;

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

  /// What a store shows that was recovered; no shards: there is no log.
  struct Shown {
    std::uint32_t shards = 0;
    ByKey records{};
    std::map<std::string, ByKey> checkpoints{};
    friend bool operator==(const Shown&, const Shown&) = default;
  };

  [[nodiscard]] testing::CrashOptions medium_options() const;
  void run(const std::function<Result<void>(Step& step)>& call);
  void append_group(int count, bool is_atomic, Durability durability);
  [[nodiscard]] std::string next_key() const;
  [[nodiscard]] std::optional<Shown> look(const testing::CrashPoint& point,
                                          const std::shared_ptr<testing::CrashMedium>& left);
  [[nodiscard]] std::string try_again(Store& store, const testing::CrashPoint& point, Shown& shown);
  [[nodiscard]] static Shown read(Store& store);
  [[nodiscard]] static ByKey read_below(const ShardedLog& log, const std::vector<LogId>& next);
  void hold(const testing::CrashPoint& point, const std::optional<Shown>& shown);
  [[nodiscard]] std::string complaint_about(const Shown& shown, std::uint64_t event_count) const;
  std::optional<Shown> fail(const testing::CrashPoint& point, const std::string& what);

  const sharded_log_tests::FixedShards fixed_shards_;
  testing::MediumModel model_;
  Options options_;
  std::shared_ptr<testing::CrashMedium> medium_;
  std::optional<Store> store_;
  std::optional<ShardedLog> log_;
  std::uint64_t first_point_ = 0;
  int appended_ = 0;
  int groups_ = 0;
  std::vector<Step> steps_;
  std::map<std::string, ByKey> below_;  // of each checkpoint
  std::unordered_map<std::uint64_t, std::optional<Shown>> recovered_;
  std::uint64_t images_ = 0;
  std::vector<std::string> wrong_;
};

}  // namespace holdfast::lab
