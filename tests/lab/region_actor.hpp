#pragma once

#include <functional>
#include <map>
#include <memory>
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
  void call(RegionHistory::Regions after, const std::function<Result<void>()>& call);
  [[nodiscard]] Region& region(const std::string& name) { return handles_.at(name); }

  std::shared_ptr<testing::CrashMedium> medium_;
  std::unique_ptr<Store> store_;
  std::map<std::string, Region> handles_;
  RegionHistory history_;
  std::vector<RegionView> watched_;
  std::vector<std::string> complaints_;
};

/// Reads all regions in `store`; what contradicts itself becomes a complaint.
[[nodiscard]] RegionContents read_regions(Store& store, std::vector<std::string>& complaints);

}  // namespace holdfast::lab
