#include "sharded_log/auto_checkpoint.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <memory>
#include <shared_mutex>
#include <span>
#include <utility>
#include <vector>

#include "common/base/out_of_memory.hpp"
#include "sharded_log/checkpoints.hpp"
#include "sharded_log/sharded_log_state.hpp"

namespace holdfast::sharded_log {
namespace {

constexpr std::string_view kAutoPrefix = "auto-";

// Others are no numbers of checkpoints made so, whoever has called one by them.
constexpr std::uint64_t kAutoNumberEnd = std::uint64_t{1} << 63;

// A year: what sleeps longer need not be told from what sleeps for ever, and no clock runs over.
constexpr std::uint64_t kIntervalMsMax = std::uint64_t{365} * 24 * 60 * 60 * 1'000;

}  // namespace

std::string auto_checkpoint_id(std::uint64_t number) { return std::string(kAutoPrefix) + std::to_string(number); }

std::optional<std::uint64_t> auto_checkpoint_number(std::string_view id) noexcept {
  if (!id.starts_with(kAutoPrefix)) return std::nullopt;
  id.remove_prefix(kAutoPrefix.size());
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), number);
  if (error != std::errc() || end != id.data() + id.size()) return std::nullopt;
  if (id.front() == '0' || number >= kAutoNumberEnd) return std::nullopt;  // never written so
  return number;
}

AutoCheckpointer::AutoCheckpointer(const AutoCheckpoint& terms, Make make)
    : terms_(terms),
      make_(std::move(make)),
      timer_(std::chrono::milliseconds(std::min(terms.ms, kIntervalMsMax)), [this] { run(); }) {}

std::optional<Error> AutoCheckpointer::error() const {
  const std::lock_guard lock(mutex_);
  return error_;
}

// The interval begins with the first append behind a checkpoint, so that a log at rest wakes nobody.
void AutoCheckpointer::begin_interval() noexcept {
  if (is_over_.load(std::memory_order_relaxed) || is_timed_.exchange(true)) return;
  if (!timer_.arm()) is_timed_.store(false);  // no thread could be started: the next append tries again
}

void AutoCheckpointer::make_now() noexcept {
  if (is_over_.load(std::memory_order_relaxed)) return;
  static_cast<void>(timer_.fire());
}

// Counted anew from before the cut: what is appended meanwhile may count twice, and is never forgotten.
void AutoCheckpointer::run() noexcept {
  is_timed_.store(false);
  records_.store(0, std::memory_order_relaxed);
  bytes_.store(0, std::memory_order_relaxed);
  const auto made = without_bad_alloc([this] { return make_(); });
  const std::lock_guard lock(mutex_);
  if (made) {
    if (*made) made_.fetch_add(1, std::memory_order_relaxed);
    error_.reset();
    return;
  }
  error_ = copy_of(made.error());
  const ErrorCode code = made.error().code;
  is_over_.store(code == ErrorCode::closed || code == ErrorCode::locked || code == ErrorCode::not_found);
}

namespace {

bool is_asked_for(const AutoCheckpoint& terms) noexcept {
  return terms.records != 0 || terms.bytes != 0 || terms.ms != 0;
}

/// Those that were made so, and the highest number.
struct AutoCheckpoints {
  std::vector<KeptCheckpoint> all;
  std::uint64_t last_number = 0;
};

AutoCheckpoints auto_checkpoints(const CheckpointBook& book) {
  AutoCheckpoints found;
  found.all = book.all([&](const KeptCheckpoint& kept) {
    const auto number = auto_checkpoint_number(kept.checkpoint->id);
    found.last_number = std::max(found.last_number, number.value_or(0));
    return number.has_value();
  });
  return found;
}

/// Records that no checkpoint made so has below it.
std::uint64_t uncovered(const AutoCheckpoints& made, const std::vector<LogId>& next_ids) {
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < next_ids.size(); ++i)
    count += next_ids[i] - (made.all.empty() ? 1 : std::min(made.all.back().checkpoint->next[i], next_ids[i]));
  return count;
}

/// What goes lies in memory alone until the next change of the ledger: it may come back behind a kill, and goes again.
void keep_youngest(CheckpointBook& book, std::uint64_t keep) {
  const auto made = auto_checkpoints(book);
  if (keep == 0 || made.all.size() <= keep) return;
  book.supersede(std::span(made.all).first(made.all.size() - static_cast<std::size_t>(keep)));
}

// `last_number` rises, also where all that were made so are forgotten.
Result<bool> make_auto_checkpoint(ShardedLogState& log, std::uint64_t& last_number) {
  return log.answer([&]() -> Result<bool> {
    const std::shared_lock turn(log.checkpoint_turn());
    const auto before = auto_checkpoints(log.checkpoints());
    const auto next_ids = log.next_ids();
    if (!next_ids) return Unexpected(next_ids.error());
    if (uncovered(before, *next_ids) == 0) return false;
    const std::uint64_t number = std::max(last_number, before.last_number) + 1;
    if (number >= kAutoNumberEnd)
      return Unexpected(Error{.code = ErrorCode::too_large, .message = "no number is left for another checkpoint"});
    if (auto made = make_checkpoint(log, auto_checkpoint_id(number)); !made) return Unexpected(made.error());
    last_number = number;
    keep_youngest(log.checkpoints(), log.options().auto_checkpoint.keep);
    return true;
  });
}

}  // namespace

// What was appended before the log was opened counts like what comes.
void begin_auto_checkpoints(ShardedLogState& log) {
  const AutoCheckpoint& terms = log.options().auto_checkpoint;
  if (!is_asked_for(terms)) return;
  if (const auto engine = log.stores().front().gate->enter(); !engine || engine->read_only()) return;
  const auto make = [&log, last_number = std::uint64_t{0}]() mutable { return make_auto_checkpoint(log, last_number); };
  log.observe_appends(std::make_unique<AutoCheckpointer>(terms, make));
  const auto next_ids = log.next_ids();
  if (!next_ids) return;
  const std::uint64_t count = uncovered(auto_checkpoints(log.checkpoints()), *next_ids);
  if (count != 0) log.observer()->appended(count, 0);
}

void add_checkpoint_statistics(const ShardedLogState& log, ShardedLogStatistics& statistics) {
  statistics.checkpoints = log.checkpoints().count();
  const auto* const made = dynamic_cast<const AutoCheckpointer*>(log.observer());
  if (made == nullptr) return;
  statistics.auto_checkpoints = made->made();
  statistics.auto_checkpoint_error = made->error();
}

}  // namespace holdfast::sharded_log
