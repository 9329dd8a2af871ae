#pragma once

#include <atomic>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "faults/facades.hpp"

namespace holdfast {

/// Set while a StoreLife waits for the library: faults are to strike there, not in the test's own code.
inline std::atomic<bool> library_is_running{false};

template <class Call>
auto in_library(Call&& call) {
  library_is_running = true;
  auto result = call();
  library_is_running = false;
  return result;
}

/// A store's life in some dozens of calls of all facades, made to go on whatever fails: created, filled by
/// every kind of write, grown, synced, closed, opened again, changed, closed. What each call has answered is
/// noted.
class StoreLife {
 public:
  StoreLife(std::filesystem::path path, Backend backend);

  /// Lives; a call that fails is noted, and the next one made.
  void live();

  /// With nothing failing any more: opens the store and compares. Then writes on, closes and compares once
  /// more.
  void check_after();

  /// What failed calls have answered, in order; those that only read apart.
  [[nodiscard]] const std::vector<Error>& errors() const noexcept { return errors_; }
  [[nodiscard]] const std::vector<Error>& read_errors() const noexcept { return read_errors_; }

 private:
  /// One opening of the store, with its handles as far as they could be had.
  struct Session {
    std::optional<Store> store;
    std::optional<Kv> keys;
    std::optional<Log> log;
    std::optional<Region> bytes;
  };

  [[nodiscard]] bool open(Session& session);
  void fill(Session& session);
  void grow(Session& session);
  void rename_and_remove(Session& session);
  void use_forms(Session& session);
  void change(Session& session);
  void close(Session& session);

  void put(Session& session, const std::string& key, std::size_t size, WriteOptions options = {});
  void replace(Session& session, const std::string& key, std::size_t size);
  void erase(Session& session, const std::string& key);
  void put_async(Session& session, const std::string& key, std::size_t size);
  void multi_put(Session& session, std::size_t size);
  void exchange(Session& session, const std::string& key, std::size_t size);
  void update(Session& session, const std::string& key, std::size_t size);
  void put_if_absent(Session& session, const std::string& key, std::size_t size);
  void add(Session& session, const std::string& key);
  void append(Session& session, std::size_t size, WriteOptions options = {});
  void append_async(Session& session, std::size_t size);
  void commit_batch(Session& session);
  void write_region(Session& session, std::uint64_t offset, std::size_t size, WriteOptions options = {});
  void sync(Session& session);
  void update_region(Session& session, std::uint64_t first, std::uint64_t second, std::size_t size);
  void store_in_region(Session& session, std::uint64_t offset, std::size_t size);
  void region_is_durable(bool flushed);

  /// A region whose every change is all or nothing.
  struct Formed {
    std::string name;
    std::vector<std::string> possible{};  // the last one acknowledged, and what failed calls behind it would have left
    std::set<std::string> had{};          // what versions may hold
  };
  void use_form(Session& session, const std::string& name, const RegionForm& form);
  void check_form(Store& store, const Formed& formed);
  void read_all(Session& session);

  /// True if the call has succeeded; else its error is noted.
  template <class T>
  bool note(const Result<T>& result) {
    if (!result) errors_.push_back(result.error());
    return result.has_value();
  }

  /// The same of a call that writes: behind a sync that has failed none succeeds, and each tells that error.
  template <class T>
  bool note_write(const Result<T>& result) {
    if (first_failed_sync_) {
      EXPECT_FALSE(result.has_value()) << "a write succeeded behind: " << *first_failed_sync_;
      if (!result && result.error().code == ErrorCode::io) {
        EXPECT_EQ(result.error().message, *first_failed_sync_);
      }
    } else if (!result && result.error().message.starts_with("cannot sync: ")) {
      first_failed_sync_ = result.error().message;
    }
    return note(result);
  }

  const std::filesystem::path path_;
  Options options_;
  Expected expected_;
  std::vector<Error> errors_;
  std::vector<Error> read_errors_;
  std::optional<std::string> first_failed_sync_;  // of this session
  std::vector<std::pair<std::uint64_t, std::string>>
      region_unflushed_;  // a growth that no flush has told the catalog of
  bool was_open_ = false;
  std::vector<Formed> formed_;          // acknowledged to be there
  std::set<std::string> kept_regions_;  // acknowledged to be there
  std::set<std::string> gone_regions_;  // acknowledged not to be there
  unsigned seed_ = 0;
};

}  // namespace holdfast
