#include "history_check.hpp"

#include <algorithm>
#include <set>

#include "common/base/check.hpp"
#include "stream_check.hpp"

namespace holdfast::lab {
namespace {

Value value_in(const Contents& contents, const std::string& space, const std::string& key) {
  const auto keys = contents.find(space);
  if (keys == contents.end()) return nullptr;
  const auto value = keys->second.find(key);
  return value == keys->second.end() ? nullptr : value->second;
}

/// A lane's keys as a prefix of its operations leaves them, beside what was found.
class Replay {
 public:
  Replay(const std::string& space, const std::vector<const Operation*>& operations, const Contents& base,
         const Contents& found)
      : space_(space) {
    for (const Operation* operation : operations)
      for (const Change& change : operation->changes)
        if (change.space == space)
          keys_[change.key] = {value_in(base, space, change.key), value_in(found, space, change.key)};
    for (const auto& [key, both] : keys_) mismatches_ += both.first != both.second;
  }

  void apply(const Operation& operation) {
    for (const Change& change : operation.changes) {
      if (change.space != space_) continue;
      auto& [model, found] = keys_.at(change.key);
      mismatches_ -= model != found;
      model = change.value;
      mismatches_ += model != found;
    }
  }

  [[nodiscard]] std::size_t mismatches() const noexcept { return mismatches_; }

  [[nodiscard]] std::string first_mismatch() const {
    for (const auto& [key, both] : keys_)
      if (both.first != both.second)
        return "key '" + key + "' should be " + describe(both.first) + " and is " + describe(both.second);
    return {};
  }

