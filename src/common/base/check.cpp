#include "common/base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace holdfast {

void fatal(const char* condition, const char* file, int line) noexcept {
  std::fprintf(stderr, "holdfast: bug: %s does not hold at %s:%d\n", condition, file, line);
  std::abort();
}

}  // namespace holdfast
