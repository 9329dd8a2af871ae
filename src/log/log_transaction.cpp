#include <holdfast/log_transaction.hpp>

#include "log/log_stream.hpp"

namespace holdfast {

void LogTransaction::append(std::string_view payload, AppendOptions options) {
  const std::string_view key = options.key.value_or(std::string_view());
  bytes_.reserve(bytes_.size() + key.size() + payload.size());
  records_.push_back({.start = bytes_.size(),
                      .key_size_bytes = key.size(),
                      .payload_size_bytes = payload.size(),
                      .is_keyed = options.key.has_value(),
                      .timestamp_us = options.timestamp_us});
  bytes_.append(key).append(payload);
}

Result<LogId> LogTransaction::commit(WriteOptions options) {
  if (records_.empty()) return stream_.next_id();
  auto first = log::stream_of(stream_).gate()->answer([&] {
    const std::string_view bytes = bytes_;
    std::vector<LogDraft> drafts;
    drafts.reserve(records_.size());
    for (const Record& record : records_) {
      LogDraft& draft = drafts.emplace_back();
      draft.payload = bytes.substr(record.start + record.key_size_bytes, record.payload_size_bytes);
      if (record.is_keyed) draft.key = bytes.substr(record.start, record.key_size_bytes);
      draft.timestamp_us = record.timestamp_us;
    }
    return stream_.append_records(drafts, options);
  });
  if (first) clear();
  return first;
}

void LogTransaction::clear() noexcept {
  records_.clear();
  bytes_.clear();
}

}  // namespace holdfast
