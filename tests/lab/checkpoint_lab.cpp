#include "checkpoint_lab.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace holdfast::lab {
namespace {

Result<ShardedLog> open_events(Store& store, std::uint32_t shards) {
  return ShardedLog::open(store, "events", {.shards = shards, .log = {.durability = Durability::buffered}});
}

}  // namespace

CheckpointLab::CheckpointLab(testing::MediumModel model) : CutLab(model) {
  log_.emplace(open_events(*store_, kShards).value());
  first_point_ = medium_->event_count();
  steps_.push_back({.begin = first_point_, .end = first_point_, .outcomes = {LogAsTold()}});
}

std::size_t CheckpointLab::LogAsTold::place_of(const std::string& id) const {
  const auto found =
      std::find_if(checkpoints.begin(), checkpoints.end(), [&](const auto& one) { return one.first == id; });
  return static_cast<std::size_t>(found - checkpoints.begin());
}

void CheckpointLab::run(const std::function<Result<void>(LogAsTold& told)>& call) {
  LogAsTold told = steps_.back().outcomes.back();
  steps_.push_back({.begin = medium_->event_count()});
  const auto done = call(told);
  ASSERT_TRUE(done.has_value()) << done.error().to_string();
  steps_.back().outcomes.push_back(std::move(told));
  steps_.back().end = medium_->event_count();
}

void CheckpointLab::append(int count, Durability durability) {
  for (int i = 0; i < count; ++i, ++appended_) {
    const std::string payload = "record " + std::to_string(appended_);
    const auto place = log_->append("k" + std::to_string(appended_), payload, {.durability = durability});
    ASSERT_TRUE(place.has_value()) << place.error().to_string();
    records_[place->shard][place->id] = payload;
  }
}

void CheckpointLab::create(const std::string& id) {
  run([&](LogAsTold& told) -> Result<void> {
    const auto made = log_->create_checkpoint(id);
    if (!made) return Unexpected(made.error());
    std::erase_if(told.checkpoints, [&](const auto& one) { return one.first == id; });
    told.checkpoints.emplace_back(id, made->next);
    return {};
  });
}

void CheckpointLab::keep(std::uint64_t count) {
  run([&](LogAsTold& told) -> Result<void> {
    if (auto gone = log_->keep_checkpoints(count); !gone) return Unexpected(gone.error());
    auto& all = told.checkpoints;
    all.erase(all.begin(), all.end() - static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(count, all.size())));
    return {};
  });
}

void CheckpointLab::prune(const std::string& id) {
  run([&](LogAsTold& told) -> Result<void> {
    if (auto pruned = log_->prune_before(id); !pruned) return Unexpected(pruned.error());
    const std::size_t place = told.place_of(id);
    for (std::uint32_t i = 0; i < kShards; ++i) {  // one shard after the other
      told.begins[i] = told.checkpoints[place].second[i];
      steps_.back().outcomes.push_back(told);
    }
    told.checkpoints.erase(told.checkpoints.begin(), told.checkpoints.begin() + static_cast<std::ptrdiff_t>(place));
    return {};
  });
}

void CheckpointLab::clone(const std::string& id, const std::string& name) {
  run([&](LogAsTold& told) -> Result<void> {
    if (auto made = log_->clone_at(id, *store_, name); !made) return Unexpected(made.error());
    std::vector<Records> shards(kShards);
    const auto& cut = told.checkpoints[told.place_of(id)].second;
    for (std::uint32_t i = 0; i < kShards; ++i)
      for (const auto& [record, payload] : records_[i])
        if (record >= told.begins[i] && record < cut[i] && !told.cut_off[i].contains(record))
          shards[i].emplace(shards[i].size() + 1, payload);
    told.clones.emplace(name, std::move(shards));
    return {};
  });
}

void CheckpointLab::restore(const std::string& id) {
  run([&](LogAsTold& told) -> Result<void> {
    const auto restored = log_->restore(id);
    if (!restored) return restored;
    told.checkpoints.resize(told.place_of(id) + 1);
    steps_.back().outcomes.push_back(told);  // the younger ones have gone, and nothing else
    const auto cut = told.checkpoints.back().second;
    for (std::uint32_t i = 0; i < kShards; ++i)
      for (const auto& [record, payload] : records_[i])
        if (record >= cut[i]) told.cut_off[i].insert(record);
    return {};
  });
}

