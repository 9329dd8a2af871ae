// Footers spare an open the reading of records. One that is damaged behind its footer's back must not bring back what it has
// replaced.

#include "footer_fixture.hpp"
#include "kv/kv_space.hpp"

namespace holdfast::kv_suites {
namespace {

class KvFooters : public KvFooterFixture {};
INSTANTIATE_TEST_SUITE_P(, KvFooters, ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)), row_name);

TEST_P(KvFooters, ADamagedRecordThatIsAloneIsFoundByWhoAsksForIt) {
  put_durably("key", new_value());
  seal();
  close();
  damage_new("key", Part::header);
  open_by_footers();
  EXPECT_EQ(damage_at_open(), 0u) << "nobody has looked at it";
  expect_doubt("key");
  EXPECT_EQ(damage_by_verify(), 1u);
  expect_others(1);
}

TEST_P(KvFooters, ADamagedRecordDoesNotBringBackWhatItHasReplaced) {
  const std::map<std::string, Part> keys{
      {"of the header", Part::header}, {"of the key", Part::key}, {"of the value", Part::value}};
  for (const auto& [key, part] : keys) put_durably(key, old_value());
  seal();
  for (const auto& [key, part] : keys) {
    put_durably(key, new_value());
    put_filler();  // neighbours are one damage
  }
  seal();
  close();
  for (const auto& [key, part] : keys) damage_new(key, part);
  for (const OpenMode mode : {OpenMode::existing, OpenMode::open_or_create}) {
    options_.mode = mode;
    open_by_footers();
    expect_doubt("of the header");
    expect_doubt("of the key");
    expect_corruption("of the value");
    EXPECT_EQ(damage_at_open(), 2u);
    EXPECT_EQ(damage_by_verify(), 3u);
    EXPECT_TRUE(fails_with(ErrorCode::corruption, space_->scan("", [](auto, auto) { return true; })));
    expect_others(keys.size());
    mode == OpenMode::existing ? close() : kill();
  }
  open_by_footers();
  for (const auto& [key, part] : keys) put_durably(key, "healed");
  for (int round = 0; round < 2; ++round) {
    for (const auto& [key, part] : keys) EXPECT_TRUE(holds(*space_, key, "healed"));
    round == 0 ? close() : kill();
    open_by_footers();
  }
  for (const auto& [key, part] : keys) EXPECT_TRUE(holds(*space_, key, "healed"));
  expect_others(keys.size());
}

TEST_P(KvFooters, TheReportSaysWhereTheDamagedRecordLies) {
  put_durably("key", old_value());
  seal();
  put_durably("key", new_value());
  const ByteRange place = kv::space_of(*space_).placements("key").front();
  seal();
  close();
  damage_new("key", Part::header);
  options_.mode = OpenMode::read_only;
  open_by_footers();
  ASSERT_EQ(damage_at_open(), 1u);
  const Damage& found = store_->recovery().damage.front();
  EXPECT_EQ(found.space, "space");
  EXPECT_EQ(found.range.offset, place.offset);
  EXPECT_NE(found.segment_id, 0u);
  EXPECT_FALSE(found.message.empty());
}

TEST_P(KvFooters, ADamagedRecordFoundBeforeTheOlderOneHidesItAsWell) {
  put_durably("key", old_value());
  for (int i = 0; i < kFillers; ++i) ASSERT_TRUE(ok(space_->put("garbage", some_value(kFooterValueBytes))));
  ASSERT_TRUE(ok(space_->compact()));  // into a segment of copies, younger than the one that is written to
  put_durably("key", new_value());
  seal();
  close();
  damage_new("key", Part::header);
  open();
  expect_doubt("key");
  ASSERT_EQ(damage_at_open(), 1u);
  const std::uint64_t of_new = store_->recovery().damage.front().segment_id;
  close();
  damage("key", "<old>", Part::value, false);  // where it was before it was moved as well
  open();
  expect_doubt("key");
  const auto report = store_->verify();
  ASSERT_TRUE(ok(report));
  ASSERT_EQ(report->damage.size(), 2u);
  for (const Damage& one : report->damage) EXPECT_GE(one.segment_id, of_new);
  EXPECT_NE(report->damage.front().segment_id, report->damage.back().segment_id);
}

TEST_P(KvFooters, ADamagedEraseDoesNotBringBackTheValue) {
  const std::map<std::string, Part> keys{{"erased, and the header", Part::header}, {"erased, and the key!", Part::key}};
  for (const auto& [key, part] : keys) put_durably(key, old_value());
  seal();
  for (const auto& [key, part] : keys) erase_durably(key);
  seal();
  close();
  for (const auto& [key, part] : keys) damage_erase(key, part);
  for (int round = 0; round < 2; ++round) {
    open_by_footers();
    for (const auto& [key, part] : keys) expect_doubt(key);
    EXPECT_EQ(damage_at_open(), 2u);
    close();
  }
  open_by_footers();
  for (const auto& [key, part] : keys) {
    put_durably(key, "healed");
    erase_durably(key);
  }
  seal();
  close();
  open_by_footers();
  for (const auto& [key, part] : keys) EXPECT_TRUE(is_absent(*space_, key));
  expect_others(0);
}

