#include <cstring>

#include "raw.hpp"

namespace holdfast::bench {
namespace {

class RawScanner final : public RawLimit {
 public:
  RawScanner(const Config& config, const Values& values)
      : values_(values), size_bytes_(config.value_size_bytes), arena_(config.keys * size_bytes_, '\0') {
    for (std::uint64_t id = 0; id < config.keys; ++id) {
      std::memcpy(arena_.data() + id * size_bytes_, values.of(id, 0).data(), size_bytes_);
    }
  }

  Result<void> run(Lane& lane) override {
    lane.bytes.resize(size_bytes_);
    return lane.time([&]() -> Result<void> {
      for (const std::uint64_t id : lane.ids) {
        std::memcpy(lane.bytes.data(), arena_.data() + id * size_bytes_, size_bytes_);
        if (looks_like(lane.bytes, values_.of(id, 0))) continue;
        return Unexpected(Error{ErrorCode::corruption, "raw: the bare bytes gave another payload"});
      }
      return {};
    });
  }

  bool durable() const noexcept override { return false; }

 private:
  const Values& values_;
  std::uint64_t size_bytes_;
  std::string arena_;
};

}  // namespace

std::unique_ptr<RawLimit> make_raw_scanner(const Config& config, const Values& values) {
  return std::make_unique<RawScanner>(config, values);
}

}  // namespace holdfast::bench
