#include "demo/workspace.hpp"

#include <cstdlib>
#include <string>
#include <utility>

#include "demo/command.hpp"

namespace holdfast::demo {

Result<Workspace> Workspace::temporary(const std::filesystem::path& parent) {
  std::string name = (parent / "holdfast-demo-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) return Unexpected(system_error(name));
  return Workspace(name, true);
}

Result<Workspace> Workspace::kept(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error)
    return Unexpected(Error{.code = ErrorCode::io, .message = error.message(), .path = path.string()});
  return Workspace(path, false);
}

Workspace::Workspace(std::filesystem::path path, bool removed_at_end)
    : path_(std::move(path)), removed_at_end_(removed_at_end) {}

Workspace::Workspace(Workspace&& other) noexcept
    : path_(std::move(other.path_)), removed_at_end_(std::exchange(other.removed_at_end_, false)) {}

Workspace::~Workspace() {
  std::error_code ignored;
  if (removed_at_end_) std::filesystem::remove_all(path_, ignored);
}

}  // namespace holdfast::demo
