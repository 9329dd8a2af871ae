#include "linearizable_load.hpp"

#include <thread>

#include "kv_fixture.hpp"

namespace holdfast {
namespace {

constexpr int kWriters = 3;
constexpr int kReaders = 2;
constexpr int kKeysPerWriter = 6;
constexpr int kRounds = 250;

/// Every seventh value is large.
std::string value_of(int version) {
  const auto size = static_cast<std::size_t>(version % 7 == 6 ? 30'000 : version % 50);
  return std::to_string(version) + " " + std::string(size, 'v');
}

}  // namespace

LinearizableLoad::LinearizableLoad(Store& store, Kv& space) : store_(store), space_(space) {
  for (int i = 0; i < kWriters * kKeysPerWriter; ++i) {
    keys_.push_back(std::make_unique<Key>());
    keys_.back()->name = "key " + std::to_string(i);
  }
}

void LinearizableLoad::run() {
  std::vector<std::thread> readers;
  std::vector<std::thread> writers;
  for (int reader = 0; reader < kReaders; ++reader)
    readers.emplace_back([this, reader] { read_keys(reader); });
  for (int writer = 0; writer < kWriters; ++writer)
    writers.emplace_back([this, writer] { write_keys_of(writer); });
  for (std::thread& writer : writers) writer.join();
  stop_ = true;
  for (std::thread& reader : readers) reader.join();
  for (const auto& key : keys_) EXPECT_TRUE(holds(space_, key->name, value_of(key->acknowledged)));
  EXPECT_TRUE(has_size(space_, keys_.size()));
}

void LinearizableLoad::write_keys_of(int writer) {
  for (int round = 1; round <= kRounds; ++round) {
    Key& key = *keys_[static_cast<std::size_t>(writer * kKeysPerWriter + round % kKeysPerWriter)];
    const int version = key.begun + 1;
    key.begun = version;
    write(key, version, round);
    key.acknowledged = version;
    EXPECT_TRUE(holds(space_, key.name, value_of(version)));  // nobody else writes it
  }
}

void LinearizableLoad::write(Key& key, int version, int round) {
  const WriteOptions options = round % 16 == 0 ? WriteOptions{} : kBuffered;
  if (round % 5 == 4 && version > 1) {
    EXPECT_TRUE(
        says(true, space_.compare_and_set(key.name, value_of(version - 1), value_of(version), options)));
  } else if (round % 5 == 3) {
    write_in_batch(key, version, options);
  } else {
    EXPECT_TRUE(ok(space_.put(key.name, value_of(version), options)));
  }
}

void LinearizableLoad::write_in_batch(const Key& key, int version, WriteOptions options) {
  Batch batch;
  batch.put(space_, key.name, value_of(version));
  batch.put(space_, "beside " + key.name, "value");
  EXPECT_TRUE(ok(store_.commit(batch, options)));
  EXPECT_TRUE(says(true, space_.erase("beside " + key.name, options)));
}

void LinearizableLoad::read_keys(int reader) {
  for (std::size_t i = static_cast<std::size_t>(reader); !stop_; ++i) {
    const Key& key = *keys_[i * 5 % keys_.size()];
    const int least = key.acknowledged;
    const auto value = space_.get(key.name);
    const int most = key.begun;
    ASSERT_TRUE(ok(value));
    const int seen = *value ? std::stoi(**value) : 0;
    ASSERT_GE(seen, least) << key.name;
    ASSERT_LE(seen, most) << key.name;
    if (seen == 0) continue;
    ASSERT_EQ(**value, value_of(seen));
  }
}

}  // namespace holdfast
