#pragma once

#include <cstdint>
#include <filesystem>

namespace holdfast {

/// A tmpfs of a few MiB, seen by this process alone (its own mount namespace) and gone with the object.
class SmallFileSystem {
 public:
  /// Whether this process may mount one.
  [[nodiscard]] static bool permitted();

  explicit SmallFileSystem(std::uint64_t size_bytes);
  ~SmallFileSystem();
  SmallFileSystem(const SmallFileSystem&) = delete;
  SmallFileSystem& operator=(const SmallFileSystem&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

  /// Writes a file of its own until nothing more fits. Returns whether it became full.
  [[nodiscard]] bool fill() const;
  void make_room() const;

  /// Mounts it again so that nothing can be written.
  [[nodiscard]] bool make_read_only() const;

 private:
  std::filesystem::path path_;
};

}  // namespace holdfast
