#include "pmem/pool_names.hpp"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <string_view>

#include "common/base/random.hpp"
#include "pmem/arena_scan.hpp"
#include "pmem/pool_file.hpp"

namespace holdfast::pmem {
namespace {

constexpr std::string_view kTemporaryMark = ".new-";
constexpr std::size_t kRandomDigitCount = 16;

/// A file name taken apart.
struct PoolName {
  std::uint32_t index = 0;
  bool temporary = false;
};

bool is_random_part(std::string_view text) {
  return text.size() == kRandomDigitCount &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// `file` as a name of the store whose pool 0 is called `base`; nothing if it is no such name.
std::optional<PoolName> parse(std::string_view base, std::string_view file) {
  if (!file.starts_with(base)) return std::nullopt;
  file.remove_prefix(base.size());
  PoolName name;
  if (const std::size_t mark = file.find(kTemporaryMark); mark != std::string_view::npos) {
    if (!is_random_part(file.substr(mark + kTemporaryMark.size()))) return std::nullopt;
    name.temporary = true;
    file = file.substr(0, mark);
  }
  if (file.empty()) return name;
  if (file.size() < 2 || file[0] != '.' || file[1] == '0') return std::nullopt;
  const auto [end, error] = std::from_chars(file.data() + 1, file.data() + file.size(), name.index);
  if (error != std::errc{} || end != file.data() + file.size() || name.index >= kPoolCountMax)
    return std::nullopt;
  return name;
}

std::string base_name_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

std::vector<std::string> files_beside(const std::string& store) {
  struct Close {
    void operator()(DIR* directory) const noexcept { ::closedir(directory); }
  };
  std::vector<std::string> files;
  const std::unique_ptr<DIR, Close> directory(::opendir(directory_of(store).c_str()));
  if (directory == nullptr) return files;
  while (const dirent* const entry = ::readdir(directory.get())) files.emplace_back(entry->d_name);
  return files;
}

/// The set a pool file belongs to; nothing if it is no whole pool of ours.
std::optional<SetId> set_of(const PoolFile& file) {
  const auto header = find_arena(file);
  if (!header) return std::nullopt;
  return header->set_id;
}

void remove_further_pools_of(const SetId& set_id, const std::string& store) {
  for (const std::uint32_t index : further_pools_beside(store)) {
    const std::string path = pool_path(store, index);
    const auto file = PoolFile::open(path, true);
    if (file && set_of(*file) == set_id) ::unlink(path.c_str());
  }
}

}  // namespace

std::string pool_path(const std::string& store, std::uint32_t pool_index) {
  return pool_index == 0 ? store : store + "." + std::to_string(pool_index);
}

Result<std::string> temporary_path(const std::string& store, std::uint32_t pool_index) {
  const auto random = random_u64();
  if (!random) return Unexpected(random.error());
  return pool_path(store, pool_index).append(kTemporaryMark).append(hex(*random).substr(2));
}

std::vector<std::uint32_t> further_pools_beside(const std::string& store) {
  std::vector<std::uint32_t> indices;
  const std::string base = base_name_of(store);
  for (const std::string& file : files_beside(store)) {
    const auto name = parse(base, file);
    if (name && !name->temporary && name->index > 0) indices.push_back(name->index);
  }
  std::sort(indices.begin(), indices.end());
  return indices;
}

void remove_leftovers(const std::string& store) {
  const std::string base = base_name_of(store);
  for (const std::string& entry : files_beside(store)) {
    const auto name = parse(base, entry);
    if (!name || !name->temporary) continue;
    const std::string path = directory_of(store) + "/" + entry;
    auto file = PoolFile::open(path, false);
    // Whoever makes a pool holds the lock on its file until the pool has its name.
    if (!file || !file->lock(false)) continue;
    // Further pools get their names before pool 0 does, so a creation that was killed in between left some.
    if (const auto set_id = name->index == 0 ? set_of(*file) : std::nullopt; set_id) {
      const auto published = PoolFile::open(store, true);
      // Where link() stood in for rename, the same pool may have both names.
      if (!published || set_of(*published) != set_id) remove_further_pools_of(*set_id, store);
    }
    ::unlink(path.c_str());
  }
}

}  // namespace holdfast::pmem
