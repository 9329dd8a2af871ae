#include <holdfast/batch.hpp>

namespace holdfast {

void Batch::append(const Log& stream, std::string_view payload) {
  operations_.emplace_back(LogOperation{.stream = stream, .payload = std::string(payload)});
}

}  // namespace holdfast
