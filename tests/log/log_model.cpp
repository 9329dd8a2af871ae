#include "log_model.hpp"

#include <ostream>

#include "unit/property.hpp"

namespace holdfast {
namespace {

void require(const ::testing::AssertionResult& result) {
  if (!result) RC_FAIL(std::string(result.message()));
}

/// Empty, small, with a footer, and too large for a segment of 64 KiB.
std::string payload_of(std::uint32_t number) {
  constexpr std::array<std::size_t, 8> kSizes{0, 1, 20, 100, 300, 2'000, 12'000, 90'000};
  return some_value(kSizes[number % kSizes.size()], number);
}

/// Appends are frequent, opening again is not.
rc::Gen<LogStep> any_step() {
  using Kind = LogStep::Kind;
  return rc::gen::construct<LogStep>(
      rc::gen::weightedElement<Kind>({{12, Kind::append},
                                      {5, Kind::append_batch},
                                      {5, Kind::append_async},
                                      {4, Kind::commit},
                                      {4, Kind::check_one},
                                      {2, Kind::check_all},
                                      {1, Kind::sync},
                                      {1, Kind::close},
                                      {1, Kind::kill}}),
      rc::gen::inRange<std::uint32_t>(0, 2), rc::gen::inRange<std::uint32_t>(0, 64),
      rc::gen::weightedElement<Durability>(
          {{1, Durability::immediate}, {1, Durability::interval}, {6, Durability::buffered}}));
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const LogStep& step) {
  constexpr std::array<const char*, 9> kNames{
      "append", "append_batch", "append_async", "commit", "check_one", "check_all", "sync", "close", "kill"};
  return out << kNames[static_cast<std::size_t>(step.kind)] << "(stream " << step.stream << ", value "
             << step.value << ", durability " << static_cast<int>(step.durability) << ")";
}

ModelledStreams::ModelledStreams(BackendRow row) : row_(row), directory_(row->root) {
  options_.backend = backend_of(row);
  options_.emulate_pmem = true;
  options_.size_bytes = kMiB;
  options_.max_size_bytes = kTestMaxSizeBytes;
  options_.segment_size_bytes = 64 << 10;
  options_.recovery_threads = 2;
  open();
}

void ModelledStreams::open() {
  auto opened = Store::open(directory_.store(), options_);
  require(ok(opened));
  store_.emplace(std::move(*opened));
  RC_ASSERT(store_->recovery().damage.empty());
  streams_.clear();
  for (std::size_t i = 0; i < kStreamCount; ++i) {
    auto stream = store_->log("stream " + std::to_string(i));
    require(ok(stream));
    streams_.push_back(std::move(*stream));
  }
  auto keys = store_->kv("keys");
  require(ok(keys));
  keys_.emplace(std::move(*keys));
}

void ModelledStreams::apply(const LogStep& step) {
  switch (step.kind) {
    case LogStep::Kind::append:
      return append(step);
    case LogStep::Kind::append_batch:
      return append_batch(step);
    case LogStep::Kind::append_async:
      return append_async(step);
    case LogStep::Kind::commit:
      return commit(step);
    case LogStep::Kind::check_one:
      return check_one(step);
    case LogStep::Kind::check_all:
      return check_all();
    case LogStep::Kind::sync:
      return require(ok(store_->sync()));
    case LogStep::Kind::close:
    case LogStep::Kind::kill:
      break;
  }
  if (!row_->capabilities.has_path) return;  // it would be gone
  if (step.kind == LogStep::Kind::close) {
    require(ok(store_->close()));
    for (const auto& [id, ticket] : tickets_) RC_ASSERT(ticket.poll().has_value());
  }
  finish_tickets();  // behind a kill they might tell that they were dropped
  store_.reset();
  open();
}

void ModelledStreams::append(const LogStep& step) {
  auto& model = models_[step.stream];
  model.push_back(payload_of(step.value));
  require(is_id(model.size(), streams_[step.stream].append(model.back(), {.durability = step.durability})));
}

void ModelledStreams::append_batch(const LogStep& step) {
  auto& model = models_[step.stream];
  const LogId first = model.size() + 1;
  std::vector<std::string> payloads;
  for (std::uint32_t i = 0; i < 1 + step.value % 7; ++i) payloads.push_back(payload_of(step.value + i));
  const std::vector<std::string_view> views(payloads.begin(), payloads.end());
  require(is_id(first, streams_[step.stream].append_batch(views, {.durability = step.durability})));
  model.insert(model.end(), payloads.begin(), payloads.end());
}

void ModelledStreams::append_async(const LogStep& step) {
  auto& model = models_[step.stream];
  model.push_back(payload_of(step.value));
  auto ticket = streams_[step.stream].append_async(model.back(), {.durability = step.durability});
  require(ok(ticket));
  tickets_.emplace_back(model.size(), std::move(*ticket));
}

void ModelledStreams::commit(const LogStep& step) {
  Batch batch;
  for (std::uint32_t i = 0; i < 2 + step.value % 5; ++i) {
    const std::size_t stream = (step.stream + i / 2) % kStreamCount;
    models_[stream].push_back(payload_of(step.value + i));
    batch.append(streams_[stream], models_[stream].back());
  }
  key_model_ = payload_of(step.value);
  batch.put(*keys_, "key", *key_model_);
  require(ok(store_->commit(batch, {.durability = step.durability})));
}

void ModelledStreams::check_one(const LogStep& step) {
  finish_tickets();
  const auto& model = models_[step.stream];
  require(is_id(model.size() + 1, streams_[step.stream].next_id()));
  if (model.empty()) return;
  const LogId id = 1 + step.value % model.size();
  require(holds(streams_[step.stream], id, model[id - 1]));
}

void ModelledStreams::check_all() {
  finish_tickets();
  for (std::size_t stream = 0; stream < kStreamCount; ++stream)
    require(holds_all(streams_[stream], models_[stream]));
  require(key_model_ ? holds(*keys_, "key", *key_model_) : is_absent(*keys_, "key"));
}

void ModelledStreams::finish_tickets() {
  for (const auto& [id, ticket] : tickets_) require(is_id(id, ticket.wait()));
  tickets_.clear();
}

void check_streams_against_model(BackendRow row, int case_count) {
  check_property(case_count, [row] {
    ModelledStreams store(row);
    for (const LogStep& step : *rc::gen::container<std::vector<LogStep>>(any_step())) store.apply(step);
    for (const LogStep::Kind end : {LogStep::Kind::check_all, LogStep::Kind::kill, LogStep::Kind::check_all,
                                    LogStep::Kind::close, LogStep::Kind::check_all})
      store.apply({.kind = end});
  });
}

}  // namespace holdfast
