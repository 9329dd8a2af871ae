#include "forgery.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <random>

#include "common/base/checksum.hpp"
#include "common/format/record.hpp"
#include "structures.hpp"

namespace holdfast::fuzz {
namespace {

constexpr std::uint64_t kBlockBytes = 4096;

// Limits of the format and of integers, and what lies beside them.
constexpr std::uint64_t kLimits[] = {
    0, 1, 2, 3, 4, 5, 6, 7, 8, 40, 47, 48, 49, 56, 63, 64, 65, 72, 128, 255, 256,
    4'095, 4'096, 4'097, 8'192, 12'288, 16'384, 65'472, 65'528, 65'535, 65'536, 65'537, 131'072, 262'144, 786'432,
    std::uint64_t{1} << 20, std::uint64_t{64} << 20, (std::uint64_t{64} << 20) + 4'096, std::uint64_t{1} << 30,
    (std::uint64_t{1} << 31) - 1, std::uint64_t{1} << 31, (std::uint64_t{1} << 32) - 4'096, (std::uint64_t{1} << 32) - 8,
    (std::uint64_t{1} << 32) - 1, std::uint64_t{1} << 32, std::uint64_t{1} << 40, std::uint64_t{1} << 44,
    std::uint64_t{1} << 60, (std::uint64_t{1} << 61) - 1, std::uint64_t{1} << 61, std::uint64_t{1} << 63,
    std::numeric_limits<std::uint64_t>::max() - 4'095, std::numeric_limits<std::uint64_t>::max() - 1,
    std::numeric_limits<std::uint64_t>::max()};

static_assert(std::size(kLimits) == kLimitChoices);

// The same relative to what is there.
std::uint64_t neighbour(std::uint64_t value, std::size_t choice) noexcept {
  switch (choice % kNeighbourChoices) {
    case 0: return value + 1;
    case 1: return value - 1;
    case 2: return value + 8;
    case 3: return value - 8;
    case 4: return value + 64;
    case 5: return value + kBlockBytes;
    case 6: return value - kBlockBytes;
    case 7: return value * 2;
    case 8: return value / 2;
    case 9: return ~value;
    case 10: return value + (std::uint64_t{1} << 32);
    default: return value << 32;
  }
}

/// Takes an input apart; behind its end everything is zero.
class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  [[nodiscard]] bool is_at_end() const noexcept { return bytes_.empty(); }

  std::uint64_t number(std::size_t size_bytes) {
    std::uint64_t value = 0;
    const auto taken = take(size_bytes);
    for (std::size_t i = 0; i < taken.size(); ++i) value |= std::uint64_t{taken[i]} << (8 * i);
    return value;
  }

  std::span<const std::uint8_t> take(std::size_t size_bytes) {
    const auto taken = bytes_.first(std::min(size_bytes, bytes_.size()));
    bytes_ = bytes_.subspan(taken.size());
    return taken;
  }

 private:
  std::span<const std::uint8_t> bytes_;
};

/// Applies the operations of one input.
class Forger {
 public:
  explicit Forger(Forgery& forgery) : forgery_(forgery), image_(forgery.image), structures_(structures(forgery.base)) {}

  void run(Reader& reader) {
    for (std::size_t i = 0; i < kOperationsMax && !reader.is_at_end(); ++i) apply(reader);
  }

 private:
  void apply(Reader& reader) {
    const std::uint64_t what = reader.number(1);
    const std::size_t index = reader.number(2) % structures_.all().size();
    const Structure& structure = structures_.at(index);
    switch (static_cast<Operation>(what & kOperationMask)) {
      case Operation::bytes: put_bytes(structure, reader); break;
      case Operation::field: put_field(structure, reader); break;
      case Operation::copy: put_copy(structure, structures_.at(reader.number(2))); break;
      case Operation::cut: cut(structure); break;
    }
    if ((what & kSeal) != 0) forgery_.sealed += structures_.seal(image_, index) ? 1 : 0;
    if ((what & kSealSlice) != 0 && structure.slice != 0)
      forgery_.sealed += structures_.seal_slice(image_, structure.slice);
  }

  void put_bytes(const Structure& structure, Reader& reader) {
    const std::uint64_t offset = structure.offset + reader.number(2);
    const auto bytes = reader.take(reader.number(1));
    overwrite(offset, std::as_bytes(bytes));
  }

