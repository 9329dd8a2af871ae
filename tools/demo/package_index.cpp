#include "demo/package_index.hpp"

#include <fstream>
#include <optional>

#include "demo/command.hpp"

namespace holdfast::demo {
namespace {

Error cannot_read(const std::filesystem::path& path) {
  return Error{.code = ErrorCode::io, .message = "cannot read the package index", .path = path.string()};
}

Result<std::vector<char>> read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return Unexpected(cannot_read(path));
  std::vector<char> text(static_cast<std::size_t>(file.tellg()));
  file.seekg(0);
  if (!file.read(text.data(), static_cast<std::streamsize>(text.size())))
    return Unexpected(cannot_read(path));
  return text;
}

/// The value of a single-line field, e.g. "Package".
std::optional<std::string_view> field(std::string_view stanza, std::string_view name) {
  const std::string line_start = "\n" + std::string(name) + ": ";
  std::size_t at = 0;
  if (stanza.starts_with(std::string_view(line_start).substr(1))) {
    at = line_start.size() - 1;
  } else {
    at = stanza.find(line_start);
    if (at == std::string_view::npos) return std::nullopt;
    at += line_start.size();
  }
  return stanza.substr(at, stanza.find('\n', at) - at);
}

std::optional<std::string> key_of(std::string_view stanza) {
  const auto package = field(stanza, "Package");
  const auto architecture = field(stanza, "Architecture");
  const auto version = field(stanza, "Version");
  if (!package || !architecture || !version) return std::nullopt;
  return std::string(*package) + ":" + std::string(*architecture) + "=" + std::string(*version);
}

}  // namespace

Result<PackageIndex> PackageIndex::read(const std::filesystem::path& path) {
  auto text = read_file(path);
  if (!text) return Unexpected(text.error());
  PackageIndex index;
  index.text_ = std::move(*text);
  std::string_view rest(index.text_.data(), index.text_.size());
  while (!rest.empty()) {
    const std::size_t end = rest.find("\n\n");
    const std::string_view stanza = rest.substr(0, end == std::string_view::npos ? end : end + 1);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 2);
    if (stanza.find_first_not_of('\n') == std::string_view::npos) continue;
    auto key = key_of(stanza);
    if (!key) {
      return Unexpected(Error{.code = ErrorCode::invalid_argument,
                              .message = "stanza " + std::to_string(index.records_.size()) +
                                         " has no Package, Architecture or Version",
                              .path = path.string()});
    }
    index.key_size_bytes_ += key->size();
    index.stanza_size_bytes_ += stanza.size();
    index.records_.push_back({std::move(*key), stanza});
  }
  if (index.records_.empty()) {
    return Unexpected(Error{
        .code = ErrorCode::not_found, .message = "there is no control stanza in it", .path = path.string()});
  }
  // Only now: the keys of by_key_ point into records_, which moves while it grows.
  for (std::uint32_t number = 0; number < index.records_.size(); ++number)
    index.by_key_[index.records_[number].key].push_back(number);
  return index;
}

Result<void> save_package_index(const std::filesystem::path& path) {
  const auto ended = run_command({"apt-cache", "dumpavail"}, path);
  if (!ended) return Unexpected(ended.error());
  std::error_code error;
  if (*ended != 0 || std::filesystem::file_size(path, error) == 0) {
    return Unexpected(
        Error{.code = ErrorCode::not_found,
              .message = "the package index is empty; run 'apt-get update' as root and try again",
              .path = "apt-cache dumpavail"});
  }
  return {};
}

}  // namespace holdfast::demo
