// Batches over regions, keys and a stream: what RegionActor does, and how their records are read.

#include <span>

#include "region_actor.hpp"

namespace holdfast::lab {
namespace {

constexpr std::string_view kKeys = "users";
constexpr std::string_view kStream = "audit";

std::string line_of(std::string_view key, std::string_view value) {
  return std::string(key).append("=").append(value).append("\n");
}

/// `text`, which has a line for each key in their order, with one more or another.
void put_line(std::string& text, const std::string& key, const std::string& value) {
  std::map<std::string, std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    const std::size_t sign = text.find('=', at);
    lines.emplace(text.substr(at, sign - at), text.substr(sign + 1, end - sign - 1));
    at = end + 1;
  }
  lines.insert_or_assign(key, value);
  text.clear();
  for (const auto& [one, its] : lines) text += line_of(one, its);
}

}  // namespace

void RegionActor::find_records() {
  if (auto keys = store_->kv(kKeys, {.mode = OpenMode::existing})) keys_ = *keys;
  if (auto stream = store_->log(kStream, {.mode = OpenMode::existing})) stream_ = *stream;
}

void RegionActor::create_records() {
  RegionHistory::Regions after = history_.now();
  after[std::string(kKeysContents)] = {};
  call(after, [&]() -> Result<void> {
    auto keys = store_->kv(kKeys);
    if (!keys) return Unexpected(keys.error());
    keys_ = *keys;
    return {};
  });
  after[std::string(kStreamContents)] = {};
  call(after, [&]() -> Result<void> {
    auto stream = store_->log(kStream);
    if (!stream) return Unexpected(stream.error());
    stream_ = *stream;
    return {};
  });
}

void RegionActor::put(const std::string& key, const std::string& value) {
  RegionHistory::Regions after = history_.now();
  put_line(after[std::string(kKeysContents)].durable, key, value);
  call(std::move(after), [&] { return keys_->put(key, value); });
}

void RegionActor::commit(const std::vector<BatchWrite>& writes, const Puts& puts,
                         const std::vector<std::string>& appends) {
  RegionHistory::Regions after = history_.now();
  Batch batch;
  for (const auto& [key, value] : puts) {
    put_line(after[std::string(kKeysContents)].durable, key, value);
    batch.put(*keys_, key, value);
  }
  for (const auto& [name, offset, bytes, is_end] : writes) {
    const auto span = std::as_bytes(std::span(bytes));
    if (is_end) {
      truncate_write_model(after[name], {offset, bytes});
      batch.truncate_write(region(name), offset, span);
    } else {
      update_model(after[name], {{offset, bytes}});
      batch.write_at(region(name), offset, span);
    }
  }
  for (const std::string& payload : appends) {
    after[std::string(kStreamContents)].durable += payload + "\n";
    batch.append(*stream_, payload);
  }
  call(std::move(after), [&] { return store_->commit(batch); });
}

void read_records(Store& store, RegionContents& contents, std::vector<std::string>& complaints) {
  const auto complain = [&](const Error& error) { complaints.push_back(error.to_string()); };
  if (auto keys = store.kv(kKeys, {.mode = OpenMode::existing})) {
    std::map<std::string, std::string> found;
    const auto scanned = keys->scan("", [&](std::string_view key, std::string_view value) {
      found.emplace(key, value);
      return true;
    });
    if (!scanned) complain(scanned.error());
    std::string& text = contents[std::string(kKeysContents)];
    for (const auto& [key, value] : found) text += line_of(key, value);
  }
  if (auto stream = store.log(kStream, {.mode = OpenMode::existing})) {
    std::string& text = contents[std::string(kStreamContents)];
    LogId expected = 1;
    const auto scanned = stream->scan(1, [&](const LogEntryView& entry) {
      if (entry.id != expected++) complaints.push_back("a record has the id " + std::to_string(entry.id));
      text.append(entry.payload).append("\n");
      return true;
    });
    if (!scanned) complain(scanned.error());
  }
}

}  // namespace holdfast::lab
