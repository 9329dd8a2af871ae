#include "kv_model.hpp"

#include <ostream>

#include "unit/property.hpp"

namespace holdfast {
namespace {

void require(const ::testing::AssertionResult& result) {
  if (!result) RC_FAIL(std::string(result.message()));
}

/// Few keys, so that they meet often; of all lengths.
std::string key_of(std::uint32_t number) {
  const std::uint32_t key = number % 24;
  switch (key) {
    case 0:
      return std::string(1, '\0');
    case 1:
      return std::string(2, '\0');
    case 2:
      return some_value(3'000, 1);
    case 3:
      return some_value(65'535, 2);
    default:
      return "key " + std::to_string(key);
  }
}

/// Empty, small, with a footer, and too large for a segment of 64 KiB.
std::string value_of(std::uint32_t number) {
  constexpr std::array<std::size_t, 8> kSizes{0, 1, 20, 100, 300, 2'000, 20'000, 90'000};
  return some_value(kSizes[number % kSizes.size()], number);
}

/// Writes are frequent, opening again is not.
rc::Gen<ModelStep::Kind> any_kind() {
  using Kind = ModelStep::Kind;
  return rc::gen::weightedElement<Kind>({{12, Kind::put},
                                         {4, Kind::put_expiring},
                                         {2, Kind::set_ttl},
                                         {2, Kind::advance_clock},
                                         {6, Kind::erase},
                                         {5, Kind::compare_and_set},
                                         {4, Kind::exchange},
                                         {4, Kind::put_async},
                                         {2, Kind::multi_put},
                                         {4, Kind::batch},
                                         {4, Kind::check_key},
                                         {2, Kind::check_all},
                                         {1, Kind::sync},
                                         {1, Kind::close},
                                         {1, Kind::kill}});
}

rc::Gen<ModelStep> any_step() {
  return rc::gen::construct<ModelStep>(
      any_kind(), rc::gen::inRange<std::uint32_t>(0, 2), rc::gen::inRange<std::uint32_t>(0, 24),
      rc::gen::inRange<std::uint32_t>(0, 64),
      rc::gen::weightedElement<Durability>(
          {{1, Durability::immediate}, {1, Durability::interval}, {6, Durability::buffered}}));
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const ModelStep& step) {
  constexpr std::array<const char*, 15> kNames{"put",       "erase", "compare_and_set", "exchange",  "put_async", "multi_put",
                                               "batch",     "check_key", "check_all",   "sync",      "close",     "kill",
                                               "put_expiring", "set_ttl", "advance_clock"};
  return out << kNames[static_cast<std::size_t>(step.kind)] << "(space " << step.space << ", key " << step.key
             << ", value " << step.value << ", durability " << static_cast<int>(step.durability) << ")";
}

ModelledStore::ModelledStore(BackendRow row) : row_(row), directory_(row->root) {
  options_.backend = backend_of(row);
  options_.emulate_pmem = true;
  options_.size_bytes = kMiB;
  options_.max_size_bytes = kTestMaxSizeBytes;
  options_.segment_size_bytes = 64 << 10;
  options_.recovery_threads = 2;
  options_.clock = clock_.function();
  options_.sweep_interval_ms = 3;
  open();
}

void ModelledStore::open() {
  auto opened = Store::open(directory_.store(), options_);
  require(ok(opened));
  store_.emplace(std::move(*opened));
  require(store_->recovery().damage.empty()
              ? ::testing::AssertionSuccess()
              : ::testing::AssertionFailure() << store_->recovery().damage[0].message);
  spaces_.clear();
  for (std::size_t i = 0; i < kSpaceCount; ++i) {
    auto space = store_->kv("space " + std::to_string(i), {.settings = {.compress_above_bytes = i * 50, .keys_max = i * 100}});
    require(ok(space));
    spaces_.push_back(std::move(*space));
  }
}

void ModelledStore::apply(const ModelStep& step) {
  switch (step.kind) {
    case ModelStep::Kind::put:
      return put(step);
    case ModelStep::Kind::erase:
      return erase(step);
    case ModelStep::Kind::compare_and_set:
      return compare_and_set(step);
    case ModelStep::Kind::exchange:
      return exchange(step);
    case ModelStep::Kind::put_async:
      return put_async(step);
    case ModelStep::Kind::multi_put:
      return multi_put(step);
    case ModelStep::Kind::batch:
      return batch(step);
    case ModelStep::Kind::check_key:
      return check_key(step.space, key_of(step.key));
    case ModelStep::Kind::check_all:
      return check_all();
    case ModelStep::Kind::sync:
      return require(ok(store_->sync()));
    case ModelStep::Kind::put_expiring:
      return put_expiring(step);
    case ModelStep::Kind::set_ttl:
      return set_ttl(step);
    case ModelStep::Kind::advance_clock:
      return advance_clock();
    case ModelStep::Kind::close:
    case ModelStep::Kind::kill:
      break;
  }
  if (!row_->capabilities.has_path) return;  // it would be gone
  if (step.kind == ModelStep::Kind::close) require(ok(store_->close()));
  store_.reset();
  open();
}

void ModelledStore::put(const ModelStep& step) {
  require(
      ok(spaces_[step.space].put(key_of(step.key), value_of(step.value), {.durability = step.durability})));
  set(step.space, key_of(step.key), value_of(step.value));
}

// Times and the clock go in whole seconds, as the clock's mark does: then a store that is opened again agrees.
void ModelledStore::put_expiring(const ModelStep& step) {
  const std::uint64_t ttl_s = 1 + step.value % 4;
  require(ok(spaces_[step.space].put(key_of(step.key), value_of(step.value),
                                     {.durability = step.durability, .ttl_ms = ttl_s * 1'000})));
  set(step.space, key_of(step.key), value_of(step.value));
  times_[step.space][key_of(step.key)] = clock_.now_us() + ttl_s * 1'000'000;
}

// Every third one takes the time away.
void ModelledStore::set_ttl(const ModelStep& step) {
  const std::string key = key_of(step.key);
  const std::uint64_t ttl_s = step.value % 3;
  const bool is_there = models_[step.space].contains(key);
  require(says(is_there, spaces_[step.space].set_ttl(key, ttl_s * 1'000, {.durability = step.durability})));
  times_[step.space].erase(key);
  if (is_there && ttl_s != 0) times_[step.space][key] = clock_.now_us() + ttl_s * 1'000'000;
}

void ModelledStore::advance_clock() {
  clock_.advance_ms(1'000);
  for (std::size_t space = 0; space < kSpaceCount; ++space) {
    const auto gone = std::erase_if(times_[space], [&](const auto& time) {
      if (time.second > clock_.now_us()) return false;
      models_[space].erase(time.first);
      return true;
    });
    if (gone != 0) require(has_size(spaces_[space], models_[space].size()));
  }
}

void ModelledStore::set(std::size_t space, const std::string& key, const std::string& value) {
  models_[space][key] = value;
  times_[space].erase(key);
}

bool ModelledStore::remove(std::size_t space, const std::string& key) {
  times_[space].erase(key);
  return models_[space].erase(key) == 1;
}

void ModelledStore::erase(const ModelStep& step) {
  const bool was_there = remove(step.space, key_of(step.key));
  require(says(was_there, spaces_[step.space].erase(key_of(step.key), {.durability = step.durability})));
}

// Every other one expects what is there; the rest expect something else, or nothing.
void ModelledStore::compare_and_set(const ModelStep& step) {
  auto& model = models_[step.space];
  const std::string key = key_of(step.key);
  const auto present = model.find(key);
  std::optional<std::string> expected;
  if (present != model.end()) expected = present->second;
  bool matches = true;
  if (step.value % 2 == 1) {
    matches = false;
    expected = expected ? std::nullopt : std::optional<std::string>("something");
  }
  require(says(matches, spaces_[step.space].compare_and_set(key, expected, value_of(step.value),
                                                            {.durability = step.durability})));
  if (matches) set(step.space, key, value_of(step.value));
}

// Every third one removes the key.
void ModelledStore::exchange(const ModelStep& step) {
  auto& model = models_[step.space];
  const std::string key = key_of(step.key);
  std::optional<std::string> desired;
  if (step.value % 3 != 0) desired = value_of(step.value);
  const auto before = spaces_[step.space].exchange(key, desired, {.durability = step.durability});
  require(ok(before));
  const auto present = model.find(key);
  RC_ASSERT(*before == (present == model.end() ? std::nullopt : std::optional(present->second)));
  remove(step.space, key);
  if (desired) set(step.space, key, *desired);
}

// Likewise.
void ModelledStore::put_async(const ModelStep& step) {
  const std::string key = key_of(step.key);
  const auto ticket = step.value % 3 == 0
                          ? spaces_[step.space].erase_async(key, {.durability = step.durability})
                          : spaces_[step.space].put_async(key, value_of(step.value), {.durability = step.durability});
  require(ok(ticket));
  remove(step.space, key);
  if (step.value % 3 != 0) set(step.space, key, value_of(step.value));
  require(ok(ticket->wait()));
}

void ModelledStore::multi_put(const ModelStep& step) {
  std::vector<std::string> texts;
  for (std::uint32_t i = 0; i < 1 + step.value % 9; ++i) {
    texts.push_back(key_of(step.key + i % 5 * 7));  // some of them twice
    texts.push_back(value_of(step.value + i));
    set(step.space, texts[2 * i], texts[2 * i + 1]);
  }
  std::vector<KvEntry> entries;
  for (std::size_t i = 0; i < texts.size(); i += 2) entries.push_back({texts[i], texts[i + 1]});
  require(ok(spaces_[step.space].multi_put(entries, {.durability = step.durability})));
}

void ModelledStore::batch(const ModelStep& step) {
  Batch batch;
  for (std::uint32_t i = 0; i < 2 + step.value % 9; ++i) {
    const std::size_t space = (step.space + i / 3) % kSpaceCount;
    const std::string key = key_of(step.key + i * 5);
    if ((step.value + i) % 4 == 0) {
      batch.erase(spaces_[space], key);
      remove(space, key);
    } else {
      batch.put(spaces_[space], key, value_of(step.value + i));
      set(space, key, value_of(step.value + i));
    }
  }
  require(ok(store_->commit(batch, {.durability = step.durability})));
}

void ModelledStore::check_key(std::size_t space, const std::string& key) {
  const auto& model = models_[space];
  const auto present = model.find(key);
  require(says(present != model.end(), spaces_[space].contains(key)));
  require(present == model.end() ? is_absent(spaces_[space], key)
                                 : holds(spaces_[space], key, present->second));
  const auto time = times_[space].find(key);
  const auto expires_us = spaces_[space].expires_at_us(key);
  require(ok(expires_us));
  RC_ASSERT(*expires_us == (time == times_[space].end() ? std::nullopt : std::optional(time->second)));
}

void ModelledStore::check_all() {
  for (std::size_t space = 0; space < kSpaceCount; ++space) {
    std::map<std::string, std::string> scanned;
    bool twice = false;
    require(ok(spaces_[space].scan("", [&](std::string_view key, std::string_view value) {
      twice = twice || !scanned.emplace(key, value).second;
      return true;
    })));
    RC_ASSERT(!twice);
    RC_ASSERT(scanned == models_[space]);
    require(has_size(spaces_[space], models_[space].size()));
    for (const auto& [key, value] : models_[space]) check_key(space, key);
    std::vector<std::string> names;
    for (std::uint32_t key = 0; key < 24; ++key) names.push_back(key_of(key));
    const auto values = spaces_[space].multi_get(std::vector<std::string_view>(names.begin(), names.end()));
    require(ok(values));
    for (std::size_t i = 0; i < names.size(); ++i) {
      const auto present = models_[space].find(names[i]);
      RC_ASSERT((*values)[i] == (present == models_[space].end() ? std::nullopt : std::optional(present->second)));
    }
  }
}

void check_against_model(BackendRow row, int case_count) {
  check_property(case_count, [row] {
    ModelledStore store(row);
    for (const ModelStep& step : *rc::gen::container<std::vector<ModelStep>>(any_step())) store.apply(step);
    for (const ModelStep::Kind end :
         {ModelStep::Kind::check_all, ModelStep::Kind::kill, ModelStep::Kind::check_all,
          ModelStep::Kind::close, ModelStep::Kind::check_all})
      store.apply({.kind = end});
  });
}

}  // namespace holdfast
