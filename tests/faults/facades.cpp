#include "faults/facades.hpp"

#include <algorithm>

namespace holdfast {

std::string text_of(std::size_t size, unsigned seed) {
  const std::string word = std::to_string(seed) + std::string("abcdefghijklmnopqrstuvwxyz").substr(seed % 26);
  std::string text;
  text.reserve(size + word.size());
  while (text.size() < size) text += word;
  text.resize(size);
  return text;
}

void Expected::put(const std::string& key, const std::string& value, bool acknowledged) {
  std::vector<Value>& values = keys_[key];
  if (acknowledged) values.clear();
  if (values.empty() && !acknowledged) values.emplace_back(std::nullopt);
  values.emplace_back(value);
  acknowledged_ += acknowledged ? 1 : 0;
}

void Expected::erase(const std::string& key, bool acknowledged) {
  std::vector<Value>& values = keys_[key];
  if (acknowledged) values.clear();
  values.emplace_back(std::nullopt);
  acknowledged_ += acknowledged ? 1 : 0;
}

void Expected::append(LogId id, const std::string& payload) {
  appended_[id] = payload;
  ++acknowledged_;
}

void Expected::write_region(std::uint64_t offset, const std::string& bytes, bool acknowledged) {
  const std::uint64_t number = ++region_writes_;
  if (!acknowledged) {
    region_writes_failed_.push_back({offset, bytes, number});
    return;
  }
  ++acknowledged_;
  const std::uint64_t end = offset + bytes.size();
  if (region_.size() < end) region_.resize(end), region_numbers_.resize(end);
  region_.replace(offset, bytes.size(), bytes);
  std::fill_n(region_numbers_.begin() + static_cast<std::ptrdiff_t>(offset), bytes.size(), number);
}

bool Expected::may_hold(std::uint64_t offset, char byte) const {
  if (region_[offset] == byte) return true;
  return std::ranges::any_of(region_writes_failed_, [&](const RegionWrite& write) {
    return write.number > region_numbers_[offset] && offset >= write.offset &&
           offset < write.offset + write.bytes.size() && write.bytes[offset - write.offset] == byte;
  });
}

void Expected::check_keys(const Kv& keys) const {
  for (const auto& [key, values] : keys_) {
    const auto found = keys.get(key);
    ASSERT_TRUE(ok(found)) << key;
    ASSERT_NE(std::find(values.begin(), values.end(), *found), values.end())
        << key << (*found ? " holds " + (*found)->substr(0, 20) : " is absent");
  }
}

void Expected::check_log(const Log& log) const {
  std::map<LogId, std::string> found;
  ASSERT_TRUE(ok(log.scan(1, [&](const LogEntryView& entry) {
    return found.emplace(entry.id, std::string(entry.payload)).second;
  })));
  for (const auto& [id, payload] : appended_) {
    ASSERT_TRUE(found.contains(id)) << "record " << id << " is lost";
    ASSERT_EQ(found[id], payload) << "record " << id;
    found.erase(id);
  }
  for (const auto& [id, payload] : found)
    ASSERT_TRUE(maybe_appended_.contains(payload)) << "record " << id << " was never appended";
}

void Expected::check_region(const Region& region) const {
  const auto size = region.size();
  ASSERT_TRUE(ok(size));
  ASSERT_GE(*size, region_.size());
  std::string bytes(region_.size(), '\0');
  ASSERT_TRUE(ok(region.read_at(0, std::as_writable_bytes(std::span(bytes)))));
  for (std::uint64_t offset = 0; offset < bytes.size(); ++offset)
    if (bytes[offset] != region_[offset]) {
      ASSERT_TRUE(may_hold(offset, bytes[offset])) << "byte " << offset << " of the region";
    }
}

void Expected::check(Store& store) const {
  if (!keys_.empty()) {
    auto keys = store.kv("keys", {.mode = OpenMode::existing});
    ASSERT_TRUE(ok(keys));
    ASSERT_NO_FATAL_FAILURE(check_keys(*keys));
  }
  if (!appended_.empty()) {
    auto log = store.log("log", {.mode = OpenMode::existing});
    ASSERT_TRUE(ok(log));
    ASSERT_NO_FATAL_FAILURE(check_log(*log));
  }
  if (!region_.empty()) {
    auto region = store.region("bytes", {.mode = OpenMode::existing});
    ASSERT_TRUE(ok(region));
    ASSERT_NO_FATAL_FAILURE(check_region(*region));
  }
  const auto verified = store.verify();
  ASSERT_TRUE(ok(verified));
  ASSERT_TRUE(verified->damage.empty()) << verified->damage.front().message;
  ASSERT_TRUE(store.recovery().damage.empty()) << store.recovery().damage.front().message;
}

}  // namespace holdfast