TEST_P(KvFooters, ADamagedRecordThatWasReplacedIsNoMatterOfItsKey) {
  put_durably("replaced", old_value());
  put_filler();
  put_durably("erased", old_value());
  seal();
  put_durably("replaced", new_value());
  erase_durably("erased");
  seal();
  close();
  damage_old("replaced", Part::header);
  damage_old("erased", Part::header);
  for (int round = 0; round < 2; ++round) {
    open_by_footers();
    EXPECT_TRUE(holds(*space_, "replaced", new_value()));
    EXPECT_TRUE(is_absent(*space_, "erased"));
    EXPECT_EQ(damage_at_open(), 2u);
    EXPECT_EQ(damage_by_verify(), 2u);
    expect_others(1);
    close();
  }
}

TEST_P(KvFooters, ADamagedFooterIsNotBelieved) {
  put_durably("key", old_value());
  seal();
  put_durably("key", new_value());
  seal();
  close();
  {
    std::fstream file(directory_.store(), std::ios::binary | std::ios::in | std::ios::out);
    const std::string all((std::istreambuf_iterator<char>(file)), {});
    int footers = 0;
    for (std::size_t at = all.find("HFFT"); at != std::string::npos; at = all.find("HFFT", at + 1), ++footers) {
      const std::size_t in_last_entry = at - 8 - 20;  // in front of the footer's check
      file.clear();
      file.seekp(static_cast<std::streamoff>(in_last_entry));
      file.put(static_cast<char>(all[in_last_entry] ^ 1));
    }
    ASSERT_TRUE(file.flush().good());
    EXPECT_GT(footers, 2);
  }
  damage_new("key", Part::value);
  open();
  EXPECT_EQ(store_->recovery().records, records_ - 1) << "the damaged one was looked at";
  EXPECT_EQ(damage_at_open(), 1u);
  EXPECT_EQ(damage_by_verify(), 1u);
  for (int i = 0; i < fillers_; ++i)
    EXPECT_TRUE(holds(*space_, "filler " + std::to_string(i), some_value(kFooterValueBytes)));
}

// Where there is no footer a damaged record cannot say whose it is, and nobody else does: the loss is reported, by its place.
TEST_P(KvFooters, WithoutThemADamagedRecordIsReportedAndWhatItHasReplacedIsShown) {
  for (int i = 0; i < 3; ++i) put_durably("small " + std::to_string(i), "<old>");
  put_durably("key", "<old> value");
  for (int i = 0; i < 3; ++i) put_durably("other " + std::to_string(i), "<old>");
  put_durably("key", "<new> value");
  for (int i = 0; i < 3; ++i) put_durably("more " + std::to_string(i), "<old>");
  close();
  damage_new("key", Part::header);
  for (int round = 0; round < 2; ++round) {
    open();
    EXPECT_EQ(store_->recovery().records, records_ - 1);
    EXPECT_EQ(damage_at_open(), 1u);
    EXPECT_EQ(damage_by_verify(), 1u);
    EXPECT_TRUE(holds(*space_, "key", "<old> value"));
    close();
  }
}

TEST_P(KvFooters, AnOrderedSpaceShowsNoOlderValueAndReportsWhatItCannotPutInOrder) {
  holdfast::Kv ordered = space("ordered", {.settings = {.ordered = true}});
  space_.emplace(ordered);
  put_durably("alone", new_value());
  put_durably("another", new_value());
  put_durably("replaced", old_value());
  seal();
  put_durably("replaced", new_value());
  seal();
  close();
  damage_new("alone", Part::header);
  damage_new("another", Part::key);
  damage_new("replaced", Part::header);
  open_by_footers();
  space_.emplace(space("ordered"));
  EXPECT_EQ(damage_at_open(), 3u);
  for (const char* const key : {"alone", "another", "replaced"}) expect_doubt(key);
  std::map<std::string, std::string> shown;
  const auto show_all = [&] {
    shown.clear();
    return space_->range({}, [&](std::string_view key, std::string_view value) {
      return shown.emplace(key, value).second;
    });
  };
  EXPECT_TRUE(fails_with(ErrorCode::corruption, show_all())) << "the order has the replaced one";
  EXPECT_FALSE(shown.contains("replaced"));
  put_durably("replaced", "healed");
  EXPECT_TRUE(ok(show_all()));
  EXPECT_EQ(shown.size(), static_cast<std::size_t>(fillers_) + 1);
  EXPECT_EQ(shown["replaced"], "healed");
}

}  // namespace
}  // namespace holdfast::kv_suites
