#include <holdfast/log.hpp>

#include "log/log_stream.hpp"

namespace holdfast {

Log::Log(std::shared_ptr<log::LogStream> stream, LogOptions options) noexcept
    : stream_(std::move(stream)), options_(options) {}

Result<LogId> Log::append(std::string_view payload, WriteOptions options) {
  return stream_->gate()->answer(
      [&] { return stream_->append(payload, options.durability.value_or(options_.durability)); });
}

Result<LogId> Log::append_batch(std::span<const std::string_view> payloads, WriteOptions options) {
  return stream_->gate()->answer(
      [&] { return stream_->append_batch(payloads, options.durability.value_or(options_.durability)); });
}

Result<Ticket> Log::append_async(std::string_view payload, WriteOptions options) {
  auto ticket = stream_->gate()->answer(
      [&] { return stream_->append_async(payload, options.durability.value_or(options_.durability)); });
  if (!ticket) return Unexpected(ticket.error());
  return Ticket(std::move(*ticket));
}

Result<LogEntry> Log::read(LogId id) const {
  return stream_->gate()->answer([&] { return stream_->read(id, options_.verify_on_read); });
}

Result<LogId> Log::scan(LogId from, const Visitor& visitor) const {
  return stream_->gate()->answer([&] { return stream_->scan(from, visitor, options_.verify_on_read); });
}

Result<LogId> Log::first_id() const {
  return stream_->gate()->answer([&] { return stream_->first_id(); });
}

Result<LogId> Log::next_id() const {
  return stream_->gate()->answer([&] { return stream_->next_id(); });
}

std::string_view Log::name() const noexcept { return stream_->name(); }

namespace log {

LogStream& stream_of(const Log& handle) noexcept { return *handle.stream_; }

}  // namespace log
}  // namespace holdfast
