#include "contents.hpp"

#include <algorithm>
#include <mutex>
#include <unordered_set>

namespace holdfast::lab {
namespace {

struct TransparentHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
};

void complain(std::vector<std::string>& complaints, std::string_view what, const Error& error) {
  complaints.push_back(std::string(what) + ": " + std::string(name(error.code)) + ": " + error.to_string());
}

void complain_of_damage(std::vector<std::string>& complaints, std::string_view who,
                        const std::vector<Damage>& damage) {
  for (const Damage& one : damage)
    complaints.push_back(std::string(who) + " reports damage: " + one.message + " at " +
                         std::to_string(one.range.offset));
}

/// The order in memory against what the scan has found.
void check_order(const Kv& space, const std::string& label, const std::map<std::string, Value>& scanned,
                 std::vector<std::string>& complaints) {
  for (const bool reverse : {false, true}) {
    std::vector<std::pair<std::string, Value>> expected(scanned.begin(), scanned.end());
    if (reverse) std::reverse(expected.begin(), expected.end());
    std::vector<std::pair<std::string, Value>> found;
    const auto walked = space.range({.reverse = reverse}, [&](std::string_view key, std::string_view value) {
      found.emplace_back(key, intern(value));
      return true;
    });
    if (!walked)
      complain(complaints, label + ": range", walked.error());
    else if (found != expected)
      complaints.push_back(label + ": a range shows " + std::to_string(found.size()) + " keys, and differs from scan");
  }
}

std::map<std::string, Value> read_space(Kv& space, std::vector<std::string>& complaints) {
  const std::string label = "space '" + std::string(space.name()) + "'";
  std::map<std::string, Value> found;
  const auto scanned = space.scan("", [&](std::string_view key, std::string_view value) {
    if (!found.try_emplace(std::string(key), intern(value)).second)
      complaints.push_back(label + ": scan visits key '" + std::string(key) + "' twice");
    return true;
  });
  if (!scanned) complain(complaints, label + ": scan", scanned.error());
  for (const auto& [key, value] : found) {
    const auto got = space.get(key);
    if (!got)
      complain(complaints, label + ": get '" + key + "'", got.error());
    else if (!got->has_value() || intern(**got) != value)
      complaints.push_back(label + ": get '" + key + "' differs from scan");
    if (const auto there = space.contains(key); !there || !*there)
      complaints.push_back(label + ": contains '" + key + "' differs from scan");
  }
  const auto size = space.size();
  if (!size || *size != found.size())
    complaints.push_back(label + ": size() says " + (size ? std::to_string(*size) : "error") +
                         ", scan visited " + std::to_string(found.size()));
  if (is_name_of_ordered(space.name())) check_order(space, label, found, complaints);
  return found;
}

std::string key_of_id(LogId id) {
  const std::string digits = std::to_string(id);
  return std::string(10 - digits.size(), '0') + digits;
}

std::map<std::string, Value> read_stream(Log& stream, std::vector<std::string>& complaints) {
  const std::string label = "stream '" + std::string(stream.name()) + "'";
  std::map<std::string, Value> found;
  const auto first = stream.first_id();
  if (!first) {
    complain(complaints, label + ": first_id", first.error());
    return found;
  }
  if (*first > 1) found.emplace(key_of_id(*first - 1), nullptr);
  LogId expected = *first;
  std::size_t gone_count = 0;
  const auto pass_gap_to = [&](LogId end) {
    for (; expected < end; ++expected, ++gone_count) {
      const auto read = stream.read(expected);
      if (read || read.error().code != ErrorCode::not_found)
        complaints.push_back(label + ": scan passes over id " + std::to_string(expected) + ", and read() does not say that it is gone");
      found.try_emplace(key_of_id(expected), gone());
    }
  };
  const auto scanned = stream.scan(*first, [&](const LogEntryView& entry) {
    pass_gap_to(entry.id);
    if (entry.id != expected++) complaints.push_back(label + ": scan visits id " + std::to_string(entry.id));
    found.try_emplace(key_of_id(entry.id), intern(entry.payload));
    const auto read = stream.read(entry.id);
    if (!read)
      complain(complaints, label + ": read " + std::to_string(entry.id), read.error());
    else if (read->payload != entry.payload || read->timestamp_us != entry.timestamp_us)
      complaints.push_back(label + ": read " + std::to_string(entry.id) + " differs from scan");
    return true;
  });
  if (!scanned) complain(complaints, label + ": scan", scanned.error());
  const auto next = stream.next_id();
  if (scanned && next) pass_gap_to(*next);
  std::size_t seen_back = 0;
  const auto scanned_back = stream.scan_back(expected, [&](const LogEntryView& entry) {
    const auto there = found.find(key_of_id(entry.id));
    seen_back += there != found.end() && there->second == intern(entry.payload) ? 1 : 0;
    return true;
  });
  if (!scanned_back || seen_back + gone_count + (*first > 1 ? 1 : 0) != found.size()) complaints.push_back(label + ": a scan back differs from scan");
  if (!next || *next != expected)
    complaints.push_back(label + ": next_id() says " + (next ? std::to_string(*next) : "error") +
                         ", scan ended at " + std::to_string(expected));
  return found;
}

}  // namespace

