#include "store_check.hpp"

#include <utility>

#include "lane_check.hpp"

namespace holdfast::lanes {
namespace {

/// Collects the lanes' findings of one store.
class StoreCheck {
 public:
  StoreCheck(Spaces& spaces, std::uint64_t seed, const Acknowledged& acknowledged)
      : spaces_(spaces), seed_(seed), acknowledged_(acknowledged) {}

  Verdict run() {
    check_damage();
    const auto records = read(spaces_.log);
    const auto batch_records = read(spaces_.batch_log);
    std::uint64_t keys = 0;
    std::uint64_t taken = 0;
    for (std::uint32_t lane = 0; lane < kLanes.size(); ++lane) {
      switch (kLanes[lane]) {
        case Facade::kv:
          keys += check_kv(spaces_.kv, lane);
          break;
        case Facade::log:
          note(lane, check_records(records, seed_, lane, acknowledged_[lane], taken));
          break;
        case Facade::region:
          note(lane, check_region(spaces_.region, seed_, acknowledged_[lane]));
          break;
        case Facade::batch:
          check_batch(lane, batch_records);
          break;
      }
    }
    expect_count("keys in 'kv'", spaces_.kv.size().value_or(0), keys);
    expect_count("records in 'log'", records.size(), taken);
    return std::move(verdict_);
  }

 private:
  void check_damage() {
    const auto complain = [this](const char* who, const std::vector<Damage>& damage) {
      for (const Damage& one : damage)
        verdict_.complaints.push_back(std::string(who) + " reports damage at " +
                                      std::to_string(one.range.offset) + ": " + one.message);
    };
    complain("recovery", spaces_.store.recovery().damage);
    const auto verified = spaces_.store.verify();
    if (!verified) return verdict_.complaints.push_back("verify: " + verified.error().to_string());
    complain("verify", verified->damage);
  }

  std::vector<std::string> read(const Log& stream) {
    std::string complaint;
    auto records = read_stream(stream, complaint);
    if (!complaint.empty())
      verdict_.complaints.push_back("stream '" + std::string(stream.name()) + "': " + complaint);
    return records;
  }

  std::uint64_t check_kv(const Kv& space, std::uint32_t lane, std::optional<std::uint64_t> also = {}) {
    std::string complaint;
    const auto found = read_keys(space, lane, complaint);
    LaneFinding finding = check_keys(found, seed_, lane, acknowledged_[lane], also);
    if (!complaint.empty()) finding.complaint = complaint;
    note(lane, std::move(finding));
    return found.size();
  }

  void check_batch(std::uint32_t lane, const std::vector<std::string>& records) {
    std::uint64_t taken = 0;
    LaneFinding stream = check_records(records, seed_, lane, acknowledged_[lane], taken);
    const std::uint64_t count = stream.settled;
    note(lane, std::move(stream));
    expect_count("keys in 'batch kv'", spaces_.batch_kv.size().value_or(0),
                 check_kv(spaces_.batch_kv, lane, count));
    expect_count("records in 'batch log'", records.size(), taken);
  }

  void note(std::uint32_t lane, LaneFinding finding) {
    verdict_.settled[lane] = finding.settled;
    verdict_.lost[lane] = std::max(verdict_.lost[lane], finding.lost);
    if (finding.complaint.empty()) return;
    verdict_.complaints.push_back("lane " + std::to_string(lane) + " (" + std::string(name(kLanes[lane])) +
                                  "): " + finding.complaint);
  }

  void expect_count(const char* what, std::uint64_t found, std::uint64_t expected) {
    if (found == expected) return;
    verdict_.complaints.push_back(std::to_string(found) + " " + what + ", " + std::to_string(expected) +
                                  " of them somebody's");
  }

  Spaces& spaces_;
  std::uint64_t seed_;
  const Acknowledged& acknowledged_;
  Verdict verdict_;
};

}  // namespace

Verdict check_store(Spaces& spaces, std::uint64_t seed, const Acknowledged& acknowledged) {
  return StoreCheck(spaces, seed, acknowledged).run();
}

}  // namespace holdfast::lanes
