#include "file/temporary_file.hpp"

#include <cerrno>
#include <string>
#include <utility>

#include "common/base/mutant.hpp"
#include "common/base/random.hpp"
#include "file/file_lock.hpp"
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
  if (!is_unsupported(errno)) return Unexpected(posix_error(errno, "cannot name the new file", to));
  if (os.link(from.c_str(), to.c_str()) != 0) {
    return Unexpected(posix_error(errno, "cannot name the new file", to));
  }
  os.unlink(from.c_str());  // a failure leaves a second name, no harm
  return {};
}

Result<void> rename_over(const std::string& from, const std::string& to) {
  if (system_calls().renameat2(from.c_str(), to.c_str(), 0) == 0) return {};
  return Unexpected(posix_error(errno, "cannot name the new file", to));
}

/// Whether the name still is that of the open file: its owner may have finished between the open and the lock.
bool is_named(int fd, const std::filesystem::path& path) {
  struct stat open {};
  struct stat named {};
  const SystemCalls& os = system_calls();
  return os.fstat(fd, &open) == 0 && os.lstat(path.c_str(), &named) == 0 && open.st_dev == named.st_dev &&
         open.st_ino == named.st_ino;
}

Error at_work(const std::filesystem::path& path) {
  return {.code = ErrorCode::busy, .message = "somebody is writing the file", .path = path.native()};
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

Result<TemporaryFile> TemporaryFile::partial(const std::filesystem::path& path, bool takes_over) {
  std::filesystem::path name = path;
  name += ".partial";
  std::filesystem::path final = path;  // before there is a file that would be left if memory ran out
  const int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | (takes_over ? 0 : O_EXCL);
  FileDescriptor fd(system_calls().open(name.c_str(), flags, 0600));
  if (!fd.is_open()) return Unexpected(posix_error(errno, "cannot create the file", name.native()));
  if (auto locked = lock(fd.get(), LockKind::exclusive, name.native()); !locked) {
    if (locked.error().code == ErrorCode::locked) return Unexpected(at_work(name));
    return Unexpected(std::move(locked.error()));
  }
  if (!is_named(fd.get(), name)) return Unexpected(at_work(name));
  TemporaryFile file(std::move(fd), std::move(name), std::move(final));  // ours from here on
  if (system_calls().ftruncate(file.fd_.get(), 0) != 0)
    return Unexpected(medium_error(errno, "cannot empty the file", file.remove_on_exit_.native()));
  return file;
}

Result<void> TemporaryFile::publish(bool replaces) {
  const std::string& from = remove_on_exit_.native();
  const std::filesystem::path directory = directory_of(final_);  // before anything has happened: memory may run out
  auto renamed = replaces ? rename_over(from, final_.native()) : rename_unless_taken(from, final_.native());
  if (!renamed) return renamed;
  remove_on_exit_.swap(final_);  // no copy, which could fail for want of memory
  if (replaces) remove_on_exit_.clear();  // what was there before is gone, so the new one stays, whatever comes
  if (!mutated(Mutant::directory_not_synced))
    if (auto ok = sync_directory(directory); !ok) return ok;
  remove_on_exit_.clear();
  return {};
}

}  // namespace holdfast::file
