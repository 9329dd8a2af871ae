#include <holdfast/batch.hpp>

namespace holdfast {

void Batch::put(const Kv& space, std::string_view key, std::string_view value) {
  operations_.emplace_back(
      KvOperation{.space = space, .key = std::string(key), .value = std::string(value), .erases = false});
}

void Batch::erase(const Kv& space, std::string_view key) {
  operations_.emplace_back(KvOperation{.space = space, .key = std::string(key), .value = {}, .erases = true});
}

}  // namespace holdfast
