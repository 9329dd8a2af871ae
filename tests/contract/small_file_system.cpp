#include "contract/small_file_system.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

namespace holdfast {
namespace {

/// Leaves the namespace that others see; what is mounted from then on is ours and goes with us.
bool leave_shared_namespace() noexcept {
  return ::unshare(CLONE_NEWNS) == 0 && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

bool mount_at(const std::filesystem::path& path, std::uint64_t size_bytes) {
  static const bool left = leave_shared_namespace();
  const std::string options = "size=" + std::to_string(size_bytes);
  return left && ::mount("holdfast-test", path.c_str(), "tmpfs", 0, options.c_str()) == 0;
}

std::filesystem::path new_directory() {
  std::string name = "/var/tmp/holdfast-small-XXXXXX";
  return ::mkdtemp(name.data()) != nullptr ? name : std::string();
}

}  // namespace

bool SmallFileSystem::permitted() {
  const pid_t child = ::fork();  // tried there, so that this process stays where it is
  if (child == 0) {
    const bool mounted =
        leave_shared_namespace() && ::mount("holdfast-test", "/var/tmp", "tmpfs", 0, "size=4096") == 0;
    ::_exit(mounted ? 0 : 1);
  }
  int status = 1;
  return child > 0 && ::waitpid(child, &status, 0) == child && status == 0;
}

SmallFileSystem::SmallFileSystem(std::uint64_t size_bytes) : path_(new_directory()) {
  if (!path_.empty() && !mount_at(path_, size_bytes)) {
    ::rmdir(path_.c_str());
    path_.clear();
  }
}

SmallFileSystem::~SmallFileSystem() {
  if (path_.empty()) return;
  ::umount2(path_.c_str(), MNT_DETACH);
  ::rmdir(path_.c_str());
}

bool SmallFileSystem::fill() const {
  static constexpr std::array<char, 4096> kBlock{};
  const int fd = ::open((path_ / "ballast").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  while (::write(fd, kBlock.data(), kBlock.size()) > 0) {
  }
  const bool full = errno == ENOSPC;
  ::close(fd);
  return full;
}

void SmallFileSystem::make_room() const { ::unlink((path_ / "ballast").c_str()); }

bool SmallFileSystem::make_read_only() const {
  return ::mount(nullptr, path_.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) == 0;
}

}  // namespace holdfast
