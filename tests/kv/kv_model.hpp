#pragma once

#include <array>
#include <cstdint>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "fake_clock.hpp"
#include "kv_fixture.hpp"

namespace holdfast {

/// One thing to do to a store with two spaces.
struct ModelStep {
  enum class Kind { put, erase, compare_and_set, exchange, put_async, multi_put, batch, check_key, check_all, sync, close, kill,
                    put_expiring, set_ttl, advance_clock };
  Kind kind{};
  std::uint32_t space = 0;
  std::uint32_t key = 0;
  std::uint32_t value = 0;
  Durability durability{};
};
std::ostream& operator<<(std::ostream& out, const ModelStep& step);

/// A store beside maps that must always agree with it. What does not is thrown as a RapidCheck failure.
class ModelledStore {
 public:
  explicit ModelledStore(BackendRow row);

  void apply(const ModelStep& step);
  void check_all();

 private:
  static constexpr std::size_t kSpaceCount = 2;

  void open();
  void put(const ModelStep& step);
  void put_expiring(const ModelStep& step);
  void set_ttl(const ModelStep& step);
  void advance_clock();
  void erase(const ModelStep& step);
  void compare_and_set(const ModelStep& step);
  void exchange(const ModelStep& step);
  void put_async(const ModelStep& step);
  void multi_put(const ModelStep& step);
  void batch(const ModelStep& step);
  void check_key(std::size_t space, const std::string& key);
  void set(std::size_t space, const std::string& key, const std::string& value);
  bool remove(std::size_t space, const std::string& key);

  BackendRow row_;
  TestDirectory directory_;
  Options options_;
  FakeClock clock_;
  std::optional<Store> store_;
  std::vector<Kv> spaces_;
  std::array<std::map<std::string, std::string>, kSpaceCount> models_;
  std::array<std::map<std::string, std::uint64_t>, kSpaceCount> times_;  // of keys that expire
};

/// Checks `case_count` random lists of steps, and what is left when the store is opened again.
void check_against_model(BackendRow row, int case_count);

}  // namespace holdfast
