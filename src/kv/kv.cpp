#include <holdfast/kv.hpp>

#include "kv/kv_snapshot.hpp"
#include "kv/kv_space.hpp"

namespace holdfast {

namespace {

kv::WriteTerms terms_of(const PutOptions& options, const KvOptions& space) noexcept {
  return {.durability = options.durability.value_or(space.durability),
          .lifespan = kv::Lifespan::of(options.ttl_ms, options.expires_at_us)};
}

}  // namespace

Kv::Kv(std::shared_ptr<kv::KvSpace> space, KvOptions options) noexcept
    : space_(std::move(space)), options_(options) {}

Result<void> Kv::put(std::string_view key, std::string_view value, const PutOptions& options) {
  return space_->gate()->answer(
      [&] { return space_->put(key, value, terms_of(options, options_)); });
}

Result<void> Kv::multi_put(std::span<const KvEntry> entries, const PutOptions& options) {
  return space_->gate()->answer(
      [&] { return space_->multi_put(entries, terms_of(options, options_)); });
}

Result<std::optional<std::string>> Kv::get(std::string_view key) const {
  return space_->gate()->answer([&] { return space_->get(key, options_.verify_on_read); });
}

Result<std::optional<std::uint64_t>> Kv::get_into(std::string_view key, std::span<char> buffer) const {
  return space_->gate()->answer([&] { return space_->get_into(key, buffer, options_.verify_on_read); });
}

Result<std::optional<KvView>> Kv::view(std::string_view key) const {
  return space_->gate()->answer([&] { return space_->view(key, options_.verify_on_read); });
}

Result<std::vector<std::optional<std::string>>> Kv::multi_get(std::span<const std::string_view> keys) const {
  return space_->gate()->answer([&] { return space_->multi_get(keys, options_.verify_on_read); });
}

Result<bool> Kv::erase(std::string_view key, const WriteOptions& options) {
  return space_->gate()->answer(
      [&] { return space_->erase(key, options.durability.value_or(options_.durability)); });
}

Result<bool> Kv::put_if_absent(std::string_view key, std::string_view value, const PutOptions& options) {
  return space_->gate()->answer(
      [&] { return space_->put_if_absent(key, value, terms_of(options, options_)); });
}

Result<bool> Kv::compare_and_set(std::string_view key, std::optional<std::string_view> expected,
                                 std::string_view desired, const PutOptions& options) {
  return space_->gate()->answer([&] {
    return space_->compare_and_set(key, expected, desired, terms_of(options, options_));
  });
}

Result<std::optional<std::string>> Kv::exchange(std::string_view key, std::optional<std::string_view> desired,
                                                const PutOptions& options) {
  return space_->gate()->answer(
      [&] { return space_->exchange(key, desired, terms_of(options, options_)); });
}

Result<std::optional<std::string>> Kv::update(std::string_view key, const Updater& updater, const PutOptions& options) {
  return space_->gate()->answer(
      [&] { return space_->update(key, updater, terms_of(options, options_)); });
}

Result<std::int64_t> Kv::add(std::string_view key, std::int64_t delta, const PutOptions& options) {
  return space_->gate()->answer(
      [&] { return space_->add(key, delta, terms_of(options, options_)); });
}

Result<Ticket> Kv::put_async(std::string_view key, std::string_view value, const PutOptions& options) {
  auto ticket = space_->gate()->answer(
      [&] { return space_->put_async(key, value, terms_of(options, options_)); });
  if (!ticket) return Unexpected(ticket.error());
  return Ticket(std::move(*ticket));
}

Result<Ticket> Kv::erase_async(std::string_view key, const WriteOptions& options) {
  auto ticket = space_->gate()->answer(
      [&] { return space_->erase_async(key, options.durability.value_or(options_.durability)); });
  if (!ticket) return Unexpected(ticket.error());
  return Ticket(std::move(*ticket));
}

Result<bool> Kv::set_ttl(std::string_view key, std::uint64_t ttl_ms, const WriteOptions& options) {
  return space_->gate()->answer([&] {
    return space_->set_ttl(key, {.durability = options.durability.value_or(options_.durability),
                                 .lifespan = kv::Lifespan::of(ttl_ms, std::nullopt)});
  });
}

Result<std::optional<std::uint64_t>> Kv::expires_at_us(std::string_view key) const {
  return space_->gate()->answer([&] { return space_->expires_at_us(key); });
}

Result<KvSettings> Kv::settings() const {
  return space_->gate()->answer([&] { return space_->settings(); });
}

Result<void> Kv::set_settings(const KvSettings& settings) {
  return space_->gate()->answer([&] { return space_->set_settings(settings); });
}

Result<bool> Kv::contains(std::string_view key) const {
  return space_->gate()->answer([&] { return space_->contains(key); });
}

Result<std::uint64_t> Kv::size() const {
  return space_->gate()->answer([&] { return space_->size(); });
}

Result<void> Kv::scan(std::string_view prefix, const Visitor& visitor) const {
  return space_->gate()->answer([&] { return space_->scan(prefix, visitor); });
}

Result<KvSnapshot> Kv::snapshot() const {
  return space_->gate()->answer([&]() -> Result<KvSnapshot> {
    auto snapshot = std::make_shared<kv::Snapshot>(space_, options_.verify_on_read);
    if (auto begun = snapshot->begin(); !begun) return Unexpected(begun.error());
    return KvSnapshot(std::move(snapshot));
  });
}

Result<void> Kv::compact(const CompactProgress& progress) {
  return space_->gate()->answer([&] { return space_->compact(progress); });
}

Result<KvStatistics> Kv::statistics() const {
  return space_->gate()->answer([&] { return space_->statistics(); });
}

std::string_view Kv::name() const noexcept { return space_->name(); }

namespace kv {

KvSpace& space_of(const Kv& handle) noexcept { return *handle.space_; }

}  // namespace kv
}  // namespace holdfast
