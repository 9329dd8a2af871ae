#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <holdfast/kv_cursor.hpp>

#include "kv/kv_snapshot.hpp"
#include "kv/ordered_keys.hpp"

namespace holdfast::kv {

/// A place in the ordered keys of a space, and what a snapshot shows there. The keys are those of when it was made: all that
/// the snapshot sees are among them, whatever takes their place meanwhile.
/// Threads: one.
class Cursor {
 public:
  /// Errors: not_supported (the space is not ordered).
  [[nodiscard]] static Result<std::unique_ptr<Cursor>> make(std::shared_ptr<const Snapshot> snapshot, KvRange range);

  [[nodiscard]] static Error not_ordered();

  // As in KvCursor, up in the order of keys, whatever the range says.
  [[nodiscard]] Result<bool> seek_lowest();
  [[nodiscard]] Result<bool> seek_highest();
  [[nodiscard]] Result<bool> seek_at_or_above(std::string_view key);
  [[nodiscard]] Result<bool> seek_at_or_below(std::string_view key);
  [[nodiscard]] Result<bool> go_up();
  [[nodiscard]] Result<bool> go_down();

  // The same as the range says.
  [[nodiscard]] Result<bool> seek_first() { return range_.reverse ? seek_highest() : seek_lowest(); }
  [[nodiscard]] Result<bool> seek_last() { return range_.reverse ? seek_lowest() : seek_highest(); }
  [[nodiscard]] Result<bool> seek(std::string_view key) {
    return range_.reverse ? seek_at_or_below(key) : seek_at_or_above(key);
  }
  [[nodiscard]] Result<bool> next() { return range_.reverse ? go_down() : go_up(); }
  [[nodiscard]] Result<bool> previous() { return range_.reverse ? go_up() : go_down(); }

  [[nodiscard]] bool valid() const noexcept { return location_.has_value(); }
  [[nodiscard]] std::string_view key() const noexcept { return OrderedKeys::key_at(*position_); }
  [[nodiscard]] Result<std::string_view> value();

  [[nodiscard]] EngineGate& gate() const noexcept { return *snapshot_->space().gate(); }

 private:
  using Position = OrderedKeys::Position;

  Cursor(std::shared_ptr<const Snapshot> snapshot, KvRange range, std::shared_ptr<const OrderedKeys> keys);

  [[nodiscard]] bool is_below_range(std::string_view key) const noexcept;
  [[nodiscard]] bool is_above_range(std::string_view key) const noexcept;
  [[nodiscard]] Position lowest() const;
  [[nodiscard]] Position behind_highest() const;
  [[nodiscard]] Result<bool> first_present_up(Position position);
  [[nodiscard]] Result<bool> first_present_below(Position position);
  [[nodiscard]] Result<bool> stand_at(Position position);

  std::shared_ptr<const Snapshot> snapshot_;
  KvRange range_;
  std::shared_ptr<const OrderedKeys> keys_;
  std::optional<Position> position_;    // a key of the range; nothing: nowhere
  std::optional<Location> location_;    // of its record; nothing: it stands at no key that is there
  std::string value_;
};

}  // namespace holdfast::kv
