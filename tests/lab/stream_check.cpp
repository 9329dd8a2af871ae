#include "stream_check.hpp"

#include <algorithm>

#include "common/base/check.hpp"

namespace holdfast::lab {

StreamCheck::StreamCheck(const std::string& stream, const Contents& base,
                         const std::vector<const Operation*>& operations, std::uint64_t event_count)
    : stream_(stream),
      base_(records_of(base, stream)),
      base_begin_(begin_of(base, stream)),
      event_count_(event_count) {
  for (const Operation* operation : operations) {
    for (const EndCut& cut : operation->end_cuts)
      if (cut.stream == stream) end_cuts_.emplace_back(operation, cut);
    if (operation->cuts_stream == stream) {
      cuts_.insert(operation->cuts_before);
      if (operation->durable <= event_count) durable_cut_ = std::max(durable_cut_, operation->cuts_before);
    }
    if (operation->thins_stream == stream) thinnings_.push_back(operation);
    for (const Change& change : operation->changes) {
      if (!change.appends || change.space != stream) continue;
      appended_[operation].push_back(change.value);
      HOLDFAST_CHECK(appender_of_.try_emplace(change.value, operation).second);
    }
    if (appended_.contains(operation)) operations_.push_back(operation);
  }
}

// Ids are keys of one length, so that a map has them in their order. Those up to one without a value are gone.
StreamCheck::Records StreamCheck::records_of(const Contents& contents, const std::string& stream) {
  Records records;
  if (const auto found = contents.find(stream); found != contents.end())
    for (const auto& [id, value] : found->second) {
      records.resize(std::stoull(id), nullptr);
      records.back() = value;
    }
  return records;
}

std::uint64_t StreamCheck::begin_of(const Contents& contents, const std::string& stream) {
  const auto found = contents.find(stream);
  if (found == contents.end() || found->second.empty()) return 1;
  const auto& [id, value] = *found->second.begin();
  return value == nullptr ? std::stoull(id) + 1 : 1;
}

std::set<std::uint64_t> StreamCheck::gone_ids(bool with_pending) const {
  std::set<std::uint64_t> ids;
  for (std::size_t i = 0; i < base_.size(); ++i)
    if (base_[i] == gone()) ids.insert(i + 1);
  for (const auto& [operation, cut] : end_cuts_)
    if (with_pending || operation->durable <= event_count_)
      for (std::uint64_t id = cut.from; id < cut.to; ++id) ids.insert(id);
  return ids;
}

std::string StreamCheck::check_gaps(const Records& records) {
  for (const bool with_pending : {false, true}) {
    const auto gone_ones = gone_ids(with_pending);
    bool agrees = gone_ones.empty() || *gone_ones.rbegin() <= records.size();
    for (std::size_t i = 0; i < records.size(); ++i)
      agrees = agrees && (records[i] == nullptr || (records[i] == gone()) == gone_ones.contains(i + 1));
    if (!agrees) continue;
    for (const auto& [operation, cut] : end_cuts_)
      are_there_[operation] = with_pending || operation->durable <= event_count_;
    return {};
  }
  return "records are missing that nobody has compacted away or cut off, or are back";
}

std::string StreamCheck::check_begin(std::uint64_t begin) const {
  if (begin < durable_cut_)
    return "it begins with record " + std::to_string(begin) + ", and was cut before " + std::to_string(durable_cut_);
  if (begin == base_begin_ || cuts_.contains(begin)) return {};
  for (const bool with_pending : {false, true}) {  // a gap behind the begin is not told apart from it
    const auto gone_ones = gone_ids(with_pending);
    std::uint64_t last = begin;
    while (gone_ones.contains(last - 1)) --last;
    if (last != begin && (last <= base_begin_ || cuts_.contains(last))) return {};
  }
  return "it begins with record " + std::to_string(begin) + ", where nobody has cut it";
}

std::string StreamCheck::fill_compacted(Records& records) const {
  for (std::uint64_t id = begin_; id <= records.size(); ++id) {
    const std::string what = "record " + std::to_string(id);
    const bool is_gone = records[id - 1] == gone();
    if (is_gone && id <= base_.size() && base_[id - 1] == gone()) continue;
    for (const Operation* thinning : thinnings_) {
      const auto thinned = thinning->thinned.find(id);
      if (thinned == thinning->thinned.end()) continue;
      if (!is_gone && thinning->durable <= event_count_) return what + " was compacted away, and is back";
      if (!is_gone) continue;
      if (records.size() < thinning->thinned_for)
        return what + " was compacted away for record " + std::to_string(thinning->thinned_for) + ", which is lost";
      records[id - 1] = thinned->second;
    }
  }
  return {};
}

std::string StreamCheck::run(const Contents& found, std::uint64_t shown) {
  Records records = records_of(found, stream_);
  begin_ = begin_of(found, stream_);
  if (records.size() < shown)
    return std::to_string(records.size()) + " records are there, and a reader was shown " +
           std::to_string(shown);
  if (auto wrong = check_begin(begin_); !wrong.empty()) return wrong;
  if (auto wrong = fill_compacted(records); !wrong.empty()) return wrong;
  if (auto wrong = check_gaps(records); !wrong.empty()) return wrong;
  if (auto wrong = check_records(records); !wrong.empty()) return wrong;
  if (auto wrong = check_operations(records); !wrong.empty()) return wrong;
  return check_threads();
}

std::string StreamCheck::check_records(const Records& records) {
  const auto is_same = [](Value before, Value now) {
    return now == nullptr || now == gone() || before == now;
  };
  if (records.size() < base_.size() || !std::equal(base_.begin(), base_.end(), records.begin(), is_same))
    return "what was there before has changed or is lost";
  std::size_t place = base_.size();
  place = std::max<std::size_t>(place, begin_ - 1);  // what is below was cut off
  const std::size_t begin = place;
  while (place < records.size()) {
    if (records[place] == gone()) {
      ++place;
      continue;
    }
    const auto appender = appender_of_.find(records[place]);
    const std::string where = "record " + std::to_string(place + 1) + ", " + describe(records[place]) + ", ";
    if (appender == appender_of_.end()) return where + "was appended by nobody";
    const Records& appended = appended_.at(appender->second);
    // A cut may go through a batch.
    const auto member = static_cast<std::size_t>(std::find(appended.begin(), appended.end(), records[place]) - appended.begin());
    if (member != 0 && (place != begin || place < member || begin == base_.size()))
      return where + "is part of a batch that is not there as a whole";
    if (!first_place_.try_emplace(appender->second, place - member).second) return where + "is there twice";
    for (std::size_t i = member; i < appended.size(); ++i)
      if (place + i - member >= records.size() ||
          (records[place + i - member] != appended[i] && records[place + i - member] != gone()))
        return where + "is part of a batch that is not there as a whole";
    place += appended.size() - member;
  }
  return {};
}

std::string StreamCheck::check_operations(const Records& records) {
  const std::size_t begin = begin_ - 1;
  for (const Operation* operation : operations_) {
    const std::size_t count = appended_.at(operation).size();
    const bool may_be_cut = operation->first_id == 0 ? operation->durable <= event_count_ && begin >= base_.size() + count
                                                     : operation->first_id - 1 + count <= begin;
    if (may_be_cut && !first_place_.contains(operation))
      first_place_.emplace(operation, operation->first_id == 0 ? base_.size() : operation->first_id - 1);
    const bool is_gone = operation->first_id != 0 && operation->first_id <= records.size() &&
                         records[operation->first_id - 1] == gone();
    if (is_gone) first_place_.try_emplace(operation, operation->first_id - 1);
    const auto place = first_place_.find(operation);
    are_there_[operation] = place != first_place_.end();
    const std::string what = "the append of " + describe(appended_.at(operation).front());
    if (place == first_place_.end()) {
      if (operation->durable <= event_count_) return what + " was durable and is lost";
      if (operation->first_id != 0 && operation->first_id <= records.size())
        return what + " is missing below others: its id was " + std::to_string(operation->first_id);
    } else if (operation->first_id != 0 && operation->first_id != place->second + 1) {
      return what + " was told the id " + std::to_string(operation->first_id) + " and is record " +
             std::to_string(place->second + 1);
    }
  }
  return {};
}

std::string StreamCheck::check_threads() const {
  std::map<std::uint32_t, const Operation*> missing;
  std::map<std::uint32_t, std::size_t> last_place;
  for (const Operation* operation : operations_) {  // in the order in which they began
    const std::string thread = "thread " + std::to_string(operation->thread) + ": ";
    const auto place = first_place_.find(operation);
    if (place == first_place_.end()) {
      missing.try_emplace(operation->thread, operation);
      continue;
    }
    if (missing.contains(operation->thread)) return thread + "an append is there, and one before it is not";
    auto& last = last_place[operation->thread];
    if (place->second < last) return thread + "its appends have changed their order";
    last = place->second;
  }
  return {};
}

}  // namespace holdfast::lab
