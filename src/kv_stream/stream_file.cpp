#include "kv_stream/stream_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "file/posix_error.hpp"
#include "file/system_calls.hpp"

namespace holdfast::kv_stream {

using file::posix_error;
using file::system_calls;

Result<StreamFileWriter> StreamFileWriter::create(const std::filesystem::path& path, bool replaces,
                                                  bool resumes) {
  // Said before anything is written; publish() would say it in the end.
  struct stat status {};
  if (!replaces && system_calls().lstat(path.c_str(), &status) == 0)
    return Unexpected(posix_error(EEXIST, "cannot create the file", path.native()));
  auto file = file::TemporaryFile::partial(path, resumes);
  if (!file) return Unexpected(std::move(file.error()));
  auto fd = file->take_descriptor();
  return StreamFileWriter(std::move(fd), std::move(*file), path, replaces);
}

Result<void> StreamFileWriter::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t size =
        system_calls().pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(size_bytes_));
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return Unexpected(posix_error(size < 0 ? errno : EIO, "cannot write", path_.native()));
    size_bytes_ += static_cast<std::uint64_t>(size);
    bytes = bytes.subspan(static_cast<std::size_t>(size));
  }
  return {};
}

Result<void> StreamFileWriter::publish() {
  if (system_calls().fsync(fd_.get()) != 0)
    return Unexpected(posix_error(errno, "cannot sync", path_.native()));
  return file_.publish(replaces_);
}

Result<StreamFileReader> StreamFileReader::open(const std::filesystem::path& path) {
  file::FileDescriptor fd(system_calls().open(path.c_str(), O_RDONLY | O_CLOEXEC, 0));
  if (!fd.is_open()) return Unexpected(posix_error(errno, "cannot open", path.native()));
  struct stat status {};
  if (system_calls().fstat(fd.get(), &status) != 0)
    return Unexpected(posix_error(errno, "cannot open", path.native()));
  if (S_ISDIR(status.st_mode)) return Unexpected(posix_error(EISDIR, "cannot open", path.native()));
  const bool is_file = S_ISREG(status.st_mode);
  return StreamFileReader(std::move(fd), path, is_file ? static_cast<std::uint64_t>(status.st_size) : 0,
                          is_file);
}

Result<std::size_t> StreamFileReader::read(std::span<std::byte> bytes) {
  for (;;) {
    const ssize_t size = can_skip_
                             ? ::pread(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset_))
                             : ::read(fd_.get(), bytes.data(), bytes.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return Unexpected(posix_error(errno, "cannot read", path_.native()));
    offset_ += static_cast<std::uint64_t>(size);
    return static_cast<std::size_t>(size);
  }
}

}  // namespace holdfast::kv_stream
