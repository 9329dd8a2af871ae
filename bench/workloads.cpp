#include "workloads.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace holdfast::bench {
namespace {

constexpr std::array kWorkloads{
    Workload{"kv-put",
             "new keys, one put each; afterwards the number of keys and a sample of values are checked",
             false, true, run_kv_put},
    Workload{"kv-get", "every key once, in random order, each value compared", false, true, run_kv_get},
    Workload{"kv-update", "a new value for every key, in random order", false, true, run_kv_update},
    Workload{"kv-delete", "erase of every key, in random order", false, true, run_kv_delete},
    Workload{"kv-batch", "new keys in atomic batches of --batch; a latency is that of a whole batch", false,
             true, run_kv_batch},
    Workload{"log-append",
             "one append a record, or --batch records together; afterwards every record is compared", false,
             true, run_log_append},
    Workload{"log-scan", "all records in order, each payload compared; a latency is that of a slice's scan",
             false, true, run_log_scan},
    Workload{"region-write", "every block of a region once, in random order; afterwards all are compared",
             false, true, run_region_write},
    Workload{"region-read", "every block of a region once, in random order, a line of each page compared",
             false, true, run_region_read},
    Workload{"region-flush", "the same writes, each made durable by a flush", false, true, run_region_flush},
    Workload{"commit",
             "atomic commits of 5 puts and 5 appends; the raw limit is one put of the ten payloads together",
             false, true, run_commit},
    Workload{
        "reopen",
        "open after the writing process was killed, beside its bound: the same bytes hashed once and the "
        "same keys put into a bare map",
        true, false, run_reopen},
    Workload{"raw", "what the medium alone does with the bytes of kv-put, or of kv-batch with --batch", false,
             false, run_raw},
};

Unexpected bad(std::string message) {
  return Unexpected(Error{ErrorCode::invalid_argument, std::move(message)});
}

}  // namespace

std::span<const Workload> workloads() noexcept { return kWorkloads; }

Result<Row> run_workload(const Config& config) {
  const auto found = std::ranges::find(kWorkloads, config.workload, &Workload::name);
  if (found == kWorkloads.end()) {
    return bad(fmt::format("no workload '{}'; holdfast-bench list names them", config.workload));
  }
  if (found->needs_path && config.backend == Backend::memory) {
    return bad(
        fmt::format("{} needs a store that outlives its process; --backend file or pmem", found->name));
  }
  if (config.with_raw && !found->has_raw_side) {
    return bad(fmt::format("{} has no raw side; leave --with-raw out", found->name));
  }
  return found->run(config);
}

}  // namespace holdfast::bench
