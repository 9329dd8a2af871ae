// What a StoreLife does to keys beyond put and erase.

#include <cstring>

#include "faults/store_life.hpp"

namespace holdfast {

void StoreLife::put_async(Session& session, const std::string& key, std::size_t size) {
  if (!session.keys) return;
  const std::string value = text_of(size, ++seed_);
  const auto number = in_library([&]() -> Result<std::uint64_t> {
    auto ticket = session.keys->put_async(key, value);
    if (!ticket) return Unexpected(ticket.error());
    return ticket->wait();
  });
  expected_.put(key, value, note_write(number));
}

void StoreLife::multi_put(Session& session, std::size_t size) {
  if (!session.keys) return;
  const std::string first = text_of(size, ++seed_);
  const std::string second = text_of(size, ++seed_);
  const std::vector<KvEntry> entries{{"multi 1", first}, {"multi 2", "overwritten"}, {"multi 2", second}};
  const bool succeeded = note_write(in_library([&] { return session.keys->multi_put(entries); }));
  expected_.put("multi 1", first, succeeded);
  expected_.put("multi 2", second, succeeded);
}

void StoreLife::exchange(Session& session, const std::string& key, std::size_t size) {
  if (!session.keys) return;
  const std::string value = text_of(size, ++seed_);
  expected_.put(key, value, note_write(in_library([&] { return session.keys->exchange(key, value); })));
}

void StoreLife::update(Session& session, const std::string& key, std::size_t size) {
  if (!session.keys) return;
  const std::string value = text_of(size, ++seed_);
  const auto updater = [&](std::optional<std::string_view>) { return value; };
  expected_.put(key, value, note_write(in_library([&] { return session.keys->update(key, updater); })));
}

// Of a key that nobody else has written.
void StoreLife::put_if_absent(Session& session, const std::string& key, std::size_t size) {
  if (!session.keys) return;
  const std::string value = text_of(size, ++seed_);
  const auto stored = in_library([&] { return session.keys->put_if_absent(key, value); });
  const bool succeeded = note_write(stored);
  if (succeeded) {
    EXPECT_TRUE(*stored) << key;
  }
  expected_.put(key, value, succeeded);
}

void StoreLife::add(Session& session, const std::string& key) {
  if (!session.keys) return;
  const auto before = in_library([&] { return session.keys->get(key); });
  if (!before) return;
  std::int64_t counter = 0;
  if (*before) std::memcpy(&counter, (*before)->data(), sizeof counter);
  ++counter;
  const auto sum = in_library([&] { return session.keys->add(key, 1); });
  const bool succeeded = note_write(sum);
  if (succeeded) {
    EXPECT_EQ(*sum, counter);
  }
  expected_.put(key, {reinterpret_cast<const char*>(&counter), sizeof counter}, succeeded);  // bytes as text
}

}  // namespace holdfast
