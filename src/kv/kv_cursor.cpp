#include "kv/kv_cursor.hpp"

#include <iterator>
#include <utility>

#include "common/base/check.hpp"

namespace holdfast {

KvCursor::KvCursor(std::unique_ptr<kv::Cursor> content) noexcept : content_(std::move(content)) {}
KvCursor::KvCursor(KvCursor&&) noexcept = default;
KvCursor& KvCursor::operator=(KvCursor&&) noexcept = default;
KvCursor::~KvCursor() = default;

Result<bool> KvCursor::seek_first() {
  return content_->gate().answer([&] { return content_->seek_first(); });
}

Result<bool> KvCursor::seek_last() {
  return content_->gate().answer([&] { return content_->seek_last(); });
}

Result<bool> KvCursor::seek(std::string_view key) {
  return content_->gate().answer([&] { return content_->seek(key); });
}

Result<bool> KvCursor::next() {
  return content_->gate().answer([&] { return content_->next(); });
}

Result<bool> KvCursor::previous() {
  return content_->gate().answer([&] { return content_->previous(); });
}

bool KvCursor::valid() const noexcept { return content_->valid(); }
std::string_view KvCursor::key() const noexcept {
  HOLDFAST_CHECK(valid());
  return content_->key();
}

Result<std::string_view> KvCursor::value() {
  return content_->gate().answer([&] { return content_->value(); });
}

namespace kv {
namespace {

// The first key behind all that begin with `prefix`; nothing, if none is.
std::optional<std::string> behind_prefix(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xFF') prefix.pop_back();
  if (prefix.empty()) return std::nullopt;
  prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

}  // namespace

Cursor::Cursor(std::shared_ptr<const Snapshot> snapshot, KvRange range, std::shared_ptr<const OrderedKeys> keys)
    : snapshot_(std::move(snapshot)), range_(std::move(range)), keys_(std::move(keys)) {}

Error Cursor::not_ordered() {
  return {.code = ErrorCode::not_supported,
          .message = "the space is not ordered (KvSettings::ordered, when it is created)"};
}

Result<std::unique_ptr<Cursor>> Cursor::make(std::shared_ptr<const Snapshot> snapshot, KvRange range) {
  const OrderedIndex* const ordered = snapshot->space().ordered();
  if (ordered == nullptr) return Unexpected(not_ordered());
  return std::unique_ptr<Cursor>(new Cursor(std::move(snapshot), std::move(range), ordered->keys()));
}

bool Cursor::is_below_range(std::string_view key) const noexcept {
  if (range_.from && (key < *range_.from || (!range_.from_inclusive && key == *range_.from))) return true;
  return key < range_.prefix;
}

bool Cursor::is_above_range(std::string_view key) const noexcept {
  if (range_.to && (key > *range_.to || (!range_.to_inclusive && key == *range_.to))) return true;
  return key > range_.prefix && !key.starts_with(range_.prefix);
}

Cursor::Position Cursor::lowest() const {
  if (!range_.from || *range_.from < range_.prefix) return keys_->at_or_behind(range_.prefix);
  return range_.from_inclusive ? keys_->at_or_behind(*range_.from) : keys_->behind(*range_.from);
}

Cursor::Position Cursor::behind_highest() const {
  const auto end = behind_prefix(range_.prefix);
  if (range_.to && (!end || *range_.to < *end))
    return range_.to_inclusive ? keys_->behind(*range_.to) : keys_->at_or_behind(*range_.to);
  return end ? keys_->at_or_behind(*end) : keys_->end();
}

Result<bool> Cursor::seek_lowest() { return first_present_up(lowest()); }

Result<bool> Cursor::seek_highest() { return first_present_below(behind_highest()); }

Result<bool> Cursor::seek_at_or_above(std::string_view key) {
  return is_below_range(key) ? seek_lowest() : first_present_up(keys_->at_or_behind(key));
}

Result<bool> Cursor::seek_at_or_below(std::string_view key) {
  return is_above_range(key) ? seek_highest() : first_present_below(keys_->behind(key));
}

Result<bool> Cursor::go_up() { return position_ ? first_present_up(std::next(*position_)) : Result<bool>(false); }

Result<bool> Cursor::go_down() { return position_ ? first_present_below(*position_) : Result<bool>(false); }

Result<bool> Cursor::first_present_up(Position position) {
  for (; position != keys_->end() && !is_above_range(OrderedKeys::key_at(position)); ++position)
    if (auto stands = stand_at(position); !stands || *stands) return stands;
  position_.reset();
  location_.reset();
  return false;
}

Result<bool> Cursor::first_present_below(Position position) {
  for (auto below = keys_->before(position); below && !is_below_range(OrderedKeys::key_at(*below));
       below = keys_->before(*below))
    if (auto stands = stand_at(*below); !stands || *stands) return stands;
  position_.reset();
  location_.reset();
  return false;
}

// Also where its record is damaged, so that one can go on behind it.
Result<bool> Cursor::stand_at(Position position) {
  position_ = position;
  location_.reset();
  const auto engine = snapshot_->space().gate()->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  const auto found = [&] {
    const auto guard = engine->guard();
    return snapshot_->space().find_as_of(*engine, snapshot_->moment(), OrderedKeys::key_at(position));
  }();
  if (!found) return Unexpected(found.error());
  KvSpace::tell_expired(*engine, found->expired_us);
  location_ = found->location;
  return location_.has_value();
}

// The record stays where it was found as long as the snapshot lives.
Result<std::string_view> Cursor::value() {
  HOLDFAST_CHECK(valid());
  const auto engine = snapshot_->space().gate()->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  const auto guard = engine->guard();
  auto value = snapshot_->space().value_as_of(*engine, snapshot_->moment(), *location_, snapshot_->verify());
  if (!value) return Unexpected(value.error());
  value_ = std::move(*value);
  return std::string_view(value_);
}

}  // namespace kv
}  // namespace holdfast
