#include "dying_storage.hpp"

#include <signal.h>

namespace holdfast::kill {

template <typename Call>
Result<void> DyingStorage::counted(StorageCall kind, const Call& call) {
  const bool is_last = kind == point_.call && counts_[static_cast<std::uint32_t>(kind)].fetch_add(1) + 1 == point_.count;
  if (is_last && point_.is_before) ::raise(SIGKILL);
  Result<void> result = call();
  if (is_last) ::raise(SIGKILL);
  return result;
}

Result<void> DyingStorage::write(std::uint64_t offset, std::span<const std::byte> bytes) {
  return counted(StorageCall::write, [&] { return below_->write(offset, bytes); });
}

Result<void> DyingStorage::commit(std::span<const WriteRange> ranges) {
  return counted(StorageCall::commit, [&] { return below_->commit(ranges); });
}

Result<void> DyingStorage::flush(ByteRange range) {
  return counted(StorageCall::flush, [&] { return below_->flush(range); });
}

Result<void> DyingStorage::sync(std::span<const ByteRange> ranges) {
  return counted(StorageCall::sync, [&] { return below_->sync(ranges); });
}

Result<void> DyingStorage::drain() {
  return counted(StorageCall::drain, [&] { return below_->drain(); });
}

Result<void> DyingStorage::grow(std::uint64_t size_bytes) {
  return counted(StorageCall::grow, [&] { return below_->grow(size_bytes); });
}

Result<void> DyingStorage::punch(ByteRange range) {
  return counted(StorageCall::punch, [&] { return below_->punch(range); });
}

}  // namespace holdfast::kill
