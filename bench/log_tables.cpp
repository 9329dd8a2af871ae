#include "log_tables.hpp"

#include <array>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "row.hpp"
#include "seed_bench.hpp"
#include "workloads.hpp"

namespace holdfast::bench {
namespace {

constexpr std::string_view kNone = "n/a";

struct LogCase {
  std::string what;
  Config config;
};

class LogTables {
 public:
  LogTables(const std::filesystem::path& file_dir, const std::filesystem::path& pmem_dir, std::uint64_t records_max,
            const std::filesystem::path& json)
      : media_{SeedMedium{Backend::file, file_dir, records_max}, SeedMedium{Backend::pmem, pmem_dir, records_max}},
        json_(json) {}

  Result<void> print() const {
    print_head();
    for (const auto table : {&LogTables::print_goals, &LogTables::print_reads, &LogTables::print_followers,
                             &LogTables::print_streams, &LogTables::print_shards, &LogTables::print_checkpoints,
                             &LogTables::print_compaction})
      if (auto done = (this->*table)(); !done) return done;
    if (auto done = print_seed("IronWal", ironwal_rows()); !done) return done;
    if (auto done = print_seed("IronWal, shards and checkpoints", ironwal_sharded_rows()); !done) return done;
    return print_seed("Log Manager", log_manager_rows());
  }

 private:
  void print_head() const {
    const Machine machine = describe_machine(media_[0].dir);
    fmt::print("{}, {} processors, {}; file on {}, pmem emulated on {}. Medians; ratios are of one run.\n\n",
               machine.cpu, machine.processors, machine.kernel, machine.file_system,
               describe_machine(media_[1].dir).file_system);
  }

  /// Nothing where the medium, or this build, has no such thing.
  Result<std::optional<Row>> measure(const SeedMedium& medium, const LogCase& one) const {
    fmt::print(stderr, "{} on {} ...\n", one.what, name(medium.backend));
    Config config = one.config;
    config.backend = medium.backend;
    config.dir = medium.dir;
    const auto full = resolve(config);
    if (!full) return Unexpected(full.error());
    config.keys = medium.records(full->keys);
    const auto resolved = resolve(std::move(config));
    if (!resolved) return Unexpected(resolved.error());
    const bool is_na = resolved->workload == "log-read-cold" && medium.backend != Backend::file;
    if (is_na) return std::nullopt;
    auto row = run_workload(*resolved);
    if (!row && row.error().code == ErrorCode::not_supported) return std::nullopt;
    if (!row) return Unexpected(std::move(row.error()));
    if (!json_.empty())
      if (auto done = append_json_line(json_, *row); !done) return Unexpected(std::move(done.error()));
    return std::move(*row);
  }

  /// A line of a table: what, then what `cells` says of each medium's row.
  template <class Cells>
  Result<void> print_line(const LogCase& one, std::string_view behind, Cells&& cells) const {
    std::string line = fmt::format("| {} |", one.what);
    for (const SeedMedium& medium : media_) {
      const auto row = measure(medium, one);
      if (!row) return Unexpected(row.error());
      line += fmt::format(" {} |", *row ? cells(**row) : std::string(kNone));
    }
    print_now("{}{}\n", line, behind.empty() ? std::string() : fmt::format(" {} |", behind));
    return {};
  }

  static LogCase make_case(std::string what, std::string_view workload, Durability durability = Durability::immediate) {
    LogCase one{.what = std::move(what), .config = {}};
    one.config.workload = workload;
    one.config.durability = durability;
    one.config.with_raw = true;
    return one;
  }

  Result<void> print_goals() const {
    constexpr std::uint64_t kKiB = 1024;
    constexpr std::uint64_t kRecords = 262'144;  // 256 MiB of 1 KiB
    LogCase append = make_case("append of 1 KiB, buffered, 256 MiB", "log-append", Durability::buffered);
    LogCase scan = make_case("scan of it, warm, checksums verified", "log-scan", Durability::buffered);
    for (LogCase* one : {&append, &scan}) {
      one->config.keys = kRecords;
      one->config.value_size_bytes = kKiB;
    }
    print_now("| | file | pmem, emulated | goal |\n|---|---|---|---|\n");
    const auto cells = [](const Row& row) {
      return fmt::format("{}/s, {:.2f} GB/s, {:.2f} of raw", short_number(row.ops_per_s_median),
                         row.ops_per_s_median * static_cast<double>(row.config.value_size_bytes) / 1e9,
                         row.ratio_to_raw.value_or(0));
    };
    const LogCase durable = make_case("durable append of 128 B", "log-append");
    if (auto done = print_line(durable, "0.8 of raw on pmem, 0.85 on a file", cells); !done) return done;
    if (auto done = print_line(append, "2 GB/s", cells); !done) return done;
    if (auto done = print_line(scan, "5 GB/s", cells); !done) return done;
    print_now("\n");
    return {};
  }

