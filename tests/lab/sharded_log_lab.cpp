#include "sharded_log_lab.hpp"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

namespace holdfast::lab {

namespace {

constexpr int kKeysInTurn = 5;

}  // namespace

ShardedLogLab::ShardedLogLab(testing::MediumModel model) : CutLab(model) {}

void ShardedLogLab::run(const std::function<Result<void>(Step& step)>& call) {
  const std::uint32_t before = steps_.empty() ? 0 : steps_.back().shards_behind;
  Step step{.begin = medium_->event_count(), .shards_before = before, .shards_behind = before};
  const auto done = call(step);
  ASSERT_TRUE(done.has_value()) << done.error().to_string();
  step.end = medium_->event_count();
  steps_.push_back(std::move(step));
}

std::string ShardedLogLab::next_key() const { return "k" + std::to_string(appended_ % kKeysInTurn); }

void ShardedLogLab::open(std::uint32_t shards) {
  run([&](Step& step) -> Result<void> {
    auto log = ShardedLog::open(*store_, "events", {.shards = shards});
    if (!log) return Unexpected(log.error());
    log_.emplace(std::move(*log));
    step.shards_behind = shards;
    return {};
  });
}

void ShardedLogLab::append(int count, Durability durability) {
  for (int i = 0; i < count; ++i)
    run([&](Step& step) -> Result<void> {
      const std::string key = next_key();
      const std::string payload = "record " + std::to_string(appended_++);
      if (auto place = log_->append(key, payload, {.durability = durability}); !place) return Unexpected(place.error());
      step.records.push_back({key, payload, ++groups_});
      step.is_durable = durability == Durability::immediate;
      return {};
    });
}

void ShardedLogLab::erase(Durability durability) {
  run([&](Step& step) -> Result<void> {
    const std::string key = next_key();
    ++appended_;
    if (auto place = log_->erase_key(key, {.durability = durability}); !place) return Unexpected(place.error());
    step.records.push_back({key, "", ++groups_});
    step.is_durable = durability == Durability::immediate;
    return {};
  });
}

void ShardedLogLab::append_group(int count, bool is_atomic, Durability durability) {
  run([&](Step& step) -> Result<void> {
    std::vector<ShardedLogDraft> drafts;
    for (int i = 0; i < count; ++i) {
      const std::string key = next_key();
      step.records.push_back({key, "record " + std::to_string(appended_++)});
    }
    for (const Record& record : step.records) drafts.push_back({.key = record.key, .payload = record.payload});
    const auto places = is_atomic ? log_->append_atomic(drafts, {.durability = durability})
                                  : log_->append_batch(drafts, {.durability = durability});
    if (!places) return Unexpected(places.error());
    groups_ += 1'000;
    for (std::size_t i = 0; i < places->size(); ++i)
      step.records[i].group = groups_ + (is_atomic ? 0 : static_cast<int>((*places)[i].shard));
    groups_ += 1'000;
    step.is_durable = durability == Durability::immediate;
    return {};
  });
}

void ShardedLogLab::append_batch(int count, Durability durability) { append_group(count, false, durability); }
void ShardedLogLab::append_atomic(int count, Durability durability) { append_group(count, true, durability); }

void ShardedLogLab::checkpoint(const std::string& id) {
  run([&](Step& step) -> Result<void> {
    const auto made = log_->create_checkpoint(id);
    if (!made) return Unexpected(made.error());
    below_[id] = read_below(*log_, made->next);
    step.checkpoint = id;
    step.makes_durable = true;
    return {};
  });
}

void ShardedLogLab::reshard(std::uint32_t shards) {
  run([&](Step& step) -> Result<void> {
    step.shards_behind = shards;
    step.makes_durable = true;
    return log_->reshard(shards);
  });
}

void ShardedLogLab::remove() {
  run([&](Step& step) -> Result<void> {
    step.shards_behind = 0;
    return ShardedLog::remove(*store_, "events");
  });
}

ShardedLogLab::ByKey ShardedLogLab::read_below(const ShardedLog& log, const std::vector<LogId>& next) {
  ByKey records;
  for (std::uint32_t i = 0; i < log.shard_count(); ++i) {
    const Log shard = log.shard(i).value();
    const auto scanned = shard.scan(shard.first_id().value(), [&](const LogEntryView& entry) {
      if (entry.id >= next[i]) return false;
      EXPECT_EQ(log.shard_of(entry.key.value_or("")), i);
      records[std::string(entry.key.value_or(""))].emplace_back(entry.payload);
      EXPECT_EQ(entry.erases_key, entry.payload.empty());
      return true;
    });
    EXPECT_TRUE(scanned.has_value());
  }
  return records;
}

ShardedLogLab::Shown ShardedLogLab::read(Store& store) {
  Shown shown;
  const auto log = ShardedLog::open(store, "events", {.mode = OpenMode::existing});
  if (!log) {
    EXPECT_EQ(log.error().code, ErrorCode::not_found) << log.error().to_string();
    return shown;
  }
  shown.shards = log->shard_count();
  std::vector<LogId> next;
  for (std::uint32_t i = 0; i < shown.shards; ++i) next.push_back(log->shard(i)->next_id().value());
  shown.records = read_below(*log, next);
  const auto checkpoints = log->checkpoints().value();
  for (const Checkpoint& one : checkpoints) shown.checkpoints[one.id] = read_below(*log, one.next);
  for (const auto& [key, payloads] : shown.records) {
    const auto latest = log->latest(key);
    const bool is_right = latest && (*latest ? (*latest)->payload == payloads.back() : payloads.back().empty());
    EXPECT_TRUE(is_right) << "the latest record of " << key;
  }
  return shown;
}

// Opens what is left, makes calls again that may have been cut, and opens it once more.
std::optional<ShardedLogLab::Shown> ShardedLogLab::look(const CrashPoint& point,
                                                        const std::shared_ptr<CrashMedium>& left, bool) {
  Shown shown;
  Shown behind;
  {
    auto store = Store::open(left->open().value(), options_);
    if (!store) return fail(point, store.error().to_string());
    shown = behind = read(*store);
    if (const std::string failed = try_again(*store, point, behind); !failed.empty()) return fail(point, failed);
    if (read(*store) != behind) return fail(point, "it is another log behind what was tried again");
  }  // killed
  auto store = Store::open(left->open().value(), options_);
  if (!store) return fail(point, "again: " + store.error().to_string());
  if (read(*store) != behind) return fail(point, "it is another log when it is opened again");
  return shown;
}

/// What it answers; empty: all is well, and `shown` is what the log is now.
std::string ShardedLogLab::try_again(Store& store, const CrashPoint& point, Shown& shown) {
  const bool was_there = shown.shards != 0;
  auto log = ShardedLog::open(store, "events", {.shards = was_there ? 0u : 3u});
  if (!log) return "open: " + log.error().to_string();
  if (!was_there) shown.shards = 3;
  const std::uint32_t count = point.image_index % 2 == 0 ? 3 : 2;
  if (auto resharded = log->reshard(count); !resharded) return "reshard: " + resharded.error().to_string();
  shown.shards = count;
  for (int i = 0; i < 5; ++i) {
    const std::string key = "k" + std::to_string(i);
    if (auto place = log->append(key, "anew"); !place) return "append: " + place.error().to_string();
    shown.records[key].emplace_back("anew");
  }
  std::uint32_t streams = 0;
  const auto spaces = store.spaces();
  for (const SpaceInfo& info : *spaces) streams += info.kind == SpaceKind::log ? 1 : 0;
  return streams == count ? "" : std::to_string(streams) + " streams are left for " + std::to_string(count) + " shards";
}

// Whether what was recovered is what the calls had told by then, or may have become.
std::string ShardedLogLab::complaint_about(const Shown& shown, std::uint64_t event_count) const {
  std::set<std::uint32_t> counts{0};
  std::vector<Record> begun;          // all that may be there
  std::set<std::size_t> durable;      // which of them must be
  std::set<std::string> checkpoints;  // that must be
  for (const Step& step : steps_) {
    if (step.begin > event_count) break;
    const bool is_over = step.end <= event_count;
    counts = is_over ? std::set{step.shards_behind} : std::set{step.shards_before, step.shards_behind};
    const std::size_t own = begun.size();
    begun.insert(begun.end(), step.records.begin(), step.records.end());
    if (!is_over) continue;
    if (step.makes_durable || step.is_durable)
      for (std::size_t i = step.makes_durable ? 0 : own; i < begun.size(); ++i) durable.insert(i);
    if (step.checkpoint) checkpoints.insert(*step.checkpoint);
  }
  if (!counts.contains(shown.shards)) return std::to_string(shown.shards) + " shards";
  if (shown.shards == 0) return {};
  ByKey all;
  std::map<int, std::pair<int, int>> groups;  // how many of each are there, and how many it has
  for (std::size_t i = 0; i < begun.size(); ++i) {
    const Record& record = begun[i];
    all[record.key].push_back(record.payload);
    const auto found = shown.records.find(record.key);
    const bool is_there = found != shown.records.end() && found->second.size() >= all[record.key].size();
    groups[record.group].first += is_there ? 1 : 0;
    groups[record.group].second += 1;
    if (!is_there && durable.contains(i)) return "lost: " + record.key + ", " + record.payload;
  }
  for (const auto& [key, payloads] : shown.records) {
    const auto& expected = all[key];
    if (payloads.size() > expected.size() || !std::equal(payloads.begin(), payloads.end(), expected.begin()))
      return "the records of " + key + " are no prefix of what was appended";
  }
  for (const auto& [group, counted] : groups)
    if (counted.first != 0 && counted.first != counted.second) return "half a group";
  for (const std::string& id : checkpoints)
    if (!shown.checkpoints.contains(id)) return "checkpoint " + id + " is not there";
  for (const auto& [id, records] : shown.checkpoints)
    if (records != below_.at(id)) return "checkpoint " + id + " has other records below it";
  return {};
}

}  // namespace holdfast::lab
