// What runs between two power cuts.
//   holdfast_power_cut load SEED PMEM_STORE DISK_STORE AREA OFFSET    checks both stores, then writes until
//   the cut holdfast_power_cut check SEED PMEM_STORE DISK_STORE AREA OFFSET   checks both stores and closes
//   them holdfast_power_cut image SEED DISK_STORE AREA OFFSET              the store of the plain disk, out
//   of an image
// AREA holds the acknowledgements from OFFSET on. Exit status: 0; 1 if a store did not open, or lost
// something; 3 if the image is older than the store. POWER_CUT_MUTANT=no_sync_in_group_commit leaves out that
// step, where the build contains mutants.

#include <atomic>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "acknowledgements.hpp"
#include "common/base/mutant.hpp"
#include "lanes/lane_writer.hpp"
#include "session.hpp"

namespace holdfast::power_cut {
namespace {

constexpr int kFound = 1;
constexpr int kWrongUsage = 2;
constexpr int kNothingPromised = 3;

[[noreturn]] void stop(const Error& error) {
  say("stopped " + error.to_string());
  std::_Exit(kFound);
}

bool choose_mutant() {
  const char* chosen = std::getenv("POWER_CUT_MUTANT");
  if (chosen == nullptr || *chosen == '\0') return true;
#ifdef HOLDFAST_MUTANTS
  if (std::string_view(chosen) == "no_sync_in_group_commit") {
    active_mutant.store(Mutant::no_sync_in_group_commit);
    return true;
  }
#endif
  return false;
}

/// Says "loading" once every lane has something acknowledged.
class Start {
 public:
  void one_is_writing() {
    if (writing_.fetch_add(1) + 1 == kDevices * lanes::kLanes.size()) say("loading");
  }

 private:
  std::atomic<std::uint32_t> writing_{0};
};

void write_lane(Session& session, std::uint64_t seed, std::uint32_t lane, const AcknowledgementArea& area,
                Start& start) {
  lanes::LaneWriter writer(session.spaces(), seed, lane, session.settled(lane));
  for (bool is_first = true;; is_first = false) {
    if (auto done = writer.apply(); !done) stop(done.error());
    if (auto told = area.write(session.device(), lane, writer.number()); !told) stop(told.error());
    if (is_first) start.one_is_writing();
  }
}

void load(std::vector<Session>& sessions, std::uint64_t seed, const AcknowledgementArea& area) {
  for (Session& session : sessions)
    if (auto settled = session.settle(); !settled) stop(settled.error());
  Start start;
  std::vector<std::jthread> threads;
  for (Session& session : sessions)
    for (std::uint32_t lane = 0; lane < lanes::kLanes.size(); ++lane)
      threads.emplace_back([&, lane] { write_lane(session, seed, lane, area, start); });
}

int check(std::vector<Session>& sessions, bool on_its_medium) {
  for (Session& session : sessions) {
    if (!session.open_and_check()) return kFound;
    if (on_its_medium && !session.check_backend()) return kFound;
  }
  return 0;
}

int run(const std::string& verb, const std::vector<std::string>& arguments) {
  const bool is_image = verb == "image";
  if (arguments.size() != (is_image ? 4u : 5u) || !choose_mutant()) return kWrongUsage;
  const std::uint64_t seed = std::stoull(arguments[0]);
  auto area = AcknowledgementArea::open(arguments[arguments.size() - 2], std::stoull(arguments.back()));
  if (!area) stop(area.error());
  std::vector<Session> sessions;
  if (!is_image) sessions.emplace_back(Device::pmem, arguments[1], seed, *area);
  sessions.emplace_back(Device::disk, arguments[is_image ? 1 : 2], seed, *area);
  if (is_image) {
    const auto created = sessions.front().was_created();
    if (created && !*created) return kNothingPromised;
  }
  if (const int found = check(sessions, !is_image); found != 0) return found;
  if (verb == "load") load(sessions, seed, *area);
  for (Session& session : sessions)
    if (auto closed = session.spaces().store.close(); !closed) stop(closed.error());
  say("done");
  return 0;
}

}  // namespace
}  // namespace holdfast::power_cut

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  return holdfast::power_cut::run(argv[1], {argv + 2, argv + argc});
}
