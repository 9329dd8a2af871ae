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

}  // namespace

void Batch::put(const Kv& space, std::string_view key, std::string_view value) { add(Kind::put, space, key, value); }

void Batch::erase(const Kv& space, std::string_view key) { add(Kind::erase, space, key, {}); }

void Batch::append(const Log& stream, std::string_view payload) { add(Kind::append, stream, {}, payload); }

void Batch::clear() noexcept {
  spaces_.clear();
  streams_.clear();
  operations_.clear();
  bytes_.clear();
  is_short_ = false;
}

template <class Handle>
void Batch::add(Kind kind, const Handle& handle, std::string_view key, std::string_view value) {
  try {
    const Operation operation{.start = bytes_.size(),
                              .key_size_bytes = key.size(),
                              .value_size_bytes = value.size(),
                              .handle = handle_of(handle),
                              .kind = kind};
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

}  // namespace holdfast
