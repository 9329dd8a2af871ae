#pragma once

#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <cstddef>

namespace holdfast {

/// Calls `work(i)` for every i below `count`, on at most `threads` threads (0: one per processor).
template <class Work>
void for_each_index(unsigned threads, std::size_t count, const Work& work) {
  const auto in_parallel = [&] { tbb::parallel_for(std::size_t{0}, count, work); };
  if (count < 2 || threads == 1) {
    for (std::size_t i = 0; i < count; ++i) work(i);
  } else if (threads == 0) {
    in_parallel();
  } else {
    tbb::task_arena(static_cast<int>(threads)).execute(in_parallel);
  }
}

}  // namespace holdfast
