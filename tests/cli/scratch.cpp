#include "cli/scratch.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <fstream>

namespace holdfast::test {
namespace fs = std::filesystem;

ScratchDirectory::ScratchDirectory(const fs::path& parent) {
  std::string name = (parent / "holdfast-cli-XXXXXX").string();
  EXPECT_NE(::mkdtemp(name.data()), nullptr) << name;
  EXPECT_EQ(::chmod(name.c_str(), 0755), 0) << name;
  path_ = name;
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

fs::path memory_directory() {
  const fs::path memory = "/dev/shm";
  return fs::is_directory(memory) ? memory : fs::temp_directory_path();
}

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  std::string bytes(fs::file_size(path), '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  EXPECT_EQ(file.gcount(), static_cast<std::streamsize>(bytes.size())) << path;
  return bytes;
}

void write_file(const fs::path& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  EXPECT_TRUE(file.flush().good()) << path;
}

Snapshot snapshot(const fs::path& directory) {
  Snapshot files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(directory)) {
    const std::string name = entry.path().lexically_relative(directory).string();
    files[name] = entry.is_regular_file() ? read_file(entry.path()) : "directory";
  }
  return files;
}

std::string difference(const Snapshot& before, const Snapshot& after) {
  for (const auto& [name, bytes] : before) {
    const auto other = after.find(name);
    if (other == after.end()) return name + " is gone";
    if (other->second != bytes) return name + " has changed";
  }
  for (const auto& [name, bytes] : after)
    if (!before.contains(name)) return name + " is new";
  return "";
}

}  // namespace holdfast::test
