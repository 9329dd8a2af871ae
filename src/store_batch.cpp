#include <holdfast/batch.hpp>

#include <algorithm>
#include <new>

namespace holdfast {
namespace {

// The place in `handles` of one that `is_same`, `handle` itself if need be. The last one first: operations
// on one space come in runs.
template <class Handle, class IsSame>
std::uint32_t place_among(std::vector<Handle>& handles, const Handle& handle, const IsSame& is_same) {
  for (std::size_t i = handles.size(); i-- > 0;)
    if (is_same(handles[i])) return static_cast<std::uint32_t>(i);
  handles.push_back(handle);
  return static_cast<std::uint32_t>(handles.size() - 1);
}

std::string_view text_of(std::span<const std::byte> bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};  // bytes as text
}

}  // namespace

void Batch::put(const Kv& space, std::string_view key, std::string_view value, const PutOptions& options) {
  add({.kind = Kind::put, .ttl_ms = options.ttl_ms, .expires_at_us = options.expires_at_us}, space, key, value);
}

void Batch::erase(const Kv& space, std::string_view key) { add({.kind = Kind::erase}, space, key, {}); }

void Batch::append(const Log& stream, std::string_view payload, AppendOptions options) {
  add({.kind = Kind::append, .timestamp_us = options.timestamp_us, .is_keyed = options.key.has_value()}, stream,
      options.key.value_or(std::string_view()), payload);
}

void Batch::commit_cursor(const Log& stream, std::string_view name, LogId next, CursorOptions options) {
  add({.kind = Kind::commit_cursor, .offset = next, .protects = options.protects}, stream, name, {});
}

void Batch::write_at(const Region& region, std::uint64_t offset, std::span<const std::byte> bytes) {
  add({.kind = Kind::write_at, .offset = offset}, region, {}, text_of(bytes));
}

void Batch::truncate_write(const Region& region, std::uint64_t offset, std::span<const std::byte> bytes) {
  add({.kind = Kind::truncate_write, .offset = offset}, region, {}, text_of(bytes));
}

void Batch::clear() noexcept {
  spaces_.clear();
  streams_.clear();
  regions_.clear();
  operations_.clear();
  bytes_.clear();
  is_short_ = false;
}

template <class Handle>
void Batch::add(Operation operation, const Handle& handle, std::string_view key, std::string_view value) {
  try {
    operation.start = bytes_.size();
    operation.key_size_bytes = key.size();
    operation.value_size_bytes = value.size();
    operation.handle = handle_of(handle);
    bytes_.reserve(bytes_.size() + key.size() + value.size());
    bytes_.append(key);
    bytes_.append(value);
    operations_.push_back(operation);
  } catch (const std::bad_alloc&) {
    is_short_ = true;
  }
}

std::uint32_t Batch::handle_of(const Kv& space) {
  return place_among(spaces_, space, [&](const Kv& other) {
    return other.space_ == space.space_ && other.options_.durability == space.options_.durability;
  });
}

std::uint32_t Batch::handle_of(const Log& stream) {
  return place_among(streams_, stream, [&](const Log& other) {
    return other.stream_ == stream.stream_ && other.options_.durability == stream.options_.durability;
  });
}

std::uint32_t Batch::handle_of(const Region& region) {
  return place_among(regions_, region, [&](const Region& other) {
    return other.space_ == region.space_ && other.options_.size_bytes_max == region.options_.size_bytes_max;
  });
}

}  // namespace holdfast
