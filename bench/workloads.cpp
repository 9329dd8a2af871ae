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
    Workload{"kv-multiget",
             "every key once, --batch in a call; a latency is that of a call; the raw side is a get of each", false,
             true, run_kv_multiget},
    Workload{"kv-mixed", "gets and updates (--reads), of keys that are asked for more or less often (--zipf)", false,
             true, run_kv_mixed},
    Workload{"kv-clean",
             "four updates a key in a store that is 80 % full (--zipf); the raw side is the same in one with room for all",
             false, true, run_kv_clean},
    Workload{"kv-cycle",
             "new keys, each erased a while later; what room and memory the last nine tenths have added", false, false,
             run_kv_cycle},
    Workload{"kv-scan", "all entries in no order, each copied; a latency is that of a whole scan", false, true,
             run_kv_scan},
    Workload{"kv-scan-snapshot", "the same of a snapshot, taking it included", false, true, run_kv_scan_snapshot},
    Workload{"kv-range", "the same of an ordered space, in the order of the keys", false, true, run_kv_range},
    Workload{"log-append",
             "one append a record, or --batch records together; afterwards every record is compared", false,
             true, run_log_append},
    Workload{"log-multi",
             "one append a record, each to one of --streams; afterwards every record of all is compared", false,
             true, run_log_multi},
    Workload{"log-scan",
             "all records in order, a line of each payload compared; a latency is that of a slice's scan", false,
             true, run_log_scan},
    Workload{"log-read", "every record once, by its id, in random order, each payload compared", false, true,
             run_log_read},
    Workload{"log-read-cold",
             "2,000 records by their ids, in a store that was opened anew and of which the page cache has nothing",
             false, true, run_log_read_cold, true},
    Workload{"log-follow",
             "appends, and a reader that follows; a latency is from before an append to its delivery; the raw "
             "side is the same appends without the reader",
             false, true, run_log_follow},
    Workload{"log-wake",
             "the same, each append when the reader is asleep, so that only latencies tell; the raw side wakes a "
             "bare thread",
             false, true, run_log_wake},
    Workload{"log-compact",
             "compaction of records under --key-count keys; latencies are of appends by --threads beside another one; "
             "the raw side is such appends alone",
             false, true, run_log_compact},
    Workload{"sharded-append",
             "one append a record to a sharded log of --streams shards; the raw side is the same to one stream",
             false, true, run_sharded_append},
    Workload{"checkpoint",
             "--batch appends to a sharded log and a checkpoint behind them, which alone is timed; the raw side is a "
             "sync of the store instead",
             false, true, run_checkpoint},
    Workload{"checkpoint-load", "one of --kept checkpoints by its id; the raw side is the latest one", false, true,
             run_checkpoint_load},
    Workload{"region-write", "every block of a region once, in random order; afterwards all are compared",
             false, true, run_region_write},
    Workload{"region-read", "every block of a region once, in random order, a line of each page compared",
             false, true, run_region_read},
    Workload{"region-flush", "the same writes, each made durable by a flush", false, true, run_region_flush},
    Workload{
        "region-flush-beside",
        "the same, each beside --area-size dirty bytes of another region; the raw side is the same flush, "
        "those bytes in another store",
        false, true, run_region_flush_beside},
    Workload{"region-append", "appends to a region that has room; afterwards every byte is compared", false,
             true, run_region_append},
    Workload{"region-view",
             "a view of a region of --area-size bytes in one extent; the raw side is one of --value-size "
             "bytes of it",
             false, true, run_region_view},
    Workload{"commit",
             "atomic commits of 5 puts and 5 appends; the raw limit is one put of the ten payloads together",
             false, true, run_commit},
    Workload{
        "reopen",
        "open after the writing process was killed, beside its bound: the same bytes hashed once and the "
        "same keys put into a bare map",
        true, false, run_reopen},
    Workload{"reopen-clean", "the same after the store was closed; the row also says how long closing takes", true, false,
             run_reopen_clean},
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
  if (found->needs_page_cache && config.backend != Backend::file) {
    return bad(fmt::format("{}: n/a on {}, where there is no page cache to be cold; --backend file", found->name,
                           name(config.backend)));
  }
  if (config.with_raw && !found->has_raw_side) {
    return bad(fmt::format("{} has no raw side; leave --with-raw out", found->name));
  }
  return found->run(config);
}

}  // namespace holdfast::bench
