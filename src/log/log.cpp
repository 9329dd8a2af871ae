#include <holdfast/log.hpp>
#include <holdfast/log_view.hpp>

#include "log/log_stream.hpp"

namespace holdfast {

Log::Log(std::shared_ptr<log::LogStream> stream, LogOptions options) noexcept
    : stream_(std::move(stream)), options_(options) {}

Result<LogId> Log::append(std::string_view payload, const AppendOptions& options) {
  return stream_->gate()->answer([&] {
    return stream_->append(payload, options.key, options.timestamp_us, options.durability.value_or(options_.durability));
  });
}

Result<LogId> Log::erase_key(std::string_view key, const AppendOptions& options) {
  return stream_->gate()->answer([&] {
    return stream_->append({}, key, options.timestamp_us, options.durability.value_or(options_.durability),
                           kRecordFlagErasesKey);
  });
}

Result<LogId> Log::append_batch(std::span<const std::string_view> payloads, const AppendOptions& options) {
  return stream_->gate()->answer([&] {
    std::vector<LogDraft> drafts;
    drafts.reserve(payloads.size());
    for (const std::string_view payload : payloads)
      drafts.push_back({.payload = payload, .key = options.key, .timestamp_us = options.timestamp_us});
    return stream_->append_batch(drafts, options.durability.value_or(options_.durability));
  });
}

Result<LogId> Log::append_records(std::span<const LogDraft> records, WriteOptions options) {
  return stream_->gate()->answer(
      [&] { return stream_->append_batch(records, options.durability.value_or(options_.durability)); });
}

Result<Ticket> Log::append_async(std::string_view payload, const AppendOptions& options) {
  auto ticket = stream_->gate()->answer(
      [&] { return stream_->append_async(payload, options, options.durability.value_or(options_.durability)); });
  if (!ticket) return Unexpected(ticket.error());
  return Ticket(std::move(*ticket));
}

Result<LogEntry> Log::read(LogId id) const {
  return stream_->gate()->answer([&] { return stream_->read(id, options_.verify_on_read); });
}

Result<LogView> Log::view(LogId id) const {
  return stream_->gate()->answer([&] { return stream_->view(id, options_.verify_on_read); });
}

Result<LogId> Log::scan(LogId from, const Visitor& visitor) const {
  return stream_->gate()->answer([&] { return stream_->scan(from, visitor, log::terms_of(options_)); });
}

Result<LogId> Log::scan_back(LogId from, const Visitor& visitor) const {
  return stream_->gate()->answer([&] { return stream_->scan_back(from, visitor, log::terms_of(options_)); });
}

Result<LogId> Log::find_time(std::uint64_t timestamp_us) const {
  return stream_->gate()->answer([&] { return stream_->find_time(timestamp_us, log::terms_of(options_)); });
}

Result<LogId> Log::first_id() const {
  return stream_->gate()->answer([&] { return stream_->first_id(); });
}

Result<LogId> Log::next_id() const {
  return stream_->gate()->answer([&] { return stream_->next_id(); });
}

Result<LogId> Log::wait(LogId id, std::chrono::milliseconds timeout) const {
  return stream_->gate()->answer([&] { return stream_->wait(id, timeout); });
}

Result<LogTruncation> Log::truncate_before(LogId id) {
  return stream_->gate()->answer([&] { return stream_->truncate_before(id); });
}

Result<LogCut> Log::truncate_from(LogId id) {
  return stream_->gate()->answer([&] { return stream_->truncate_from(id); });
}

Result<LogTruncation> Log::retain() {
  return stream_->gate()->answer([&] { return stream_->retain(); });
}

Result<LogCompaction> Log::compact(const CompactProgress& progress) {
  return stream_->gate()->answer([&] { return stream_->compact(progress); });
}

Result<void> Log::commit_cursor(std::string_view name, LogId next, CursorOptions options) {
  return stream_->gate()->answer([&] {
    return stream_->commit_cursor(name, next, options, options.durability.value_or(options_.durability));
  });
}

Result<std::optional<LogCursor>> Log::cursor(std::string_view name) const {
  return stream_->gate()->answer([&] { return stream_->cursor(name); });
}

Result<std::vector<LogCursor>> Log::cursors() const {
  return stream_->gate()->answer([&] { return stream_->cursors(); });
}

Result<bool> Log::drop_cursor(std::string_view name) {
  return stream_->gate()->answer([&] { return stream_->drop_cursor(name); });
}

Result<LogSettings> Log::settings() const {
  return stream_->gate()->answer([&] { return stream_->settings(); });
}

Result<void> Log::set_settings(const LogSettings& settings) {
  return stream_->gate()->answer([&] { return stream_->set_settings(settings); });
}

Result<LogStatistics> Log::statistics() const {
  return stream_->gate()->answer([&] { return stream_->statistics(); });
}

std::string_view Log::name() const noexcept { return stream_->name(); }

namespace log {

LogStream& stream_of(const Log& handle) noexcept { return *handle.stream_; }

Log handle_of(std::shared_ptr<LogStream> stream, const LogOptions& options) noexcept {
  return {std::move(stream), options};
}

}  // namespace log
}  // namespace holdfast
