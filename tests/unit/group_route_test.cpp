// Group commit where a store cannot show it: bytes noted by others, and observers.

#include "common/engine/group_route.hpp"

#include <gtest/gtest.h>

#include <semaphore>
#include <vector>

#include "engine_parts.hpp"

namespace holdfast {
namespace {

using namespace std::chrono_literals;

/// Remembers what it was told, and how much of it was drained by then.
class Remembers final : public WriteObserver {
 public:
  explicit Remembers(const Storage& storage) : storage_(storage) {}
  void make_room(std::uint64_t /*version_end*/) override {}
  void written(const WriteEntry& entry) noexcept override {
    told.emplace_back(entry.draft.version, storage_.counters().syncs);
  }
  std::vector<std::pair<std::uint64_t, std::uint64_t>> told;

 private:
  const Storage& storage_;
};

TEST(GroupRoute, BytesNotedByOthersAreDueAfterTheInterval) {
  EngineParts parts;
  std::binary_semaphore called{0};
  GroupRoute route(*parts.storage, *parts.segments, {.interval = 1ms, .interval_bytes = kMiB},
                   [&] { called.release(); });
  EXPECT_TRUE(route.note_interval(1));
  called.acquire();
}

TEST(GroupRoute, EnoughBytesNotedByOthersAreDueAtOnce) {
  EngineParts parts;
  std::binary_semaphore called{0};
  GroupRoute route(*parts.storage, *parts.segments, {.interval = 1h, .interval_bytes = 1'000},
                   [&] { called.release(); });
  EXPECT_TRUE(route.note_interval(400));
  EXPECT_TRUE(route.note_interval(400));
  EXPECT_FALSE(called.try_acquire());
  EXPECT_TRUE(route.note_interval(400));
  called.acquire();
}

TEST(GroupRoute, AWriteThatFindsEnoughNotedBytesSyncsThem) {
  EngineParts parts;
  Space space(parts.context(), parts.space_id, SpaceKind::kv, "space");
  GroupRoute route(*parts.storage, *parts.segments, {.interval = 1h, .interval_bytes = 1'000}, [] {});
  WriteEntry entry{.space = &space, .draft = {.type = RecordType::put, .version = 1, .key = "k"}};
  ASSERT_TRUE(ok(route.write({&entry, 1}, Durability::buffered)));
  const std::uint64_t before = parts.storage->counters().syncs;
  EXPECT_TRUE(route.note_interval(1'000));
  ASSERT_TRUE(ok(route.write({&entry, 1}, Durability::buffered)));
  EXPECT_EQ(parts.storage->counters().syncs, before + 1);
  ASSERT_TRUE(ok(route.write({&entry, 1}, Durability::buffered)));
  EXPECT_EQ(parts.storage->counters().syncs, before + 1);  // they are counted anew
}

TEST(GroupRoute, ObserversAreToldInOrderBehindTheSync) {
  EngineParts parts;
  Space space(parts.context(), parts.space_id, SpaceKind::log, "log");
  GroupRoute route(*parts.storage, *parts.segments, {.interval = 1h, .interval_bytes = kMiB}, [] {});
  Remembers observer(*parts.storage);
  const auto entry = [&] {
    return WriteEntry{
        .space = &space, .draft = {.type = RecordType::log_entry, .key = "k"}, .observer = &observer};
  };
  std::vector<WriteEntry> batch{entry(), entry(), entry()};
  for (WriteEntry& one : batch) one.draft.batch = 1;
  WriteEntry single = entry();
  ASSERT_TRUE(ok(route.write({&single, 1}, Durability::buffered)));
  const std::uint64_t before = parts.storage->counters().syncs;
  ASSERT_TRUE(ok(route.write(batch, Durability::immediate)));
  ASSERT_EQ(observer.told.size(), 4u);
  for (std::uint64_t i = 0; i < 4; ++i) EXPECT_EQ(observer.told[i].first, i + 1);
  EXPECT_EQ(observer.told[0].second, before);
  for (std::size_t i = 1; i < 4; ++i) EXPECT_EQ(observer.told[i].second, before + 1);
  EXPECT_EQ(batch.front().draft.version, 2u);
}

}  // namespace
}  // namespace holdfast
