#include "common/base/random.hpp"

#include <random>

namespace holdfast {

Result<std::uint64_t> random_u64() {
  // random_device is getrandom() or the CPU's generator here; its only failure is an exception.
  try {
    std::random_device source;
    return (std::uint64_t{source()} << 32) | source();
  } catch (const std::exception& failure) {
    return Unexpected(Error{.code = ErrorCode::io, .message = std::string("no random source: ") + failure.what()});
  }
}

Result<Uuid> random_uuid() {
  Uuid uuid{};
  for (std::size_t half = 0; half < 2; ++half) {
    const auto bits = random_u64();
    if (!bits) return Unexpected(bits.error());
    for (std::size_t i = 0; i < 8; ++i) uuid[half * 8 + i] = static_cast<std::uint8_t>(*bits >> (8 * i));
  }
  uuid[6] = static_cast<std::uint8_t>((uuid[6] & 0x0F) | 0x40);
  uuid[8] = static_cast<std::uint8_t>((uuid[8] & 0x3F) | 0x80);
  return uuid;
}

std::string to_string(const Uuid& uuid) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < uuid.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text.push_back('-');
    text.push_back(kDigits[uuid[i] >> 4]);
    text.push_back(kDigits[uuid[i] & 0x0F]);
  }
  return text;
}

}  // namespace holdfast
