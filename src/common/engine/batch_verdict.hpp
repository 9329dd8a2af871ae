#pragma once

#include <vector>

#include "common/engine/found_slice.hpp"

namespace holdfast {

/// Cuts slices (`kept_end`) where an unfinished batch begins, so that batches are all or nothing and what
/// stays is a prefix of each slice.
///
/// A batch is whole if its trailer agrees with its members, and the catalog has decided it where the trailer leaves
/// that to it; or if any part of it lies below a watermark:
/// a watermark never passes a batch that is not committed. Where one is not whole, its slice ends before
/// its first member, and so do, as far as no watermark proves them, the slices that follow it in the
/// same epoch: what was written behind the batch was not durable either, since the sync that made it so
/// would have finished the batch. Each cut may leave another batch unfinished; it goes on until nothing
/// changes.
void cut_at_unfinished_batches(std::vector<FoundSlice>& slices, const CatalogState& catalog);

}  // namespace holdfast
