#include <holdfast/kv.hpp>

#include "kv/kv_space.hpp"

namespace holdfast {

Kv::Kv(std::shared_ptr<kv::KvSpace> space, KvOptions options) noexcept
    : space_(std::move(space)), options_(options) {}

Result<void> Kv::put(std::string_view key, std::string_view value, WriteOptions options) {
  return space_->gate()->answer(
      [&] { return space_->put(key, value, options.durability.value_or(options_.durability)); });
}

Result<std::optional<std::string>> Kv::get(std::string_view key) const {
  return space_->gate()->answer([&] { return space_->get(key, options_.verify_on_read); });
}

Result<bool> Kv::erase(std::string_view key, WriteOptions options) {
  return space_->gate()->answer(
      [&] { return space_->erase(key, options.durability.value_or(options_.durability)); });
}

Result<bool> Kv::compare_and_set(std::string_view key, std::optional<std::string_view> expected,
                                 std::string_view desired, WriteOptions options) {
  return space_->gate()->answer([&] {
    return space_->compare_and_set(key, expected, desired, options.durability.value_or(options_.durability));
  });
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

std::string_view Kv::name() const noexcept { return space_->name(); }

namespace kv {

KvSpace& space_of(const Kv& handle) noexcept { return *handle.space_; }

}  // namespace kv
}  // namespace holdfast
