#include <holdfast/batch.hpp>

#include <new>

namespace holdfast {

void Batch::append(const Log& stream, std::string_view payload) {
  try {
    operations_.emplace_back(LogOperation{.stream = stream, .payload = std::string(payload)});
  } catch (const std::bad_alloc&) {
    is_short_ = true;
  }
}

}  // namespace holdfast
