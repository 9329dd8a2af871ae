// A file system that is really full: every refusal is clean, what frees room works, reading goes on, and with
// room on the medium writing does.

#include "contract/small_file_system.hpp"
#include "faults/facades.hpp"

namespace holdfast {
namespace {

class FullFileSystem : public ::testing::TestWithParam<BackendRow> {
 protected:
  void SetUp() override {
    options_.backend = backend_of(GetParam());
    options_.emulate_pmem = true;
    options_.size_bytes = 8 * kMiB;
    options_.max_size_bytes = 256 * kMiB;
    options_.segment_size_bytes = 64 << 10;
    medium_.emplace(48 * kMiB);
  }

  void open() {
    auto store = Store::open(medium_->path() / "store", options_);
    ASSERT_TRUE(ok(store));
    store_.emplace(std::move(*store));
    keys_ = store_->kv("keys").value();
    log_ = store_->log("log").value();
    region_ = store_->region("bytes").value();
    doomed_ = store_->region("doomed").value();
  }

  /// One write of each facade; how many there was room for.
  int write_round(unsigned round) {
    int written = 0;
    const auto note = [&](const auto& result) {
      if (!result) {
        EXPECT_TRUE(fails_with(ErrorCode::no_space, result));
      }
      written += result ? 1 : 0;
      return result.has_value();
    };
    const std::string key = "key " + std::to_string(round);
    const std::string value = text_of(round % 8 == 0 ? 40'000 : 3'000, round);
    if (note(keys_->put(key, value, kBuffered))) expected_.put(key, value, true);
    const std::string payload = text_of(5'000, round);
    const auto id = log_->append(payload, kBuffered);
    if (note(id)) expected_.append(*id, payload);
    const std::string bytes = text_of(20'000, round);
    const auto offset = region_->append(std::as_bytes(std::span(bytes)), kBuffered);
    if (note(offset)) expected_.write_region(*offset, bytes, true);
    static_cast<void>(note(doomed_->append(std::as_bytes(std::span(bytes)), kBuffered)));
    return written;
  }

  Options options_;
  std::optional<SmallFileSystem> medium_;
  std::optional<Store> store_;
  std::optional<Kv> keys_;
  std::optional<Log> log_;
  std::optional<Region> region_;
  std::optional<Region> doomed_;
  Expected expected_;
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(FullFileSystem);  // where this process may not mount a file system

std::vector<BackendRow> backends_on_a_small_file_system() {
  if (!SmallFileSystem::permitted()) return {};
  return backends_where(&StorageCapabilities::has_path);
}

INSTANTIATE_TEST_SUITE_P(, FullFileSystem, ::testing::ValuesIn(backends_on_a_small_file_system()), row_name);

TEST_P(FullFileSystem, AStoreOfAllFacadesIsFilledEmptiedAndGoesOn) {
  open();
  ASSERT_TRUE(medium_->fill());
  unsigned round = 0;
  while (write_round(++round) > 0) {
  }
  EXPECT_GT(expected_.acknowledged(), 50u);
  expected_.check(*store_);

  // What frees room works while the medium is full, and the room is used again.
  for (unsigned i = 8; i < round / 2; i += 8) {
    const std::string key = "key " + std::to_string(i);
    const auto erased = keys_->erase(key);
    ASSERT_TRUE(ok(erased)) << key;
    expected_.erase(key, true);
  }
  ASSERT_TRUE(ok(doomed_->remove()));
  doomed_ = store_->region("doomed").value();
  EXPECT_GT(write_round(++round), 0);
  expected_.check(*store_);
  ASSERT_TRUE(ok(store_->close()));
  open();
  expected_.check(*store_);

  // Somebody else's file goes: the store grows on.
  while (write_round(++round) > 0) {
  }
  medium_->make_room();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(write_round(++round), 4);
  ASSERT_TRUE(ok(store_->sync()));
  store_.reset();  // as if the process had been killed
  open();
  expected_.check(*store_);
  ASSERT_TRUE(ok(store_->close()));
}

}  // namespace
}  // namespace holdfast