  void put_field(const Structure& structure, Reader& reader) {
    const auto fields = fields_of(structure.kind);
    const Field field = fields[reader.number(1) % fields.size()];
    const std::size_t choice = reader.number(1);
    const std::uint64_t offset = structure.offset + field.offset;
    if (offset + field.size_bytes > image_.size()) return;
    std::uint64_t value = 0;
    std::memcpy(&value, image_.data() + offset, field.size_bytes);
    value = choice < std::size(kLimits) ? kLimits[choice] : neighbour(value, choice - std::size(kLimits));
    std::memcpy(image_.data() + offset, &value, field.size_bytes);
  }

  // A copied record keeps the place of the one that was there: it is found, and read, as that one's sequence.
  void put_copy(const Structure& target, const Structure& source) {
    if (target.offset + sizeof(RecordHeaderDisk) > image_.size() || source.offset >= image_.size()) return;
    RecordHeaderDisk before;
    std::memcpy(&before, image_.data() + target.offset, sizeof before);
    const bool is_record = target.kind == StructureKind::record && source.kind == StructureKind::record;
    const std::uint64_t room = is_record ? std::max<std::uint64_t>(target.size_bytes, before.padded_size_bytes) : target.size_bytes;
    const std::uint64_t size = std::min({room, source.size_bytes, image_.size() - source.offset});
    const Image copy(image_.begin() + static_cast<std::ptrdiff_t>(source.offset),
                     image_.begin() + static_cast<std::ptrdiff_t>(source.offset + size));
    overwrite(target.offset, copy);
    if (!is_record) return;
    RecordHeaderDisk after;
    std::memcpy(&after, image_.data() + target.offset, sizeof after);
    after.padded_size_bytes = before.padded_size_bytes;
    after.sequence = before.sequence;
    after.watermark = before.watermark;
    overwrite(target.offset, bytes_of(after));
  }

  void cut(const Structure& structure) {
    image_.resize(std::min<std::uint64_t>(image_.size(), structure.offset / kBlockBytes * kBlockBytes));
  }

  void overwrite(std::uint64_t offset, std::span<const std::byte> bytes) {
    if (offset >= image_.size()) return;
    std::copy_n(bytes.begin(), std::min<std::uint64_t>(bytes.size(), image_.size() - offset),
                image_.begin() + static_cast<std::ptrdiff_t>(offset));
  }

  Forgery& forgery_;
  Image& image_;
  const Structures& structures_;
};

}  // namespace

Forgery forge(std::span<const std::uint8_t> input) {
  Reader reader(input);
  const auto what = static_cast<std::uint8_t>(reader.number(1));
  Forgery forgery{.base = (what & kBaseMask) + ((what & kLogs) != 0 ? kLogStoresFirst : 0),
                  .on_file = (what & kFileMedium) != 0,
                  .use = static_cast<std::uint8_t>((what & kUseMask) >> kUseShift)};
  const Image& base = base_store(forgery.base).image();
  forgery.image = base;
  if ((what & kRaw) != 0) {
    const std::uint64_t offset = reader.number(4) % base.size();
    const auto bytes = std::as_bytes(reader.take(base.size() - offset));
    std::copy(bytes.begin(), bytes.end(), forgery.image.begin() + static_cast<std::ptrdiff_t>(offset));
  } else {
    Forger(forgery).run(reader);
  }
  forgery.proves_itself = forgery.sealed > 0 || structures(forgery.base).has_new_record(base, forgery.image);
  return forgery;
}

Input random_input(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto below = [&random](std::uint64_t bound) { return static_cast<std::uint8_t>(random() % bound); };
  const std::uint8_t medium = below(8) == 0 ? kFileMedium : 0;
  Input input{static_cast<std::uint8_t>(base_byte(below(kBaseStoreCount)) | medium | (below(kUseCount) << kUseShift))};
  const std::size_t count = 1 + random() % 4;
  for (std::size_t i = 0; i < count; ++i) {
    const auto operation = below(16) == 0 ? Operation::cut : static_cast<Operation>(below(3));
    const std::uint8_t seals = below(8) == 0 ? 0 : static_cast<std::uint8_t>(kSeal | (below(8) == 0 ? kSealSlice : 0));
    input.push_back(static_cast<std::uint8_t>(static_cast<std::uint8_t>(operation) | seals));
    input.push_back(below(256));
    input.push_back(below(2));
    switch (operation) {
      case Operation::bytes: {
        const std::uint8_t length = below(9);
        input.insert(input.end(), {below(64), 0, length});
        for (std::uint8_t j = 0; j < length; ++j) input.push_back(below(256));
        break;
      }
      case Operation::field: input.insert(input.end(), {below(16), below(kFieldChoices)}); break;
      case Operation::copy: input.insert(input.end(), {below(256), below(2)}); break;
      case Operation::cut: break;
    }
  }
  return input;
}

}  // namespace holdfast::fuzz
