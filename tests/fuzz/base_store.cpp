#include "base_store.hpp"

#include <algorithm>
#include <array>
#include <random>

namespace holdfast::fuzz {
namespace {

constexpr std::uint64_t kSegmentBytes = std::uint64_t{64} << 10;
constexpr std::uint64_t kSizeBytes = std::uint64_t{256} << 10;
constexpr std::uint64_t kMaxSizeBytes = std::uint64_t{768} << 10;  // what an input makes a store do stays small
constexpr std::uint64_t kLogsSizeBytes = std::uint64_t{1} << 20;  // a stream takes a segment at least
constexpr std::uint64_t kLogsMaxSizeBytes = std::uint64_t{2} << 20;
constexpr std::size_t kFooterBytes = 1'200;  // a slice whose first record has 1024 bytes gets a footer

}  // namespace

std::string noise(std::uint64_t seed, std::size_t size) {
  std::mt19937_64 random(seed);
  std::string text(size, '\0');
  for (char& character : text) character = static_cast<char>(random());
  return text;
}

Options BaseStore::options(OpenMode mode) const {
  const auto size = medium_options();
  return {.mode = mode,
          .size_bytes = size.size_bytes,
          .max_size_bytes = size.max_size_bytes,
          .segment_size_bytes = kSegmentBytes,
          .recovery_threads = 1};
}

testing::CrashOptions BaseStore::medium_options() const {
  const bool is_of_logs = content_ == BaseContent::logs;
  return {.model = model_,
          .size_bytes = is_of_logs ? kLogsSizeBytes : kSizeBytes,
          .max_size_bytes = is_of_logs ? kLogsMaxSizeBytes : kMaxSizeBytes,
          .keeps_log = false};
}

BaseStore::BaseStore(testing::MediumModel model, bool closed, BaseContent content) : model_(model), content_(content) {
  const auto medium = testing::CrashMedium::create(medium_options());
  if (content == BaseContent::logs)
    write_logs(*medium, closed);
  else
    write_facades(*medium, closed);
}

void BaseStore::write_facades(testing::CrashMedium& medium, bool closed) {
  {
    auto store = made(Store::open(made(medium.open()), options(OpenMode::create)));
    write_first_session(store);
    made(store.close());
  }
  auto store = made(Store::open(made(medium.open()), options(OpenMode::existing)));
  write_second_session(store);
  if (closed) made(store.close());
  image_.assign(medium.live().begin(), medium.live().end());
}

void BaseStore::put(Kv& space, const std::string& key, const std::string& value) {
  made(space.put(key, value));
  values_[std::string(space.name())][key].insert(value);
}

void BaseStore::append(Log& stream, const std::string& payload) {
  made(stream.append(payload));
  payloads_.push_back(payload);
}

void BaseStore::write_first_session(Store& store) {
  auto users = made(store.kv("users"));
  auto pages = made(store.kv("pages"));
  auto audit = made(store.log("audit"));
  auto bytes = made(store.region("bytes"));
  for (std::uint64_t i = 0; i < 6; ++i) put(users, "key " + std::to_string(i), noise(i, 20 + 13 * i));
  for (std::uint64_t i = 0; i < 3; ++i) put(pages, "page " + std::to_string(i), noise(20 + i, kFooterBytes));
  for (std::uint64_t i = 0; i < 4; ++i) append(audit, noise(30 + i, 30 + 20 * i));
  put(users, "large", noise(40, kOwnExtentBytes));
  put(users, "replaced", noise(41, kOwnExtentBytes));
  append(audit, noise(42, kOwnExtentBytes));
  const std::string region = noise(43, 5'000);
  made(bytes.append(std::as_bytes(std::span(region))));
  made(bytes.flush().map([](bool) {}));
}

void BaseStore::write_second_session(Store& store) {
  auto users = made(store.kv("users"));
  auto pages = made(store.kv("pages"));
  auto audit = made(store.log("audit"));
  auto bytes = made(store.region("bytes"));
  for (std::uint64_t i = 2; i < 4; ++i) put(users, "key " + std::to_string(i), noise(50 + i, 60));
  put(users, "replaced", noise(60, 80));
  made(users.erase("key 5").map([](bool) {}));
  put(pages, "page 1", noise(61, kFooterBytes));
  put(pages, "page 3", noise(62, 90));
  Batch batch;
  batch.put(users, "of a batch", noise(63, 70));
  batch.put(pages, "of a batch", noise(64, 70));
  batch.append(audit, noise(65, 50));
  made(store.commit(batch));
  values_["users"]["of a batch"].insert(noise(63, 70));
  values_["pages"]["of a batch"].insert(noise(64, 70));
  payloads_.push_back(noise(65, 50));
  append(audit, noise(66, 90));
  const std::string region = noise(67, 9'000);
  made(bytes.append(std::as_bytes(std::span(region))));
  auto passing = made(store.region("passing"));
  made(passing.append(std::as_bytes(std::span(region).first(100))));
  made(passing.rename("renamed"));
  made(store.sync());
}

bool BaseStore::knows(const std::string& space, const std::string& key, const std::string& value) const {
  const auto of_space = values_.find(space);
  if (of_space == values_.end()) return false;
  const auto known = of_space->second.find(key);
  return known != of_space->second.end() && known->second.contains(value);
}

bool BaseStore::knows(LogId id, const std::string& payload) const {
  if (content_ == BaseContent::logs) return std::find(payloads_.begin(), payloads_.end(), payload) != payloads_.end();
  return id >= 1 && id <= payloads_.size() && payloads_[id - 1] == payload;
}

const BaseStore& base_store(std::size_t number) {
  using enum testing::MediumModel;
  using enum BaseContent;
  static const std::array<BaseStore, kBaseStoreCount> stores{
      BaseStore(pages, true, facades),  BaseStore(cache_lines, true, facades),
      BaseStore(pages, false, facades), BaseStore(cache_lines, false, facades),
      BaseStore(pages, true, logs),     BaseStore(cache_lines, true, logs),
      BaseStore(pages, false, logs),    BaseStore(cache_lines, false, logs)};
  return stores[number % kBaseStoreCount];
}

}  // namespace holdfast::fuzz
