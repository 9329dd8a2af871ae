#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <holdfast/store.hpp>
#include <holdfast/testing/crash_storage.hpp>

#include "region_history.hpp"

namespace holdfast::lab {

/// Works on the regions of a store over a crash medium, and notes what it began and what has returned.
class RegionActor {
 public:
  RegionActor(std::shared_ptr<testing::CrashMedium> medium, const Options& options);

  void create(const std::string& name);
  void create_with(const std::string& name, const std::string& bytes);
  void write_at(const std::string& name, std::uint64_t offset, const std::string& bytes,
                Durability durability = Durability::buffered);
  void append(const std::string& name, const std::string& bytes, Durability durability = Durability::buffered);
  void flush(const std::string& name);
  void truncate(const std::string& name, std::uint64_t size_bytes);
  void update(const std::string& name, const std::vector<RegionHistory::Written>& writes);
  void truncate_write(const std::string& name, std::uint64_t offset, const std::string& bytes);
  void shrink(const std::string& name);
  // region_form_actor.cpp
  void create_formed(const std::string& name, const std::string& bytes, const RegionForm& form);
  /// Writes that are all or nothing: to a checked region, or into a hole.
  void write_whole(const std::string& name, std::uint64_t offset, const std::string& bytes);
  void append_whole(const std::string& name, const std::string& bytes);
  /// Through a mutable view, marked; the view is gone behind it.
  void store(const std::string& name, std::uint64_t offset, const std::string& bytes);
  void punch(const std::string& name, std::uint64_t offset, std::uint64_t size_bytes);
  void replace(const std::string& name, const std::string& bytes);
  void keep_version(const std::string& name);
  void remove_version(const std::string& name, std::uint64_t number);
  void seal(const std::string& name);


  /// One operation of a batch; `is_end`: a truncate_write.
  struct BatchWrite {
    std::string region;
    std::uint64_t offset = 0;
    std::string bytes;
    bool is_end = false;
  };
  using Puts = std::vector<std::pair<std::string, std::string>>;
  /// Creates the key-value space "users" and the stream "audit", which batches may take along.
  void create_records();
  /// Store::commit of all of it; what is put and appended is text.
  void commit(const std::vector<BatchWrite>& writes, const Puts& puts = {}, const std::vector<std::string>& appends = {});
  void put(const std::string& key, const std::string& value);
  [[nodiscard]] bool has_records() const noexcept { return keys_ && stream_; }
  void rename(const std::string& from, const std::string& to);
  void remove(const std::string& name);
  void sync();
  void close();

  /// From now on a reader looks through a view of the whole region behind every event of the medium: until
  /// let_go() it must go on showing what it showed first.
  void watch(const std::string& name);
  void let_go();

  [[nodiscard]] const RegionHistory& history() const noexcept { return history_; }
  [[nodiscard]] const std::vector<std::string>& complaints() const noexcept { return complaints_; }
  [[nodiscard]] testing::CrashMedium& medium() noexcept { return *medium_; }

 private:
  /// `after` with what the region holds as its next version, and without those that go.
  void add_version(RegionHistory::Regions& after, const std::string& name);
  void call(RegionHistory::Regions after, const std::function<Result<void>()>& call);
  [[nodiscard]] Region& region(const std::string& name) { return handles_.at(name); }
  void find_records();

  std::shared_ptr<testing::CrashMedium> medium_;
  std::unique_ptr<Store> store_;
  std::map<std::string, Region> handles_;
  struct Versions {
    std::uint64_t last = 0;
    std::uint64_t kept_max = 0;
  };
  std::map<std::string, Versions> versions_;  // of regions created with versions
  std::optional<Kv> keys_;
  std::optional<Log> stream_;
  RegionHistory history_;
  std::vector<RegionView> watched_;
  std::vector<std::string> complaints_;
};

/// The model behind Region::update() and truncate_write() of the same.
void update_model(RegionHistory::Region& region, const std::vector<RegionHistory::Written>& writes);
void truncate_write_model(RegionHistory::Region& region, const RegionHistory::Written& end);

/// What keys and streams hold is judged as if it were a region's bytes, under names of their own: "users" and "audit" have
/// text with a line for each record.
inline constexpr std::string_view kKeysContents = "!keys of users";
inline constexpr std::string_view kStreamContents = "!records of audit";
void read_records(Store& store, RegionContents& contents, std::vector<std::string>& complaints);

/// Reads all regions in `store`, and its records; what contradicts itself becomes a complaint.
[[nodiscard]] RegionContents read_regions(Store& store, std::vector<std::string>& complaints);

}  // namespace holdfast::lab