bool is_name_of_ordered(std::string_view space) noexcept { return space.starts_with("ordered"); }

Value intern(std::string_view bytes) {
  static std::mutex mutex;
  static std::unordered_set<std::string, TransparentHash, std::equal_to<>> pool;
  const std::lock_guard lock(mutex);
  const auto found = pool.find(bytes);
  return &(found != pool.end() ? *found : *pool.emplace(bytes).first);
}

Contents read_contents(Store& store, std::vector<std::string>& complaints) {
  complain_of_damage(complaints, "recovery", store.recovery().damage);
  Contents contents;
  const auto spaces = store.spaces();
  if (!spaces) {
    complain(complaints, "spaces", spaces.error());
    return contents;
  }
  for (const SpaceInfo& info : *spaces) {
    if (info.kind == SpaceKind::log) {
      auto stream = store.log(info.name, {.mode = OpenMode::existing});
      if (!stream)
        complain(complaints, "log '" + info.name + "'", stream.error());
      else
        contents.try_emplace(info.name, read_stream(*stream, complaints));
      const auto cursors = stream ? stream->cursors() : Result<std::vector<LogCursor>>();
      if (!cursors) complain(complaints, "cursors of '" + info.name + "'", cursors.error());
      if (cursors)
        for (const LogCursor& cursor : *cursors)
          contents[cursors_of(info.name)].emplace(cursor.name, intern(std::to_string(cursor.next)));
    }
    if (info.kind != SpaceKind::kv) continue;
    auto space = store.kv(info.name, {.mode = OpenMode::existing});
    if (!space)
      complain(complaints, "kv '" + info.name + "'", space.error());
    else if (!contents.try_emplace(info.name, read_space(*space, complaints)).second)
      complaints.push_back("spaces() lists '" + info.name + "' twice");
  }
  if (const auto verified = store.verify(); !verified)
    complain(complaints, "verify", verified.error());
  else
    complain_of_damage(complaints, "verify", verified->damage);
  return contents;
}

std::string describe(Value value) {
  if (value == nullptr) return "nothing";
  std::string begin = value->substr(0, 12);
  std::replace_if(
      begin.begin(), begin.end(), [](char c) { return c < ' ' || c > '~'; }, '.');
  return std::to_string(value->size()) + " B '" + begin + "' #" +
         std::to_string(std::hash<std::string>{}(*value) % 10'000);
}

std::string difference(const Contents& expected, const Contents& found) {
  for (const auto& [space, keys] : expected) {
    const auto other = found.find(space);
    if (other == found.end()) return "space '" + space + "' is missing";
    for (const auto& [key, value] : keys) {
      const auto at = other->second.find(key);
      const Value there = at == other->second.end() ? nullptr : at->second;
      if (there != value)
        return "space '" + space + "', key '" + key + "': expected " + describe(value) + ", found " +
               describe(there);
    }
    for (const auto& [key, value] : other->second)
      if (!keys.contains(key))
        return "space '" + space + "', key '" + key + "': expected nothing, found " + describe(value);
  }
  for (const auto& [space, keys] : found)
    if (!expected.contains(space)) return "space '" + space + "' is there and should not";
  return {};
}

}  // namespace holdfast::lab
