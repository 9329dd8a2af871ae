#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace holdfast::test {

/// A directory that is gone at the end of the test. Anyone may look into it.
class ScratchDirectory {
 public:
  explicit ScratchDirectory(const std::filesystem::path& parent);
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  ~ScratchDirectory();

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

/// /dev/shm where there is one: emulated pools run at memory speed there.
[[nodiscard]] std::filesystem::path memory_directory();

[[nodiscard]] std::string read_file(const std::filesystem::path& path);
void write_file(const std::filesystem::path& path, std::string_view bytes);

/// Every file below `directory` with all its bytes: equal before and after means nothing changed.
using Snapshot = std::map<std::string, std::string>;
[[nodiscard]] Snapshot snapshot(const std::filesystem::path& directory);

/// What differs, in one line (a mismatch of megabytes helps nobody). Empty: nothing.
[[nodiscard]] std::string difference(const Snapshot& before, const Snapshot& after);

}  // namespace holdfast::test
