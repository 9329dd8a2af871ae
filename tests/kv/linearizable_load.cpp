#include "linearizable_load.hpp"

#include <span>
#include <string_view>
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
  readers.emplace_back([this] { compact(); });
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
  } else if (round % 5 == 2) {
    write_async(key, version, options);
  } else if (round % 5 == 1) {
    write_conditionally(key, version, round / 5, options);
  } else if (round % 5 == 3) {
    write_in_batch(key, version, options);
  } else {
    PutOptions expiring = options;
    expiring.ttl_ms = 3'600'000;
    EXPECT_TRUE(ok(space_.put(key.name, value_of(version), expiring)));
    if (round % 10 == 0) {
      EXPECT_TRUE(says(true, space_.set_ttl(key.name, 0, options)));
    }
  }
}

// The key as this thread has left it; nobody else changes it.
void LinearizableLoad::write_conditionally(const Key& key, int version, int kind, WriteOptions options) {
  const std::string desired = value_of(version);
  const std::optional<std::string> present = version > 1 ? std::optional(value_of(version - 1)) : std::nullopt;
  if (kind % 3 == 0) {
    const auto before = space_.exchange(key.name, desired, options);
    ASSERT_TRUE(ok(before));
    EXPECT_EQ(*before, present);
  } else if (kind % 3 == 1) {
    EXPECT_TRUE(ok(space_.update(
        key.name,
        [&](std::optional<std::string_view> seen) {
          EXPECT_EQ(seen, present);
          return desired;
        },
        options)));
  } else {
    EXPECT_TRUE(says(!present, space_.put_if_absent(key.name, desired, options)));
    if (present) {
      EXPECT_TRUE(ok(space_.put(key.name, desired, options)));
    }
  }
}

// Behind an asynchronous write of the last version, which is still open, or alone.
void LinearizableLoad::write_async(const Key& key, int version, WriteOptions options) {
  if (version > 1) {
    const auto again = space_.put_async(key.name, value_of(version - 1), options);
    ASSERT_TRUE(ok(again));
    if (version % 2 == 0) {
      EXPECT_TRUE(ok(space_.put(key.name, value_of(version), options)));
      EXPECT_TRUE(holds(space_, key.name, value_of(version)));
      EXPECT_TRUE(ok(again->wait()));
      return;
    }
  }
  const auto ticket = space_.put_async(key.name, value_of(version), options);
  ASSERT_TRUE(ok(ticket));
  EXPECT_TRUE(ok(ticket->wait()));
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
    const auto value = read(key, i / 7);
    const int most = key.begun;
    ASSERT_TRUE(ok(value));
    const int seen = *value ? std::stoi(**value) : 0;
    ASSERT_GE(seen, least) << key.name;
    ASSERT_LE(seen, most) << key.name;
    if (seen == 0) continue;
    ASSERT_EQ(**value, value_of(seen));
  }
}

Result<std::optional<std::string>> LinearizableLoad::read(const Key& key, std::size_t way) const {
  if (way % 4 == 0) return space_.get(key.name);
  if (way % 4 == 1) {
    const auto view = space_.view(key.name);
    if (!view) return Unexpected(view.error());
    return *view ? std::optional(std::string((*view)->value())) : std::nullopt;
  }
  if (way % 4 == 2) {
    const std::string_view names[] = {key.name, "absent", key.name};
    auto values = space_.multi_get(names);
    if (!values) return Unexpected(values.error());
    EXPECT_FALSE((*values)[1]);
    return std::move((*values)[2]);
  }
  std::string buffer(40'000, '\0');
  const auto size = space_.get_into(key.name, std::span(buffer));
  if (!size) return Unexpected(size.error());
  if (!*size) return std::nullopt;
  buffer.resize(**size);
  return buffer;
}

// What the writers replace goes, and what is read lies elsewhere from one moment to the next.
void LinearizableLoad::compact() {
  while (!stop_) EXPECT_TRUE(ok(space_.compact()));
}

}  // namespace holdfast