  Result<void> print_reads() const {
    print_now("| random reads by id, 128 B | file | pmem, emulated |\n|---|---|---|\n");
    const auto cells = [](const Row& row) {
      std::string cell = fmt::format("{}/s, p50 {}, p99 {}, {:.2f} of raw", short_number(row.ops_per_s_median),
                                     short_time(row.p50_ns), short_time(row.p99_ns), row.ratio_to_raw.value_or(0));
      if (row.cached_fraction) cell += fmt::format(", {:.1f} % cached", *row.cached_fraction * 100);
      return cell;
    };
    if (auto done = print_line(make_case("warm", "log-read"), {}, cells); !done) return done;
    if (auto done = print_line(make_case("cold", "log-read-cold"), {}, cells); !done) return done;
    print_now("\n");
    return {};
  }

  Result<void> print_followers() const {
    print_now("| to a reader that follows, 128 B | file | pmem, emulated |\n|---|---|---|\n");
    const auto latencies = [](const Row& row) {
      return fmt::format("from before the append p50 {}, p99 {}; from its acknowledgement p50 {}, p99 {}",
                         short_time(row.p50_ns), short_time(row.p99_ns), short_time(row.delivered_p50_ns.value_or(0)),
                         short_time(row.delivered_p99_ns.value_or(0)));
    };
    const auto with_rate = [&](const Row& row) {
      return fmt::format("{}/s, {:.2f} of those that nobody follows; {}", short_number(row.ops_per_s_median),
                         row.ratio_to_raw.value_or(0), latencies(row));
    };
    const auto with_raw = [&](const Row& row) {
      return fmt::format("{}; waking a bare thread p50 {}", latencies(row), short_time(row.raw_p50_ns.value_or(0)));
    };
    if (auto done = print_line(make_case("durable appends, one behind the other", "log-follow"), {}, with_rate); !done)
      return done;
    if (auto done = print_line(make_case("buffered ones", "log-follow", Durability::buffered), {}, with_rate); !done)
      return done;
    if (auto done = print_line(make_case("durable appends, the reader asleep", "log-wake"), {}, with_raw); !done)
      return done;
    print_now("\n");
    return {};
  }

  Result<void> print_streams() const {
    constexpr std::array<std::uint64_t, 4> kStreams{1, 4, 16, 64};
    for (const SeedMedium& medium : media_) {
      print_now("| {}, durable appends of 128 B/s | 1 stream | 4 streams | 16 streams | 64 streams |\n"
                "|---|---|---|---|---|\n",
                medium.backend == Backend::file ? "file" : "pmem, emulated");
      for (const std::uint32_t threads : {1u, 4u, 16u}) {
        std::string line = fmt::format("| {} thread{} |", threads, threads == 1 ? "" : "s");
        for (const std::uint64_t streams : kStreams) {
          LogCase one = make_case(fmt::format("{} threads over {} streams", threads, streams), "log-multi");
          one.config.threads = threads;
          one.config.streams = streams;
          one.config.with_raw = false;
          const auto row = measure(medium, one);
          if (!row) return Unexpected(row.error());
          line += fmt::format(" {} |", *row ? short_number((*row)->ops_per_s_median) : std::string(kNone));
        }
        print_now("{}\n", line);
      }
      print_now("\n");
    }
    return {};
  }

  Result<void> print_shards() const {
    print_now("| appends of 256 B, many keys | file | pmem, emulated |\n|---|---|---|\n");
    const auto cells = [](const Row& row) {
      return fmt::format("{}/s, {:.2f} of those to one stream, p50 {}, p99 {}", short_number(row.ops_per_s_median),
                         row.ratio_to_raw.value_or(0), short_time(row.p50_ns), short_time(row.p99_ns));
    };
    for (const Durability durability : {Durability::buffered, Durability::immediate})
      for (const std::uint32_t threads : {1u, 4u, 16u})
        for (const std::uint64_t shards : {4u, 16u, 64u}) {
          const std::string_view how = durability == Durability::buffered ? "buffered" : "durable";
          const std::string_view plural = threads == 1 ? "" : "s";
          LogCase one = make_case(fmt::format("{} thread{} over {} shards, {}", threads, plural, shards, how),
                                  "sharded-append", durability);
          one.config.threads = threads;
          one.config.streams = shards;
          if (auto done = print_line(one, {}, cells); !done) return done;
        }
    print_now("\n");
    return {};
  }

