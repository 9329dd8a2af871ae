// The other process of the contract suite: it is locked out, and it is killed between system calls.
// usage: holdfast_storage_worker open|grow|create BACKEND PATH [traced]
// Exit code: 0, or the error's code; 64 for a usage mistake.

#include <sys/ptrace.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <string_view>
#include <vector>

#include "contract/storage_backends.hpp"

namespace {

using holdfast::Result;
using holdfast::Storage;
using holdfast::StorageBackend;

const StorageBackend* find_backend(std::string_view name) {
  for (const StorageBackend& row : holdfast::storage_backends()) {
    if (row.name == name && row.create) return &row;
  }
  return nullptr;
}

/// From here on the parent counts system calls; it returns when the parent lets it go on.
void await_tracer(bool traced) {
  if (traced && ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0) std::raise(SIGSTOP);
}

Result<void> create(const StorageBackend& backend, const char* path, bool traced) {
  await_tracer(traced);
  return backend.create(path, [](Storage& storage) -> Result<void> {
    const std::vector<std::byte> bytes(5000, std::byte{0x5A});
    return storage.write(100, bytes);
  });
}

Result<void> grow(const StorageBackend& backend, const char* path, bool traced) {
  auto storage = backend.open(path);
  if (!storage) return tl::unexpected(storage.error());
  await_tracer(traced);
  return (*storage)->grow(3 * holdfast::kTestSizeBytes);
}

/// Ends without destructors, as a killed process would.
[[noreturn]] void leave(const Result<void>& result) {
  ::_exit(result ? 0 : static_cast<int>(result.error().code));
}

}  // namespace

int main(int argc, char** argv) {
  const bool traced = argc == 5 && std::strcmp(argv[4], "traced") == 0;
  const StorageBackend* backend = argc >= 4 ? find_backend(argv[2]) : nullptr;
  if (backend == nullptr) return 64;
  const std::string_view command = argv[1];
  if (command == "create") leave(create(*backend, argv[3], traced));
  if (command == "grow") leave(grow(*backend, argv[3], traced));
  if (command == "open") leave(backend->open(argv[3]).map([](const auto&) {}));
  return 64;
}
