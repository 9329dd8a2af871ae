#include "stream_check.hpp"

#include <algorithm>

#include "common/base/check.hpp"

namespace holdfast::lab {

StreamCheck::StreamCheck(const std::string& stream, const Contents& base,
                         const std::vector<const Operation*>& operations, std::uint64_t event_count)
    : stream_(stream), base_(records_of(base, stream)), event_count_(event_count) {
  for (const Operation* operation : operations) {
    for (const Change& change : operation->changes) {
      if (!change.appends || change.space != stream) continue;
      appended_[operation].push_back(change.value);
      HOLDFAST_CHECK(appender_of_.try_emplace(change.value, operation).second);
    }
    if (appended_.contains(operation)) operations_.push_back(operation);
  }
}

// Ids are keys of one length, so that a map has them in their order.
StreamCheck::Records StreamCheck::records_of(const Contents& contents, const std::string& stream) {
  Records records;
  if (const auto found = contents.find(stream); found != contents.end())
    for (const auto& [id, value] : found->second) records.push_back(value);
  return records;
}

std::string StreamCheck::run(const Contents& found, std::uint64_t shown) {
  const Records records = records_of(found, stream_);
  if (records.size() < shown)
    return std::to_string(records.size()) + " records are there, and a reader was shown " +
           std::to_string(shown);
  if (auto wrong = check_records(records); !wrong.empty()) return wrong;
  if (auto wrong = check_operations(records); !wrong.empty()) return wrong;
  return check_threads();
}

std::string StreamCheck::check_records(const Records& records) {
  if (records.size() < base_.size() || !std::equal(base_.begin(), base_.end(), records.begin()))
    return "what was there before has changed or is lost";
  for (std::size_t place = base_.size(); place < records.size();) {
    const auto appender = appender_of_.find(records[place]);
    const std::string where = "record " + std::to_string(place + 1) + ", " + describe(records[place]) + ", ";
    if (appender == appender_of_.end()) return where + "was appended by nobody";
    const Records& appended = appended_.at(appender->second);
    if (!first_place_.try_emplace(appender->second, place).second) return where + "is there twice";
    for (std::size_t i = 0; i < appended.size(); ++i)
      if (place + i >= records.size() || records[place + i] != appended[i])
        return where + "is part of a batch that is not there as a whole";
    place += appended.size();
  }
  return {};
}

std::string StreamCheck::check_operations(const Records& records) {
  for (const Operation* operation : operations_) {
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