 private:
  const std::string& space_;
  std::map<std::string, std::pair<Value, Value>> keys_;
  std::size_t mismatches_ = 0;
};

}  // namespace

HistoryCheck::HistoryCheck(const Contents& base, std::vector<const Operation*> operations,
                           std::uint64_t event_count, std::map<std::string, std::uint64_t> shown)
    : base_(base), operations_(std::move(operations)), event_count_(event_count), shown_(std::move(shown)) {
  for (const auto& [stream, count] : shown_) streams_.insert(stream);
  for (const Operation* operation : operations_) {
    for (const std::string& stream : {operation->drops_stream, operation->cuts_stream, operation->thins_stream})
      if (!stream.empty()) streams_.insert(stream);
    for (const EndCut& cut : operation->end_cuts) streams_.insert(cut.stream);
    std::set<std::string> spaces;
    for (const Change& change : operation->changes) {
      if (change.appends) {
        streams_.insert(change.space);
        continue;
      }
      spaces.insert(change.space);
      const auto writer = writer_of_.try_emplace({change.space, change.key}, operation->thread).first;
      HOLDFAST_CHECK(writer->second == operation->thread);
    }
    for (const std::string& space : spaces) {
      Lane& lane = lanes_[{operation->thread, space}];
      lane.operations.push_back(operation);
      if (operation->durable <= event_count_) lane.shortest = lane.operations.size();
    }
  }
}

std::string HistoryCheck::run(const Contents& found) {
  if (auto wrong = check_spaces(found); !wrong.empty()) return wrong;
  if (auto wrong = check_untouched(found); !wrong.empty()) return wrong;
  if (auto wrong = check_streams(found); !wrong.empty()) return wrong;
  for (auto& [name, lane] : lanes_)
    if (auto wrong = find_prefixes(name, lane, found); !wrong.empty()) return wrong;
  return check_batches();
}

std::string HistoryCheck::check_spaces(const Contents& found) const {
  std::set<std::string> allowed;
  std::set<std::string> may_be_gone;
  for (const Operation* operation : operations_)
    for (const std::string& dropped : {operation->drops_space, operation->drops_stream}) {
      if (dropped.empty()) continue;
      may_be_gone.insert(dropped);
      if (operation->durable <= event_count_ && found.contains(dropped))
        return "space '" + dropped + "', which was dropped, is there";
    }
  for (const auto& [space, keys] : base_) {
    allowed.insert(space);
    const bool may_be_empty = space.starts_with(cursors_of(""));
    if (!found.contains(space) && !may_be_gone.contains(space) && !may_be_empty) return "space '" + space + "' is lost";
  }
  for (const Operation* operation : operations_) {
    if (operation->creates_space.empty()) continue;
    allowed.insert(operation->creates_space);
    if (operation->durable <= event_count_ && !found.contains(operation->creates_space))
      return "space '" + operation->creates_space + "', whose creation was acknowledged, is lost";
  }
  for (const auto& [space, keys] : found)
    if (!allowed.contains(space) && !space.starts_with(cursors_of(""))) return "space '" + space + "' was never created";
  return {};
}

std::string HistoryCheck::check_streams(const Contents& found) {
  for (const std::string& stream : streams_) {
    if (!found.contains(stream)) continue;  // it was dropped, or not created yet, or check_spaces() has told
    StreamCheck check(stream, base_, operations_, event_count_);
    const auto shown = shown_.find(stream);
    if (auto wrong = check.run(found, shown == shown_.end() ? 0 : shown->second); !wrong.empty())
      return "stream '" + stream + "': " + wrong;
    for (const auto& [operation, is_there] : check.are_there()) {
      const auto other = in_streams_.try_emplace(operation, is_there).first;
      if (other->second != is_there) return "an operation is there in one stream and not in another";
    }
  }
  return {};
}

bool HistoryCheck::agrees_with_streams(const Lane& lane, std::size_t length) const {
  for (std::size_t i = 0; i < lane.operations.size(); ++i) {
    const auto appended = in_streams_.find(lane.operations[i]);
    if (appended != in_streams_.end() && appended->second != (i < length)) return false;
  }
  return true;
}

std::string HistoryCheck::check_untouched(const Contents& found) const {
  for (const auto& [space, keys] : base_) {
    if (streams_.contains(space)) continue;
    for (const auto& [key, value] : keys) {
      const Value there = value_in(found, space, key);
      if (there != value && !writer_of_.contains({space, key}))
        return "space '" + space + "', key '" + key + "', which nobody touched, should be " +
               describe(value) + " and is " + describe(there);
    }
  }
  for (const auto& [space, keys] : found)
    for (const auto& [key, value] : keys)
      if (value != nullptr && !streams_.contains(space) && value_in(base_, space, key) == nullptr &&
          !writer_of_.contains({space, key}))
        return "space '" + space + "', key '" + key + "', which nobody wrote, is " + describe(value);
  return {};
}

std::string HistoryCheck::find_prefixes(const ThreadSpace& name, Lane& lane, const Contents& found) const {
  Replay replay(name.second, lane.operations, base_, found);
  std::string closest;
  std::size_t closest_mismatches = kNever;
  for (std::size_t length = 0; length <= lane.operations.size(); ++length) {
    if (length > 0) replay.apply(*lane.operations[length - 1]);
    if (length < lane.shortest) continue;
    if (replay.mismatches() == 0 && agrees_with_streams(lane, length)) lane.prefixes.push_back(length);
    if (replay.mismatches() < closest_mismatches) {
      closest_mismatches = replay.mismatches();
      closest = "after " + std::to_string(length) + " " + replay.first_mismatch();
    }
  }
  if (!lane.prefixes.empty()) return {};
  return "space '" + name.second + "', thread " + std::to_string(name.first) + ": no prefix of its writes, " +
         std::to_string(lane.shortest) + " to " + std::to_string(lane.operations.size()) +
         ", explains what is there; closest: " + closest;
}

std::string HistoryCheck::check_batches() const {
  std::map<ThreadSpace, std::size_t> chosen;
  if (batches_agree(chosen, lanes_.begin())) return {};
  return "a batch is there in one space and not in another";
}

bool HistoryCheck::batches_agree(std::map<ThreadSpace, std::size_t>& chosen,
                                 std::map<ThreadSpace, Lane>::const_iterator lane) const {
  if (lane == lanes_.end()) return true;
  for (const std::size_t length : lane->second.prefixes) {
    bool agrees = true;
    for (auto other = lanes_.begin(); agrees && other != lane; ++other) {
      if (other->first.first != lane->first.first) continue;
      const auto& theirs = other->second.operations;
      for (std::size_t i = 0; agrees && i < theirs.size(); ++i) {
        const auto mine =
            std::find(lane->second.operations.begin(), lane->second.operations.end(), theirs[i]);
        if (mine == lane->second.operations.end()) continue;
        const bool is_in = mine - lane->second.operations.begin() < static_cast<std::ptrdiff_t>(length);
        agrees = is_in == (i < chosen.at(other->first));
      }
    }
    if (!agrees) continue;
    chosen[lane->first] = length;
    if (batches_agree(chosen, std::next(lane))) return true;
  }
  return false;
}

}  // namespace holdfast::lab
