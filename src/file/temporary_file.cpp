#include "file/temporary_file.hpp"

#include <cerrno>
#include <string>
#include <utility>

#include "common/base/mutant.hpp"
#include "common/base/random.hpp"
#include "file/posix_error.hpp"
#include "file/system_calls.hpp"

namespace holdfast::file {
namespace {

constexpr std::size_t kNameBytesKept = 200;  // of 255 that file systems allow, so that the rest fits
constexpr int kTries = 16;

std::filesystem::path directory_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

Result<std::filesystem::path> random_name_beside(const std::filesystem::path& path) {
  const auto number = random_u64();
  if (!number) return Unexpected(number.error());
  const std::string name = path.filename().native().substr(0, kNameBytesKept);
  return directory_of(path) / ("." + name + "." + std::to_string(*number) + ".tmp");
}

/// Renames without replacing. Where the file system has no such rename, a second name that is made
/// only if free, then the first one's removal, do the same; a kill between them leaves both.
Result<void> rename_unless_taken(const std::string& from, const std::string& to) {
  const SystemCalls& os = system_calls();
  if (os.renameat2(from.c_str(), to.c_str(), RENAME_NOREPLACE) == 0) return {};
  if (!is_unsupported(errno)) return Unexpected(posix_error(errno, "cannot name the new store", to));
  if (os.link(from.c_str(), to.c_str()) != 0) {
    return Unexpected(posix_error(errno, "cannot name the new store", to));
  }
  os.unlink(from.c_str());  // a failure leaves a second name, no harm
  return {};
}

Result<void> sync_directory(const std::filesystem::path& directory) {
  const SystemCalls& os = system_calls();
  FileDescriptor fd(os.open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0));
  if (!fd.is_open()) return Unexpected(medium_error(errno, "cannot open the directory", directory.native()));
  if (os.fsync(fd.get()) == 0 || is_unsupported(errno)) return {};  // some file systems sync no directories
  return Unexpected(medium_error(errno, "cannot sync the directory", directory.native()));
}

}  // namespace

TemporaryFile::TemporaryFile(FileDescriptor fd, std::filesystem::path temporary,
                             std::filesystem::path final) noexcept
    : fd_(std::move(fd)), remove_on_exit_(std::move(temporary)), final_(std::move(final)) {}

TemporaryFile::TemporaryFile(TemporaryFile&& other) noexcept
    : fd_(std::move(other.fd_)),
      remove_on_exit_(std::exchange(other.remove_on_exit_, {})),
      final_(std::move(other.final_)) {}

TemporaryFile::~TemporaryFile() {
  if (!remove_on_exit_.empty()) system_calls().unlink(remove_on_exit_.c_str());
}

Result<TemporaryFile> TemporaryFile::beside(const std::filesystem::path& path) {
  for (int attempt = 1;; ++attempt) {
    auto temporary = random_name_beside(path);
    if (!temporary) return Unexpected(temporary.error());
    FileDescriptor fd(system_calls().open(temporary->c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (fd.is_open()) return TemporaryFile(std::move(fd), std::move(*temporary), path);
    if (errno != EEXIST || attempt == kTries) {
      return Unexpected(posix_error(errno, "cannot create a file in the directory", path.native()));
    }
  }
}

Result<void> TemporaryFile::publish() {
  if (auto ok = rename_unless_taken(remove_on_exit_.native(), final_.native()); !ok) return ok;
  remove_on_exit_.swap(final_);  // no copy, which could fail for want of memory
  if (!mutated(Mutant::directory_not_synced))
    if (auto ok = sync_directory(directory_of(remove_on_exit_)); !ok) return ok;
  remove_on_exit_.clear();
  return {};
}

}  // namespace holdfast::file
