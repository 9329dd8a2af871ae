#pragma once

#include <fstream>
#include <map>
#include <string>

#include "common/format/record.hpp"
#include "kv_suites.hpp"

namespace holdfast::kv_suites {

inline constexpr std::size_t kFooterValueBytes = 2'000;  // large enough for footers
inline constexpr int kFillers = 50;  // more than a segment, and than a slice of any medium

/// What of a record is damaged.
enum class Part : std::uint8_t { header, key, value };

/// A store whose slices have footers, and what damages it while it is closed.
class KvFooterFixture : public KvReopen {
 protected:
  KvFooterFixture() { options_.clean_automatically = false; }

  [[nodiscard]] static std::string old_value() { return "<old>" + some_value(kFooterValueBytes); }
  [[nodiscard]] static std::string new_value() { return "<new>" + some_value(kFooterValueBytes); }

  void put_durably(const std::string& key, const std::string& value) {
    ASSERT_TRUE(ok(space_->put(key, value)));
    ++records_;
  }
  void erase_durably(const std::string& key) {
    ASSERT_TRUE(says(true, space_->erase(key)));
    ++records_;
  }

  void put_filler() { put_durably("filler " + std::to_string(fillers_++), some_value(kFooterValueBytes)); }
  /// What was written before lies in slices that have ended, their footers with them.
  void seal() {
    for (int i = 0; i < kFillers; ++i) put_filler();
  }

  /// Flips a bit of the only record that begins so: a put's with the begin of its value, an erase's with a zero behind its key;
  /// or of each of them.
  void damage(const std::string& key, const std::string& behind, Part part, bool is_only = true) {
    std::fstream file(directory_.store(), std::ios::binary | std::ios::in | std::ios::out);
    const std::string all((std::istreambuf_iterator<char>(file)), {});
    file.clear();
    int places = 0;
    for (std::size_t place = all.find(key + behind); place != std::string::npos; place = all.find(key + behind, place + 1)) {
      ++places;
      std::size_t damaged = place;
      if (part == Part::header) damaged -= sizeof(RecordHeaderDisk) - offsetof(RecordHeaderDisk, version);
      if (part == Part::value) damaged += key.size() + 7;
      file.seekp(static_cast<std::streamoff>(damaged));
      file.put(static_cast<char>(all[damaged] ^ 1));
    }
    ASSERT_TRUE(file.flush().good());
    ASSERT_GT(places, 0);
    ASSERT_TRUE(places == 1 || !is_only);
  }
  void damage_new(const std::string& key, Part part) { damage(key, "<new>", part); }
  void damage_old(const std::string& key, Part part) { damage(key, "<old>", part); }
  void damage_erase(const std::string& key, Part part) { damage(key, std::string(1, '\0'), part); }

  /// Opens again, and makes sure that the footers are believed: else damaged records are not among those found.
  void open_by_footers() {
    open();
    ASSERT_TRUE(store_.has_value());
    EXPECT_EQ(store_->recovery().records, records_);
  }

  void expect_corruption(const std::string& key) {
    EXPECT_TRUE(fails_with(ErrorCode::corruption, space_->get(key))) << key;
    EXPECT_TRUE(fails_with(ErrorCode::corruption, space_->view(key))) << key;
    EXPECT_TRUE(fails_with(ErrorCode::corruption, space_->get_into(key, {}))) << key;
    EXPECT_TRUE(fails_with(ErrorCode::corruption, space_->multi_get(std::vector<std::string_view>{key, "filler 1"})))
        << key;
    const auto snapshot = space_->snapshot();
    ASSERT_TRUE(ok(snapshot));
    EXPECT_TRUE(fails_with(ErrorCode::corruption, snapshot->get(key))) << key;
    EXPECT_TRUE(fails_with(ErrorCode::corruption, space_->compare_and_set(key, old_value(), "next"))) << key;
    EXPECT_TRUE(fails_with(ErrorCode::corruption, space_->exchange(key, "next"))) << key;
  }
  /// Where nobody can tell whether it is there at all.
  void expect_doubt(const std::string& key) {
    expect_corruption(key);
    EXPECT_TRUE(fails_with(ErrorCode::corruption, space_->contains(key))) << key;
    EXPECT_TRUE(fails_with(ErrorCode::corruption, space_->erase(key))) << key;
    EXPECT_TRUE(fails_with(ErrorCode::corruption, space_->put_if_absent(key, "next"))) << key;
  }

  [[nodiscard]] std::size_t damage_at_open() const { return store_->recovery().damage.size(); }
  [[nodiscard]] std::size_t damage_by_verify() const { return store_->verify()->damage.size(); }

  /// The fillers are there, and so many keys beside them, damaged ones counted.
  void expect_others(std::uint64_t keys) {
    for (int i = 0; i < fillers_; ++i)
      EXPECT_TRUE(holds(*space_, "filler " + std::to_string(i), some_value(kFooterValueBytes)));
    EXPECT_TRUE(has_size(*space_, static_cast<std::uint64_t>(fillers_) + keys));
  }

  std::uint64_t records_ = 0;
  int fillers_ = 0;
};

}  // namespace holdfast::kv_suites
