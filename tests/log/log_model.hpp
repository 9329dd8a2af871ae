#pragma once

#include <array>
#include <cstdint>
#include <iosfwd>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "log_fixture.hpp"

namespace holdfast {

/// One thing to do to a store with two streams and a key-value space.
struct LogStep {
  enum class Kind { append, append_batch, append_async, commit, truncate_from, check_one, check_all, sync, close, kill };
  Kind kind{};
  std::uint32_t stream = 0;
  std::uint32_t value = 0;
  Durability durability{};
};
std::ostream& operator<<(std::ostream& out, const LogStep& step);

/// A store beside vectors that must always agree with it. What does not is thrown as a RapidCheck failure.
class ModelledStreams {
 public:
  explicit ModelledStreams(BackendRow row);

  void apply(const LogStep& step);

 private:
  static constexpr std::size_t kStreamCount = 2;

  /// All that was ever appended, by ids from 1 on, and what of it was taken off the end.
  struct Model {
    std::vector<std::string> payloads;
    std::set<LogId> cut_off;

    [[nodiscard]] LogId next_id() const { return payloads.size() + 1; }
  };

  void open();
  void append(const LogStep& step);
  void append_batch(const LogStep& step);
  void append_async(const LogStep& step);
  void commit(const LogStep& step);
  void truncate_from(const LogStep& step);
  void check_one(const LogStep& step);
  void check_all();
  void check_stream(std::size_t stream);
  void finish_tickets();

  BackendRow row_;
  TestDirectory directory_;
  Options options_;
  std::optional<Store> store_;
  std::vector<Log> streams_;
  std::optional<Kv> keys_;
  std::array<Model, kStreamCount> models_;
  std::optional<std::string> key_model_;
  std::vector<std::pair<LogId, Ticket>> tickets_;  // with the ids that they must tell
};

/// Checks `case_count` random lists of steps, and what is left when the store is opened again.
void check_streams_against_model(BackendRow row, int case_count);

}  // namespace holdfast
