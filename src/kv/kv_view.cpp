// Reading a value without a string of its own: into a buffer, and where it lies.

#include <algorithm>
#include <utility>

#include "common/base/key_hash.hpp"
#include "kv/kv_read.hpp"
#include "kv/kv_space.hpp"

namespace holdfast {

/// What a view keeps: the store's addresses, the segment that its bytes lie in; what it had to copy.
struct KvView::Content {
  EngineGate::Pin gate;  // before the segment: that is counted in the engine
  SegmentPins::Pin segment;
  std::string copy{};
  std::string_view value{};
};

KvView::KvView(std::unique_ptr<Content> content) noexcept : content_(std::move(content)) {}
KvView::KvView(KvView&&) noexcept = default;
KvView& KvView::operator=(KvView&&) noexcept = default;
KvView::~KvView() = default;

std::string_view KvView::value() const noexcept { return content_ != nullptr ? content_->value : std::string_view(); }

bool KvView::ok() const noexcept { return content_ == nullptr || !content_->gate.is_faulted(); }

}  // namespace holdfast

namespace holdfast::kv {
namespace {

/// Copies from the begin of `bytes` into what is left of a buffer.
void copy_into(std::span<char>& left, std::string_view bytes) noexcept {
  const std::size_t size = std::min(left.size(), bytes.size());
  std::copy_n(bytes.data(), size, left.data());
  left = left.subspan(size);
}

}  // namespace

Result<std::optional<std::uint64_t>> KvSpace::get_into(std::string_view key, std::span<char> buffer,
                                                       bool verify) const {
  if (auto checked = check_key(key); !checked) return Unexpected(checked.error());
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  const auto copy = [&](Location location, const RecordView& record) -> Result<std::uint64_t> {
    std::span<char> left = buffer;
    if (is_in_place(record)) {
      const auto value = value_in_place(*engine, location, record);
      if (!value) return Unexpected(value.error());
      copy_into(left, *value);
      return value->size();
    }
    if (is_compressed(record)) return read_compressed_into(*engine, location, record, verify, buffer);
    const auto pieces = pieces_of(*engine, location, record, verify);
    if (!pieces) return Unexpected(pieces.error());
    std::uint64_t size = 0;
    for (const ValuePiece& piece : *pieces) {
      copy_into(left, piece.bytes);
      size += piece.bytes.size();
    }
    return size;
  };
  return read_present(*engine, key_hash(key), key, verify, copy);
}

Result<std::optional<KvView>> KvSpace::view(std::string_view key, bool verify) const {
  if (auto checked = check_key(key); !checked) return Unexpected(checked.error());
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  const auto pin = [&](const ValuePiece& piece) {
    return std::unique_ptr<KvView::Content>(new KvView::Content{
        .gate = EngineGate::Pin(gate_), .segment = engine->pin(piece.segment), .value = piece.bytes});
  };
  const auto look = [&](Location location, const RecordView& record) -> Result<KvView> {
    if (is_in_place(record)) {
      const auto value = value_in_place(*engine, location, record);
      if (!value) return Unexpected(value.error());
      return KvView(pin({engine->segment_of(location), *value}));
    }
    if (!is_compressed(record)) {
      auto pieces = pieces_of(*engine, location, record, verify);
      if (!pieces) return Unexpected(pieces.error());
      if (pieces->size() == 1) return KvView(pin(pieces->front()));
    }
    auto value = read_value(*engine, location, record, verify);
    if (!value) return Unexpected(value.error());
    std::unique_ptr<KvView::Content> content(
        new KvView::Content{.gate = EngineGate::Pin(gate_), .segment = {}, .copy = std::move(*value)});
    content->value = content->copy;
    return KvView(std::move(content));
  };
  return read_present(*engine, key_hash(key), key, verify, look);
}

}  // namespace holdfast::kv
