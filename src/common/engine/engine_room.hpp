#pragma once

#include <cstdint>

#include "common/engine/cleaner.hpp"
#include "common/engine/engine.hpp"

namespace holdfast {

// What may go, and what is garbage, makes room, in the thread of who finds none, and the write comes again; others may have taken the room
// by then. Requires: no lock is held that cleaning takes, nor a guard.
template <class Write>
Result<void> Engine::write_with_room(std::span<const WriteEntry> entries, const Write& write) {
  constexpr int kAttemptsMax = 64;
  auto written = write();
  for (int attempt = 0; !written && written.error().code == ErrorCode::no_space && attempt < kAttemptsMax; ++attempt) {
    if (attempt == 0 && room_maker_ && room_maker_()) {
      written = write();
      continue;
    }
    std::uint64_t size_bytes = 0;
    for (const WriteEntry& entry : entries) size_bytes += padded_size(entry.draft);
    const auto made = cleaner_->make_room(size_bytes);
    if (!made) return Unexpected(made.error());
    if (!*made) return written;
    written = write();
  }
  return written;
}

}  // namespace holdfast