CheckpointLab::Records CheckpointLab::read_shard(const ShardedLog& log, std::uint32_t index) {
  Records records;
  const Log shard = log.shard(index).value();
  const auto scanned = shard.scan(shard.first_id().value(), [&](const LogEntryView& entry) {
    records.emplace(entry.id, entry.payload);
    return true;
  });
  EXPECT_TRUE(scanned.has_value());
  return records;
}

CheckpointLab::Shown CheckpointLab::read(Store& store, const ShardedLog& log) {
  Shown shown;
  const auto checkpoints = log.checkpoints().value();
  for (const Checkpoint& checkpoint : checkpoints)
    shown.checkpoints.emplace_back(checkpoint.id, checkpoint.next);
  for (std::uint32_t i = 0; i < kShards; ++i) {
    shown.ends.push_back(log.shard(i)->next_id().value());
    shown.shards.push_back(read_shard(log, i));
  }
  for (const char* name : {"clone", "later clone"})
    if (const auto clone = ShardedLog::open(store, name, {.mode = OpenMode::existing}))
      for (std::uint32_t i = 0; i < kShards; ++i) shown.clones[name].push_back(read_shard(*clone, i));
  return shown;
}

// Opens what is left, and gives ids out anew; then it is opened once more, also as another cut leaves it.
std::optional<CheckpointLab::Shown> CheckpointLab::look(const CrashPoint& point,
                                                        const std::shared_ptr<CrashMedium>& left, bool was_killed) {
  Shown shown;
  {
    auto store = Store::open(left->open().value(), options_);
    if (!store) return fail(point, store.error().to_string());
    auto log = open_events(*store, kShards);
    if (!log) return fail(point, log.error().to_string());
    shown = read(*store, *log);
    for (int i = 0; i < 24; ++i)
      if (auto place = log->append("anew " + std::to_string(i), "anew", {.durability = Durability::immediate}); !place)
        return fail(point, place.error().to_string());
    if (log->checkpoints()->size() != shown.checkpoints.size())
      return fail(point, "appends have changed the checkpoints");
  }  // killed
  const std::uint64_t end = left->event_count();
  look_again(point, left, shown);
  const bool is_deep = !was_killed && point.image_index % 8 == 0;
  const testing::CrashImagesOptions images{
      .set = testing::ImageSet::small, .images_max = 2, .first_point = is_deep ? 0 : end, .last_point = end};
  for_each_crash_image(*left, images, [&](const CrashPoint&, const testing::CrashImage& image) {
    look_again(point, CrashMedium::from_image(image, medium_options()), shown);
    return true;
  });
  return shown;
}

void CheckpointLab::look_again(const CrashPoint& point, const std::shared_ptr<CrashMedium>& left, const Shown& shown) {
  auto store = Store::open(left->open().value(), options_);
  auto log = store ? open_events(*store, kShards) : Result<ShardedLog>(tl::unexpected(store.error()));
  if (!log)
    fail(point, "again: " + log.error().to_string());
  else if (read(*store, *log).checkpoints != shown.checkpoints)
    fail(point, "other checkpoints are there when it is opened again");
}

// Whether what was recovered is what the calls had told by then, or may have become.
std::string CheckpointLab::complaint_about(const Shown& shown, std::uint64_t event_count) const {
  std::vector<const LogAsTold*> allowed;
  for (const Step& step : steps_) {
    if (step.begin > event_count) break;
    const bool is_over = step.end <= event_count;
    if (is_over) allowed = {&step.outcomes.back()};
    if (is_over) continue;
    for (const LogAsTold& outcome : step.outcomes) allowed.push_back(&outcome);
  }
  if (std::any_of(allowed.begin(), allowed.end(), [&](const LogAsTold* told) { return is_like(shown, *told); })) return {};
  return "the log is like nothing that the calls have told; " + std::to_string(shown.checkpoints.size()) + " checkpoints";
}

bool CheckpointLab::is_like(const Shown& shown, const LogAsTold& told) const {
  if (shown.checkpoints != told.checkpoints || shown.clones != told.clones) return false;
  for (const auto& [id, cut] : shown.checkpoints)
    for (std::uint32_t i = 0; i < kShards; ++i)
      if (cut[i] > shown.ends[i]) return false;
  for (std::uint32_t i = 0; i < kShards; ++i) {
    Records expected;
    for (const auto& [id, payload] : records_[i])
      if (id >= told.begins[i] && id < shown.ends[i] && !told.cut_off[i].contains(id)) expected.emplace(id, payload);
    if (shown.shards[i] != expected) return false;
  }
  return true;
}

}  // namespace holdfast::lab