  Result<void> print_checkpoints() const {
    print_now("| checkpoints | file | pmem, emulated |\n|---|---|---|\n");
    const auto create = [](const Row& row) {
      return fmt::format("p50 {}, p99 {}; a sync instead p50 {}; {:.2f} syncs, {:.2f} fences", short_time(row.p50_ns),
                         short_time(row.p99_ns), short_time(row.raw_p50_ns.value_or(0)),
                         row.syncs_per_call.value_or(0), row.fences_per_call.value_or(0));
    };
    const auto load = [](const Row& row) {
      return fmt::format("p50 {}, p99 {}; the latest p50 {}, p99 {}", short_time(row.p50_ns), short_time(row.p99_ns),
                         short_time(row.raw_p50_ns.value_or(0)), short_time(row.raw_p99_ns.value_or(0)));
    };
    constexpr std::uint64_t kKept = 500;
    for (const bool creates : {true, false})
      for (const std::uint64_t shards : {4u, 64u})
        for (const std::uint64_t kept : {std::uint64_t{0}, kKept}) {
          LogCase one = make_case(fmt::format("{}, {} shards, {} kept", creates ? "create" : "load", shards, kept),
                                  creates ? "checkpoint" : "checkpoint-load", Durability::buffered);
          one.config.streams = shards;
          one.config.kept = media_[0].records(kept);
          if (auto done = creates ? print_line(one, {}, create) : print_line(one, {}, load); !done) return done;
        }
    print_now("\n");
    return {};
  }

  Result<void> print_compaction() const {
    print_now("| compaction by key, 1 M records of 128 B, 100 k keys | file | pmem, emulated |\n|---|---|---|\n");
    const auto cells = [](const Row& row) {
      const std::string beside =
          fmt::format("appends p99 {}, alone {}, the longest {}; {:.2f} of their rate alone", short_time(row.p99_ns),
                      short_time(row.raw_p99_ns.value_or(0)), short_time(row.max_ns), row.ratio_to_raw.value_or(0));
      return fmt::format("{}/s, {:.0f} MB/s, {:.2f} B copied for each freed; {}", short_number(row.ops_per_s),
                         row.mb_per_s, row.written_per_freed.value_or(0), beside);
    };
    if (auto done = print_line(make_case("appends beside it, durable", "log-compact"), {}, cells); !done) return done;
    const LogCase buffered = make_case("appends beside it, buffered", "log-compact", Durability::buffered);
    if (auto done = print_line(buffered, {}, cells); !done) return done;
    print_now("\n");
    return {};
  }

  Result<void> print_seed(std::string_view seed, const std::vector<SeedRow>& rows) const {
    print_now("| {} | published | by | file | pmem, emulated |\n|---|---|---|---|---|\n", seed);
    for (const SeedRow& one : rows) {
      const std::string_view source = one.published == "-" ? std::string_view() : one.source;
      std::string line = fmt::format("| {} | {} | {} |", one.what, one.published, source);
      for (const SeedMedium& medium : media_) {
        fmt::print(stderr, "{}: {} on {} ...\n", seed, one.what, name(medium.backend));
        auto cell = one.measure(medium);
        if (!cell && cell.error().code == ErrorCode::not_supported) cell = std::string(kNone);
        if (!cell) return Unexpected(std::move(cell.error()));
        line += fmt::format(" {} |", *cell);
      }
      print_now("{}\n", line);
    }
    print_now("\n");
    return {};
  }

  /// Whoever waits sees how far it is.
  template <class... Arguments>
  static void print_now(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    fmt::print(format, std::forward<Arguments>(arguments)...);
    std::fflush(stdout);
  }

  std::array<SeedMedium, 2> media_;
  const std::filesystem::path& json_;
};

}  // namespace

Result<void> print_log_tables(const std::filesystem::path& file_dir, const std::filesystem::path& pmem_dir,
                              std::uint64_t records_max, const std::filesystem::path& json) {
  return LogTables(file_dir, pmem_dir, records_max, json).print();
}

}  // namespace holdfast::bench
