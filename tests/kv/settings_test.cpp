// What is stored with a space, told, and changed.

#include "kv/kv_settings.hpp"

#include <cstring>

#include "common/engine/engine.hpp"
#include "kv/kv_space.hpp"
#include "kv_suites.hpp"

namespace holdfast::kv_suites {
namespace {

const KvSettings kSome{.ordered = true, .compress_above_bytes = 1'000, .default_ttl_ms = 3'600'000,
                       .keys_max = 1'000'000, .bytes_max = 5'000'000'000};

void expect_settings(const holdfast::Kv& space, const KvSettings& expected) {
  const auto settings = space.settings();
  ASSERT_TRUE(ok(settings));
  EXPECT_EQ(*settings, expected);
}

TEST_P(Kv, SettingsAreThoseOfItsCreationWhateverALaterOpenSays) {
  expect_settings(*space_, {});
  holdfast::Kv some = space("some", {.settings = kSome});
  expect_settings(some, kSome);
  expect_settings(space("some", {.settings = {.compress_above_bytes = 7}}), kSome);
}

TEST_P(Kv, SettingsAreReplacedButForTheOrder) {
  holdfast::Kv some = space("some", {.settings = kSome});
  const KvSettings others{.ordered = true, .compress_above_bytes = 5, .default_ttl_ms = 0};
  ASSERT_TRUE(ok(some.set_settings(others)));
  expect_settings(some, others);
  expect_settings(space("some"), others);
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, some.set_settings({})));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, space_->set_settings({.ordered = true})));
  expect_settings(some, others);
}

TEST_P(Kv, SettingsBeyondTheirBoundsAreRefused) {
  const KvSettings beyond{.default_ttl_ms = kTtlMsMax + 1};
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, space_->set_settings(beyond)));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, store_->kv("beyond", {.settings = beyond})));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, store_->kv("beyond", {.mode = OpenMode::existing})));
  ASSERT_TRUE(ok(space_->set_settings({.default_ttl_ms = kTtlMsMax})));
  EXPECT_TRUE(ok(space_->put("key", "value")));
}

TEST_P(KvReopen, SettingsAreThereBehindACloseAndAKill) {
  ASSERT_TRUE(ok(space("some", {.settings = kSome}).set_settings({.ordered = true, .default_ttl_ms = 9'000})));
  reopen_after_kill();
  expect_settings(space("some"), {.ordered = true, .default_ttl_ms = 9'000});
  ASSERT_TRUE(ok(space("some").set_settings(kSome)));
  ASSERT_TRUE(ok(space_->set_settings({.compress_above_bytes = 1})));
  ASSERT_TRUE(ok(space_->set_settings({})));
  reopen_after_close();
  expect_settings(space("some"), kSome);
  expect_settings(*space_, {});
}

TEST_P(KvReopen, SettingsAreToldAndNotChangedInAStoreOpenedReadOnly) {
  static_cast<void>(space("some", {.settings = kSome}));
  close();
  options_.mode = OpenMode::read_only;
  open();
  auto some = store_->kv("some", {.mode = OpenMode::existing});
  ASSERT_TRUE(ok(some));
  expect_settings(*some, kSome);
  EXPECT_TRUE(fails_with(ErrorCode::read_only, some->set_settings({.ordered = true})));
}

// The metadata of a space that another version, or nobody, has made: the space is refused, the store is not, and what the
// space holds is kept.
TEST_P(KvReopen, SettingsOfANewerVersionOrMalformedRefuseTheSpaceAlone) {
  const std::string large = some_value(200'000, 3);
  const auto disk_with = [](std::uint32_t version, std::uint32_t flags, std::uint64_t ttl_ms, std::uint64_t reserved) {
    kv::KvSettingsDisk disk{};
    disk.version = version;
    disk.flags = flags;
    disk.default_ttl_ms = ttl_ms;
    disk.reserved[2] = reserved;
    return std::string(reinterpret_cast<const char*>(&disk), sizeof disk);
  };
  const auto resized = [](std::string metadata, std::size_t size_bytes) {
    metadata.resize(size_bytes);
    return metadata;
  };
  const std::string whole = disk_with(1, 0, 5, 0);
  std::vector<std::pair<std::string, ErrorCode>> rows;
  rows.emplace_back(disk_with(2, 0, 5, 0), ErrorCode::version_mismatch);
  rows.emplace_back(resized(disk_with(2, 0, 5, 0), 72), ErrorCode::version_mismatch);
  rows.emplace_back(disk_with(1, 2, 5, 0), ErrorCode::version_mismatch);
  rows.emplace_back(disk_with(1, 0, 5, 1), ErrorCode::version_mismatch);
  rows.emplace_back(disk_with(0, 0, 5, 0), ErrorCode::corruption);
  rows.emplace_back(disk_with(1, 0, kTtlMsMax + 1, 0), ErrorCode::corruption);
  rows.emplace_back("\1", ErrorCode::corruption);
  rows.emplace_back(resized(whole, whole.size() - 1), ErrorCode::corruption);
  rows.emplace_back(resized(whole, whole.size() + 1), ErrorCode::corruption);
  const auto keep = [](const holdfast::Kv& any, const std::string& metadata) {
    const auto engine = kv::space_of(any).gate()->enter();
    ASSERT_TRUE(ok(engine->set_space_metadata(engine->find_space("space")->id(), metadata)));
  };
  put("key", large);
  for (const auto& [metadata, code] : rows) {
    keep(*space_, metadata);
    space_.reset();
    kill();
    auto opened = Store::open(directory_.store(), options_);
    ASSERT_TRUE(ok(opened));
    store_.emplace(std::move(*opened));
    EXPECT_TRUE(fails_with(code, store_->kv("space"))) << metadata.size();
    EXPECT_TRUE(fails_with(code, store_->kv("space", {.mode = OpenMode::existing})));
    keep(space("another"), whole);
    reopen_after_kill();
    EXPECT_TRUE(holds(*space_, "key", large));
    expect_settings(*space_, {.default_ttl_ms = 5});
  }
}

}  // namespace
}  // namespace holdfast::kv_suites
