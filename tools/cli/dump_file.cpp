#include "cli/dump_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "cli/output.hpp"

namespace holdfast::cli {

namespace {

/// Whether `path` still names the open file: its owner may have finished between our open and our lock.
bool is_named(int descriptor, const std::string& path) {
  struct stat open {};
  struct stat named {};
  return ::fstat(descriptor, &open) == 0 && ::lstat(path.c_str(), &named) == 0 &&
         open.st_dev == named.st_dev && open.st_ino == named.st_ino;
}

bool lock(int descriptor) {
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  return ::fcntl(descriptor, F_OFD_SETLK, &whole) == 0;
}

Error leftover(const std::string& path) {
  return {.code = ErrorCode::exists,
          .message = "is left from a dump that did not end; --resume replaces it",
          .path = path};
}

void sync_directory_of(const std::string& path) {
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  const int directory = ::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return;
  ::fsync(directory);  // some file systems sync no directories
  ::close(directory);
}

}  // namespace

Result<DumpFile> DumpFile::create(const std::string& path, bool resumes) {
  if (path == "-") return DumpFile(path, nullptr);
  if (struct stat status{}; ::lstat(path.c_str(), &status) == 0) {
    errno = EEXIST;
    return Unexpected(system_error(path, "cannot create"));
  }
  const std::string partial = path + ".partial";
  const int flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | (resumes ? 0 : O_EXCL);
  const int descriptor = ::open(partial.c_str(), flags, 0666);
  if (descriptor < 0) {
    if (errno == EEXIST) return Unexpected(leftover(partial));
    return Unexpected(system_error(path, "cannot create"));
  }
  std::unique_ptr<std::FILE, CloseFile> file(::fdopen(descriptor, "w"));
  if (file == nullptr) {
    const Error error = system_error(path, "cannot create");
    ::close(descriptor);
    return Unexpected(error);
  }
  if (!lock(descriptor) || !is_named(descriptor, partial))
    return Unexpected(Error{.code = ErrorCode::busy, .message = "somebody is writing it", .path = partial});
  DumpFile dump(path, file.release());
  if (::ftruncate(descriptor, 0) != 0) return Unexpected(system_error(path, "cannot create"));
  return dump;
}

DumpFile::~DumpFile() {
  if (file_) ::unlink(partial().c_str());
}

Result<void> DumpFile::write(std::string_view bytes) {
  if (is_standard_output()) return Output::write(bytes);
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size())
    return Unexpected(system_error(path_, "cannot write"));
  return {};
}

Result<void> DumpFile::line(std::string_view text) {
  return write(text).and_then([this] { return write("\n"); });
}

Result<void> DumpFile::finish() {
  if (is_standard_output()) return Output::flush();
  if (std::fflush(file_.get()) != 0 || ::fsync(::fileno(file_.get())) != 0)
    return Unexpected(system_error(path_, "cannot write"));
  // Not over a file that came meanwhile. Where the file system knows no such rename, a second name is as
  // good.
  const std::string from = partial();
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, path_.c_str(), RENAME_NOREPLACE) != 0) {
    if ((errno != EINVAL && errno != ENOSYS) || ::link(from.c_str(), path_.c_str()) != 0)
      return Unexpected(system_error(path_, "cannot create"));
    ::unlink(from.c_str());
  }
  sync_directory_of(path_);
  file_.reset();
  return {};
}

}  // namespace holdfast::cli
