#include "demo/binary.hpp"

#include <fstream>
#include <string>

#include "demo/command.hpp"

namespace holdfast::demo {

Result<Binary> read_binary(const std::filesystem::path& path) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  if (error || size == 0) {
    return Unexpected(Error{.code = ErrorCode::not_found,
                            .message = error ? error.message() : "there is nothing in it",
                            .path = path.string()});
  }
  Binary bytes(size);
  std::ifstream file(path, std::ios::binary);
  if (!file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size)))
    return Unexpected(Error{.code = ErrorCode::io, .message = "cannot read", .path = path.string()});
  return bytes;
}

Result<std::filesystem::path> find_compiler_binary(const std::filesystem::path& scratch) {
  const std::filesystem::path answer = scratch / "compiler-path";
  const auto ended = run_command({"g++", "-print-prog-name=cc1plus"}, answer);
  std::string path;
  if (ended && *ended == 0) std::getline(std::ifstream(answer), path);
  std::error_code ignored;
  std::filesystem::remove(answer, ignored);
  if (std::filesystem::path(path).is_absolute() && std::filesystem::exists(path, ignored))
    return std::filesystem::path(path);
  return Unexpected(
      Error{.code = ErrorCode::not_found,
            .message = "no C++ compiler here to import; install the package g++, or name a file by --binary",
            .path = "cc1plus"});
}

}  // namespace holdfast::demo
