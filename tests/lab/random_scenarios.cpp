// Acts that a seed has made up: operations nobody thought of putting next to each other.

#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "scenario.hpp"

namespace holdfast::lab {
namespace {

constexpr std::uint64_t kKeyCount = 8;
constexpr int kSteps = 16;

/// Draws operations and does them. Few keys, so that they meet again and again.
class RandomAct {
 public:
  RandomAct(Actor& actor, std::uint64_t seed) : actor_(actor), random_(seed) {}

  void run() {
    if (!actor_.open()) return;
    for (int step = 0; step < kSteps && actor_.store() != nullptr; ++step) do_one();
  }

 private:
  std::uint64_t draw(std::uint64_t count) { return random_() % count; }

  std::string space() { return draw(3) == 0 ? "orders" : "users"; }

  std::string value() {
    static constexpr std::size_t kSizes[] = {0, 40, 40, 40, 40, 40, 300, 1'500, 4'500, 13'000};
    return value_of(++number_, kSizes[draw(std::size(kSizes))]);
  }

  std::string large_value() { return value_of(++number_, 66'000 + draw(10'000)); }

  std::string payload() {  // never twice the same
    static constexpr std::size_t kSizes[] = {20, 40, 40, 40, 40, 300, 1'500, 4'500, 13'000};
    return value_of(++number_, kSizes[draw(std::size(kSizes))]);
  }

  std::vector<std::string> payloads() {
    std::vector<std::string> all;
    for (std::uint64_t left = 2 + draw(3); left > 0; --left) all.push_back(payload());
    return all;
  }

  Durability durability() { return static_cast<Durability>(draw(3)); }

  void do_one() {
    const std::uint64_t what = draw(30);
    if (what < 9)
      actor_.put(space(), key_of(draw(kKeyCount)), value(), durability());
    else if (what < 11)
      erase();
    else if (what < 15)
      batch();
    else if (what < 16)
      actor_.sync();
    else if (what < 18)
      reopen(false);
    else if (what < 19)
      reopen(true);
    else if (what < 25)
      actor_.append("audit", payload(), durability());
    else if (what < 27)
      actor_.append_batch("audit", payloads(), durability());
    else if (what < 28)
      actor_.append_async("audit", payloads(), durability());
    else if (what < 29)
      actor_.append("audit", large_value(), durability());
    else if (draw(2) == 0)
      actor_.space("space" + std::to_string(draw(3)));
    else
      actor_.put(space(), key_of(draw(kKeyCount)), large_value(),
                 draw(2) == 0 ? Durability::immediate : Durability::buffered);
  }

  void erase() {
    const std::string from = space();
    const Contents contents = actor_.read();
    const auto& keys = contents.at(from);
    if (keys.empty()) return;
    actor_.erase(from, std::next(keys.begin(), static_cast<std::ptrdiff_t>(draw(keys.size())))->first,
                 durability());
  }

  void batch() {
    std::map<std::pair<std::string, std::string>, Change> changes;  // one a key
    for (std::uint64_t left = 2 + draw(4); left > 0; --left) {
      Change change{space(), key_of(draw(kKeyCount)), draw(5) == 0 ? nullptr : intern(value())};
      changes.insert_or_assign({change.space, change.key}, change);
    }
    std::vector<Change> list;
    for (const auto& [key, change] : changes) list.push_back(change);
    for (std::uint64_t left = draw(3); left > 0; --left)
      list.insert(list.begin() + static_cast<std::ptrdiff_t>(draw(list.size() + 1)),
                  {"audit", {}, intern(payload()), true});
    actor_.batch(std::move(list), durability());
  }

  void reopen(bool cleanly) {
    if (cleanly)
      actor_.close();
    else
      actor_.kill();
    actor_.open(OpenMode::existing);
  }

  Actor& actor_;
  std::mt19937_64 random_;
  std::uint64_t number_ = 0;
};

}  // namespace

Scenario random_scenario(std::uint64_t seed) {
  Options options;
  options.interval_ms = 3'600'000;  // by bytes alone: the log must not depend on time
  options.interval_bytes = 400;
  return {.name = "random_" + std::to_string(seed),
          .prepare =
              [](Actor& actor) {
                actor.space("users");
                actor.space("orders");
                actor.stream("audit");
                actor.append("audit", value_of(2000, 40));
                for (std::uint64_t i = 0; i < 3; ++i) actor.put("users", key_of(i), value_of(1000 + i, 40));
              },
          .act = [seed](Actor& actor) { RandomAct(actor, seed).run(); },
          .options = options,
          .deep_every = 32};
}

std::vector<Scenario> random_scenarios() {
  const auto from_environment = [](const char* name, std::uint64_t otherwise) {
    const char* const text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
  };
  const std::uint64_t first = from_environment("HOLDFAST_LAB_RANDOM_FIRST", 1);
  const std::uint64_t count = from_environment("HOLDFAST_LAB_RANDOM_COUNT", kRandomScenarioCount);
  std::vector<Scenario> all;
  for (std::uint64_t seed = first; seed < first + count; ++seed) all.push_back(random_scenario(seed));
  return all;
}

}  // namespace holdfast::lab
