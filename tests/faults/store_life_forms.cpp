// The part of a store's life in which regions of every form are changed.

#include <algorithm>

#include "faults/store_life.hpp"

namespace holdfast {

void StoreLife::use_forms(Session& session) {
  use_form(session, "plain form", {.versions_kept = 2});
  use_form(session, "checked form", {.checked_block_bytes = 4096, .versions_kept = 1});
  use_form(session, "mirrored form",
           {.checked_block_bytes = 8192, .is_mirrored = true, .versions_kept = 2, .compresses_versions = true});
}

void StoreLife::use_form(Session& session, const std::string& name, const RegionForm& form) {
  std::string now = text_of(30'000, ++seed_);
  auto region = in_library([&] {
    return session.store->create_region({.name = name, .bytes = bytes_of_text(now), .form = form});
  });
  if (!note_write(region)) return;
  Formed& formed = formed_.emplace_back(Formed{.name = name, .possible = {now}, .had = {now}});
  const auto note_change = [&](const auto& result, std::string then) {
    const bool succeeded = note_write(result);
    formed.had.insert(then);
    if (succeeded) {
      formed.possible = {then};
      now = std::move(then);
    } else {
      formed.possible.push_back(std::move(then));
    }
  };
  const auto update = [&](std::uint64_t offset, std::size_t size) {
    const std::string text = text_of(size, ++seed_);
    const RegionWrite write{offset, bytes_of_text(text)};
    std::string then = now;
    if (offset + size > then.size()) then.resize(offset + size, '\0');
    then.replace(offset, size, text);
    note_change(in_library([&] { return region->update({&write, 1}); }), std::move(then));
  };
  const auto punch = [&](std::uint64_t offset, std::uint64_t size) {
    if (offset + size > now.size()) return;
    std::string then = now;
    then.replace(offset, size, size, '\0');
    note_change(in_library([&] { return region->punch(offset, size); }), std::move(then));
  };
  const auto replace = [&](std::size_t size) {
    const std::string then = text_of(size, ++seed_);
    note_change(in_library([&] { return region->replace(bytes_of_text(then)); }), then);
  };
  update(5'000, 6'000);
  punch(9'000, 16'000);
  update(12'000, 100);
  static_cast<void>(note_write(in_library([&] { return region->keep_version(); })));
  replace(25'000);
  update(24'000, 9'000);
  punch(0, 20'000);
  replace(12'000);
  static_cast<void>(note_write(in_library([&] { return region->set_versions_kept(1, false); })));
  static_cast<void>(note_write(in_library([&] { return region->keep_version(); })));
  static_cast<void>(note_write(in_library([&] { return region->seal(); })));
}

// Of a call that failed nothing may be left but all of it.
void StoreLife::check_form(Store& store, const Formed& formed) {
  auto region = store.region(formed.name, {.mode = OpenMode::existing});
  ASSERT_TRUE(ok(region)) << formed.name;
  const auto text_in = [](const Region& one) {
    std::string text(one.size().value_or(0), '?');
    const auto read = one.read_at(0, std::as_writable_bytes(std::span(text)));
    return read ? text : read.error().to_string();
  };
  const auto& possible = formed.possible;
  ASSERT_NE(std::find(possible.begin(), possible.end(), text_in(*region)), possible.end()) << formed.name;
  const auto versions = region->versions();
  ASSERT_TRUE(ok(versions));
  ASSERT_LE(versions->size(), region->info()->form.versions_kept + 1);  // fewer are kept from the next one on
  for (const RegionVersion& one : *versions) {
    const auto version = region->version(one.number);
    ASSERT_TRUE(ok(version));
    ASSERT_TRUE(formed.had.contains(text_in(*version))) << formed.name << ", version " << one.number;
  }
}

}  // namespace holdfast
