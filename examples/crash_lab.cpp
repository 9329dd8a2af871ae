// Your own code in the crash lab: two accounts, a transfer between them, and a power cut at every moment.
#include <cstdio>
#include <string>

#include <holdfast/holdfast.hpp>
#include <holdfast/testing/crash_images.hpp>

using namespace holdfast;

// What shall survive: the sum of both accounts. With two puts instead of the commit the lab finds the cut between them.
Result<void> transfer(Store& store, Kv& accounts, int cents) {
  const auto alice = accounts.get("alice");
  const auto bob = accounts.get("bob");
  if (!alice || !bob) return Unexpected(alice ? bob.error() : alice.error());
  Batch both;
  both.put(accounts, "alice", std::to_string(std::stoi(**alice) - cents));
  both.put(accounts, "bob", std::to_string(std::stoi(**bob) + cents));
  return store.commit(both);
}

// Opens a medium's store; false if it can't, or the sum is wrong.
bool holds(testing::CrashMedium& medium) {
  auto store = Store::open(medium.open().value(), {.mode = OpenMode::existing});
  if (!store) return false;
  auto accounts = store->kv("accounts");
  if (!accounts) return false;
  const auto alice = accounts->get("alice");
  const auto bob = accounts->get("bob");
  return alice && bob && *alice && *bob && std::stoi(**alice) + std::stoi(**bob) == 100;
}

int main() {
  // Prepare: a store on a medium that remembers every write and sync. Act: what the power is cut in.
  const auto medium = testing::CrashMedium::create({.model = testing::MediumModel::pages});
  Store store = Store::open(medium->open().value(), {.segment_size_bytes = 64 << 10}).value();
  Kv accounts = store.kv("accounts").value();
  Batch begin;
  begin.put(accounts, "alice", "100");
  begin.put(accounts, "bob", "0");
  if (!store.commit(begin)) return 1;
  const std::uint64_t prepared = medium->event_count();
  for (const int cents : {30, 5, 60})
    if (!transfer(store, accounts, cents)) return 1;

  // Check: every image that a cut behind each event could have left.
  std::uint64_t images = 0;
  std::uint64_t wrong = 0;
  testing::for_each_crash_image(*medium, {.first_point = prepared}, [&](const auto& point, const auto& image) {
    const bool right = holds(*testing::CrashMedium::from_image(image, {.keeps_log = false}));
    if (!right && ++wrong == 1) std::printf("lost money: %s\n", point.to_string().c_str());
    return ++images, true;
  });
  std::printf("%llu images, %llu wrong\n", static_cast<unsigned long long>(images), static_cast<unsigned long long>(wrong));
  return wrong == 0 && images > 0 ? 0 : 1;
}
