#include "base_store.hpp"

#include <array>
#include <random>
#include <utility>

#include "common/base/check.hpp"

namespace holdfast::fuzz {
namespace {

constexpr std::uint64_t kSegmentBytes = std::uint64_t{64} << 10;
constexpr std::uint64_t kSizeBytes = std::uint64_t{256} << 10;
constexpr std::uint64_t kMaxSizeBytes = std::uint64_t{768} << 10;  // what an input makes a store do stays small
constexpr std::size_t kFooterBytes = 1'200;  // a slice whose first record has 1024 bytes gets a footer

std::string noise(std::uint64_t seed, std::size_t size) {
  std::mt19937_64 random(seed);
  std::string text(size, '\0');
  for (char& character : text) character = static_cast<char>(random());
  return text;
}

// A base store that cannot be made is a defect of this program, whatever the input.
template <class T>
T expect(Result<T> result) {
  HOLDFAST_CHECK(result.has_value());
  return std::move(result).value();
}

void expect(const Result<void>& result) { HOLDFAST_CHECK(result.has_value()); }

}  // namespace

Options BaseStore::options(OpenMode mode) {
  return {.mode = mode,
          .size_bytes = kSizeBytes,
          .max_size_bytes = kMaxSizeBytes,
          .segment_size_bytes = kSegmentBytes,
          .recovery_threads = 1};
}

testing::CrashOptions BaseStore::medium_options(testing::MediumModel model) {
  return {.model = model, .size_bytes = kSizeBytes, .max_size_bytes = kMaxSizeBytes, .keeps_log = false};
}

BaseStore::BaseStore(testing::MediumModel model, bool closed) : model_(model) {
  const auto medium = testing::CrashMedium::create(medium_options(model));
  {
    auto store = expect(Store::open(expect(medium->open()), options(OpenMode::create)));
    write_first_session(store);
    expect(store.close());
  }
  auto store = expect(Store::open(expect(medium->open()), options(OpenMode::existing)));
  write_second_session(store);
  if (closed) expect(store.close());
  image_.assign(medium->live().begin(), medium->live().end());
}

void BaseStore::put(Kv& space, const std::string& key, const std::string& value) {
  expect(space.put(key, value));
  values_[std::string(space.name())][key].insert(value);
}

void BaseStore::append(Log& stream, const std::string& payload) {
  expect(stream.append(payload));
  payloads_.push_back(payload);
}

void BaseStore::write_first_session(Store& store) {
  auto users = expect(store.kv("users"));
  auto pages = expect(store.kv("pages"));
  auto audit = expect(store.log("audit"));
  auto bytes = expect(store.region("bytes"));
  for (std::uint64_t i = 0; i < 6; ++i) put(users, "key " + std::to_string(i), noise(i, 20 + 13 * i));
  for (std::uint64_t i = 0; i < 3; ++i) put(pages, "page " + std::to_string(i), noise(20 + i, kFooterBytes));
  for (std::uint64_t i = 0; i < 4; ++i) append(audit, noise(30 + i, 30 + 20 * i));
  put(users, "large", noise(40, kOwnExtentBytes));
  put(users, "replaced", noise(41, kOwnExtentBytes));
  append(audit, noise(42, kOwnExtentBytes));
  const std::string region = noise(43, 5'000);
  expect(bytes.append(std::as_bytes(std::span(region))));
  expect(bytes.flush().map([](bool) {}));
}

void BaseStore::write_second_session(Store& store) {
  auto users = expect(store.kv("users"));
  auto pages = expect(store.kv("pages"));
  auto audit = expect(store.log("audit"));
  auto bytes = expect(store.region("bytes"));
  for (std::uint64_t i = 2; i < 4; ++i) put(users, "key " + std::to_string(i), noise(50 + i, 60));
  put(users, "replaced", noise(60, 80));
  expect(users.erase("key 5").map([](bool) {}));
  put(pages, "page 1", noise(61, kFooterBytes));
  put(pages, "page 3", noise(62, 90));
  Batch batch;
  batch.put(users, "of a batch", noise(63, 70));
  batch.put(pages, "of a batch", noise(64, 70));
  batch.append(audit, noise(65, 50));
  expect(store.commit(batch));
  values_["users"]["of a batch"].insert(noise(63, 70));
  values_["pages"]["of a batch"].insert(noise(64, 70));
  payloads_.push_back(noise(65, 50));
  append(audit, noise(66, 90));
  const std::string region = noise(67, 9'000);
  expect(bytes.append(std::as_bytes(std::span(region))));
  auto passing = expect(store.region("passing"));
  expect(passing.append(std::as_bytes(std::span(region).first(100))));
  expect(passing.rename("renamed"));
  expect(store.sync());
}

bool BaseStore::knows(const std::string& space, const std::string& key, const std::string& value) const {
  const auto of_space = values_.find(space);
  if (of_space == values_.end()) return false;
  const auto known = of_space->second.find(key);
  return known != of_space->second.end() && known->second.contains(value);
}

bool BaseStore::knows(LogId id, const std::string& payload) const {
  return id >= 1 && id <= payloads_.size() && payloads_[id - 1] == payload;
}

const BaseStore& base_store(std::size_t number) {
  using testing::MediumModel;
  static const std::array<BaseStore, kBaseStoreCount> stores{
      BaseStore(MediumModel::pages, true), BaseStore(MediumModel::cache_lines, true),
      BaseStore(MediumModel::pages, false), BaseStore(MediumModel::cache_lines, false)};
  return stores[number % kBaseStoreCount];
}

}  // namespace holdfast::fuzz
