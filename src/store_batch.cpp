#include <holdfast/batch.hpp>

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

void Batch::put(const Kv& space, std::string_view key, std::string_view value) {
  add(Kind::put, handle_of(space), key, value);
}

void Batch::erase(const Kv& space, std::string_view key) { add(Kind::erase, handle_of(space), key, {}); }

void Batch::append(const Log& stream, std::string_view payload) { add(Kind::append, handle_of(stream), {}, payload); }

void Batch::clear() noexcept {
  spaces_.clear();
  streams_.clear();
  operations_.clear();
  bytes_.clear();
}

void Batch::add(Kind kind, std::uint32_t handle, std::string_view key, std::string_view value) {
  operations_.push_back({.start = bytes_.size(),
                         .key_size_bytes = key.size(),
                         .value_size_bytes = value.size(),
                         .handle = handle,
                         .kind = kind});
  bytes_.append(key);
  bytes_.append(value);
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
