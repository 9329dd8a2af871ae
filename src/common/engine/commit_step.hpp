#pragma once

#include <span>

#include <holdfast/storage.hpp>

#include "common/base/mutant.hpp"
#include "common/base/success.hpp"

namespace holdfast {

/// storage.commit(ranges), one step of a crash order; with `omitted` active the bytes are written and not synced.
[[nodiscard]] inline Result<void> commit_step(Storage& storage, std::span<const WriteRange> ranges,
                                              [[maybe_unused]] Mutant omitted) {
  if (!mutated(omitted)) return storage.commit(ranges);
  for (const WriteRange& range : ranges)
    if (auto written = storage.write(range.offset, range.bytes); !written) return written;
  return success();
}

}  // namespace holdfast
