#pragma once

#include <filesystem>
#include <holdfast/error.hpp>

namespace holdfast::demo {

/// A directory of our own that is gone at the end, or one of the user's that stays.
class Workspace {
 public:
  [[nodiscard]] static Result<Workspace> temporary(const std::filesystem::path& parent);
  [[nodiscard]] static Result<Workspace> kept(const std::filesystem::path& path);

  Workspace(Workspace&& other) noexcept;
  Workspace& operator=(Workspace&&) = delete;
  ~Workspace();

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  Workspace(std::filesystem::path path, bool removed_at_end);

  std::filesystem::path path_;
  bool removed_at_end_;
};

}  // namespace holdfast::demo
