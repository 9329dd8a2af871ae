#include "kv/kv_range.hpp"

#include <utility>

#include "kv/kv_cursor.hpp"

namespace holdfast {

Result<KvCursor> Kv::cursor(KvRange range) const {
  return space_->gate()->answer([&]() -> Result<KvCursor> {
    auto snapshot = kv::ordered_snapshot(space_, options_.verify_on_read, kv::ScanRegistry::Kind::snapshot);
    if (!snapshot) return Unexpected(snapshot.error());
    auto cursor = kv::Cursor::make(std::move(*snapshot), std::move(range));
    if (!cursor) return Unexpected(cursor.error());
    return KvCursor(std::move(*cursor));
  });
}

Result<KvCursor> KvSnapshot::cursor(KvRange range) const {
  return content_->space().gate()->answer([&]() -> Result<KvCursor> {
    const auto engine = content_->space().gate()->enter();
    if (!engine) return Unexpected(EngineGate::closed_error());
    auto cursor = kv::Cursor::make(content_, std::move(range));
    if (!cursor) return Unexpected(cursor.error());
    return KvCursor(std::move(*cursor));
  });
}

Result<void> KvSnapshot::range(const KvRange& range, const Visitor& visitor) const {
  return content_->space().gate()->answer([&]() -> Result<void> {
    const auto engine = content_->space().gate()->enter();
    return kv::visit_range(content_, range, visitor);
  });
}

Result<std::uint64_t> KvSnapshot::count(const KvRange& range) const {
  return content_->space().gate()->answer([&]() -> Result<std::uint64_t> {
    const auto engine = content_->space().gate()->enter();
    return kv::count_range(content_, range);
  });
}

Result<void> Kv::range(const KvRange& range, const Visitor& visitor) const {
  return space_->gate()->answer([&]() -> Result<void> {
    const auto engine = space_->gate()->enter();  // close() waits, as for a scan
    auto snapshot = kv::ordered_snapshot(space_, options_.verify_on_read, kv::ScanRegistry::Kind::scan);
    if (!snapshot) return Unexpected(snapshot.error());
    return kv::visit_range(*snapshot, range, visitor);
  });
}

Result<std::uint64_t> Kv::count(const KvRange& range) const {
  return space_->gate()->answer([&]() -> Result<std::uint64_t> {
    const auto engine = space_->gate()->enter();
    auto snapshot = kv::ordered_snapshot(space_, options_.verify_on_read, kv::ScanRegistry::Kind::scan);
    if (!snapshot) return Unexpected(snapshot.error());
    return kv::count_range(*snapshot, range);
  });
}

namespace kv {

Result<std::shared_ptr<const Snapshot>> ordered_snapshot(const std::shared_ptr<KvSpace>& space, bool verify,
                                                         ScanRegistry::Kind kind) {
  if (space->ordered() == nullptr) return Unexpected(Cursor::not_ordered());
  auto snapshot = std::make_shared<Snapshot>(space, verify);
  if (auto begun = snapshot->begin(kind); !begun) return Unexpected(begun.error());
  return std::shared_ptr<const Snapshot>(std::move(snapshot));
}

Result<void> visit_range(const std::shared_ptr<const Snapshot>& snapshot, const KvRange& range,
                         const Kv::Visitor& visitor) {
  auto cursor = Cursor::make(snapshot, range);
  if (!cursor) return Unexpected(cursor.error());
  for (auto stands = (*cursor)->seek_first();; stands = (*cursor)->next()) {
    if (!stands) return Unexpected(stands.error());
    if (!*stands) return {};
    const auto value = (*cursor)->value();
    if (!value) return Unexpected(value.error());
    if (!visitor((*cursor)->key(), *value)) return {};
  }
}

Result<std::uint64_t> count_range(const std::shared_ptr<const Snapshot>& snapshot, const KvRange& range) {
  auto cursor = Cursor::make(snapshot, range);
  if (!cursor) return Unexpected(cursor.error());
  std::uint64_t count = 0;
  for (auto stands = (*cursor)->seek_first();; stands = (*cursor)->next()) {
    if (!stands) return Unexpected(stands.error());
    if (!*stands) return count;
    ++count;
  }
}

}  // namespace kv
}  // namespace holdfast
