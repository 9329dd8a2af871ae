#include <cstring>

#include <tbb/concurrent_hash_map.h>
#include <tbb/scalable_allocator.h>

#include "raw.hpp"

namespace holdfast::bench {
namespace {

/// The numbers are random already.
struct NumberAsIs {
  static std::size_t hash(std::uint64_t number) noexcept { return number; }
  static bool equal(std::uint64_t a, std::uint64_t b) noexcept { return a == b; }
};

using NumberMap = tbb::concurrent_hash_map<std::uint64_t, std::uint64_t, NumberAsIs,
                                           tbb::scalable_allocator<std::pair<const std::uint64_t, std::uint64_t>>>;

class RawReader final : public RawLimit {
 public:
  RawReader(const Config& config, const Values& values)
      : values_(values), value_size_bytes_(config.value_size_bytes), map_(config.keys) {
    arena_.resize(config.keys * config.value_size_bytes);
    for (std::uint64_t id = 0; id < config.keys; ++id) {
      const std::uint64_t place = id * value_size_bytes_;
      std::memcpy(arena_.data() + place, values.of(id, 0).data(), value_size_bytes_);
      map_.emplace(key_number(id), place);
    }
  }

  Result<void> run(Lane& lane) override {
    lane.bytes.resize(value_size_bytes_);
    for (const std::uint64_t id : lane.ids) {
      make_key(id, lane.key);
      std::uint64_t number = 0;
      std::memcpy(&number, lane.key.data(), sizeof number);
      const bool found = lane.time([&] {
        NumberMap::const_accessor entry;
        if (!map_.find(entry, number)) return false;
        std::memcpy(lane.bytes.data(), arena_.data() + entry->second, value_size_bytes_);
        return true;
      });
      if (!found || lane.bytes != values_.of(id, 0)) {
        return Unexpected(Error{ErrorCode::corruption, "raw: the bare map gave another value"});
      }
    }
    return {};
  }

  bool durable() const noexcept override { return false; }

 private:
  const Values& values_;
  std::uint64_t value_size_bytes_;
  NumberMap map_;
  std::string arena_;
};

}  // namespace

std::unique_ptr<RawLimit> make_raw_reader(const Config& config, const Values& values) {
  return std::make_unique<RawReader>(config, values);
}

}  // namespace holdfast::bench
