#include <holdfast/batch.hpp>

#include <new>

namespace holdfast {

void Batch::put(const Kv& space, std::string_view key, std::string_view value) {
  try {
    operations_.emplace_back(
        KvOperation{.space = space, .key = std::string(key), .value = std::string(value), .erases = false});
  } catch (const std::bad_alloc&) {
    is_short_ = true;
  }
}

void Batch::erase(const Kv& space, std::string_view key) {
  try {
    operations_.emplace_back(
        KvOperation{.space = space, .key = std::string(key), .value = {}, .erases = true});
  } catch (const std::bad_alloc&) {
    is_short_ = true;
  }
}

}  // namespace holdfast
