#include "pmem/pool_signature.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "pmem/pmem_storage.hpp"

namespace holdfast::pmem {

std::string_view pool_kind(const PoolSignature& signature) noexcept {
  for (const std::string_view kind :
       {kObjectPool, std::string_view("PMEMBLK"), std::string_view("PMEMLOG")}) {
    // The name is seven letters and the closing zero.
    if (std::string_view(signature.data(), kind.size()) == kind && signature.back() == '\0') return kind;
  }
  return {};
}

bool is_pool(const std::filesystem::path& path) noexcept {
  // O_NONBLOCK: a FIFO must not hold us up.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return false;
  PoolSignature signature{};
  const bool read = ::pread(descriptor, signature.data(), signature.size(), 0) == ssize_t{signature.size()};
  ::close(descriptor);
  return read && !pool_kind(signature).empty();
}

}  // namespace holdfast::pmem
