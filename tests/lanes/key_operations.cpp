#include "key_operations.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "random.hpp"

namespace holdfast::lanes {
namespace {

/// Mostly small, some of several pages, a few larger than the smallest segment (64 KiB).
std::uint32_t value_size(Random& random, std::string_view key) {
  const std::uint32_t kind = random.below(1000);
  const std::uint32_t extra = kind < 900   ? random.below(300)
                              : kind < 995 ? random.below(9000)
                                           : 60'000 + random.below(120'000);
  return value_size_bytes_min(key) + extra;
}

struct Header {
  std::uint64_t checksum;
  std::uint64_t number;
  std::uint32_t size_bytes;
  std::uint32_t key_size_bytes;
};
static_assert(sizeof(Header) == 24);

/// Ours alone, so that a fault in the library's checksum does not hide itself.
std::uint64_t checksum_of(std::string_view bytes) noexcept {
  std::uint64_t sum = bytes.size();
  while (!bytes.empty()) {
    std::uint64_t word = 0;
    const std::size_t step = std::min(bytes.size(), sizeof word);
    std::memcpy(&word, bytes.data(), step);
    sum = std::rotl((sum ^ word) * 0x9FB2'1C65'1E98'DF25ull, 29);
    bytes.remove_prefix(step);
  }
  return sum;
}

}  // namespace

std::string key_of(std::uint32_t thread, std::uint32_t index) {
  std::string key = "thread " + std::to_string(thread) + " key " + std::to_string(index) + " ";
  const std::uint32_t padding = index % 40 == 39 ? 3000 : index % 7 == 6 ? 150 : index % 16;
  return key.append(padding, '.');
}

Operation operation_of(std::uint64_t seed, std::uint32_t thread, std::uint64_t number) {
  Random random(seed ^ ((number << 8) | thread));
  Operation operation;
  operation.is_batch = random.below(5) == 0;
  const std::uint32_t count = operation.is_batch ? 2 + random.below(7) : 1;
  // Neighbours of a random start: different keys without a search.
  const std::uint32_t start = random.below(kKeysPerThread);
  const std::uint32_t step = 1 + random.below(10);
  for (std::uint32_t i = 0; i < count; ++i) {
    Change change;
    change.key = key_of(thread, (start + i * step) % kKeysPerThread);
    change.erases = random.below(4) == 0;
    if (!change.erases) change.value_size_bytes = value_size(random, change.key);
    operation.changes.push_back(std::move(change));
  }
  return operation;
}

std::uint32_t value_size_bytes_min(std::string_view key) noexcept {
  return static_cast<std::uint32_t>(sizeof(Header) + key.size());
}

std::string make_value(std::string_view key, std::uint64_t number, std::uint32_t size_bytes) {
  std::string value(size_bytes, '\0');
  Header header{0, number, size_bytes, static_cast<std::uint32_t>(key.size())};
  std::memcpy(value.data() + sizeof header, key.data(), key.size());
  Random filler(number);
  for (std::size_t i = sizeof header + key.size(); i < value.size(); i += sizeof(std::uint64_t)) {
    const std::uint64_t word = filler.next();
    std::memcpy(value.data() + i, &word, std::min(sizeof word, value.size() - i));
  }
  std::memcpy(value.data(), &header, sizeof header);
  header.checksum = checksum_of(std::string_view(value).substr(sizeof header.checksum));
  std::memcpy(value.data(), &header, sizeof header);
  return value;
}

std::optional<std::uint64_t> number_in(std::string_view key, std::string_view value) noexcept {
  Header header{};
  if (value.size() < value_size_bytes_min(key)) return std::nullopt;
  std::memcpy(&header, value.data(), sizeof header);
  if (header.size_bytes != value.size() || header.key_size_bytes != key.size()) return std::nullopt;
  if (value.substr(sizeof header, key.size()) != key) return std::nullopt;
  if (header.checksum != checksum_of(value.substr(sizeof header.checksum))) return std::nullopt;
  return header.number;
}

}  // namespace holdfast::lanes
