#include "stages.hpp"

#include <algorithm>
#include <set>

namespace holdfast::lab {
namespace {

using testing::CrashImage;
using testing::CrashImagesOptions;
using testing::CrashMedium;
using testing::CrashPoint;
using testing::ImageSet;

constexpr std::size_t kViolationsShownMax = 5;
constexpr std::uint64_t kWriteOnPuts = 3;

/// Appends, a batch, and one with a key; one buffered append stays pending.
void append_on(Actor& actor, const std::string& stream, std::size_t payload_size_bytes) {
  std::uint64_t number = 900'000;
  const auto payload = [&] { return value_of(number++, std::max<std::size_t>(payload_size_bytes, 12)); };
  if (!actor.stream(stream)) return;
  for (std::uint64_t i = 0; i < kWriteOnPuts; ++i)
    if (!actor.append(stream, payload())) return;
  if (!actor.append_batch(stream, {payload(), payload()})) return;
  if (!actor.space("written-on")) return;
  if (!actor.batch({{"written-on", key_of(0), intern("value")}, {stream, {}, intern(payload()), true}}))
    return;
  if (!actor.append(stream, payload(), Durability::buffered)) return;
}

/// Cursors of a stream that goes on.
void commit_cursors_on(Actor& actor, const std::string& stream) {
  for (std::uint64_t i = 0; i < kWriteOnPuts; ++i) {
    if (!actor.append(stream, value_of(900'000 + i, 40))) return;
    const auto log = actor.store()->log(stream, {.mode = OpenMode::existing});
    const auto next = log ? log->next_id() : Unexpected(log.error());
    if (!next || !actor.commit_cursor(stream, "written-on", *next)) return;
  }
}

/// Puts, an erase and a batch; one buffered put stays pending.
void write_on(Actor& actor, const std::optional<Change>& torn) {
  const std::string space = torn ? torn->space : "written-on";
  const std::size_t value_size_bytes = torn && torn->value != nullptr ? torn->value->size() : 40;
  const std::size_t key_size_bytes = torn ? torn->key.size() : 6;
  const auto key = [&](std::uint64_t number) {
    std::string text = key_of(number, 'w');
    text.resize(std::max(key_size_bytes, text.size()), '_');
    return text;
  };
  actor.expects_no_space();  // the medium may be full, and the rest still holds
  if (torn && torn->appends) return append_on(actor, torn->space, value_size_bytes);
  if (space.starts_with(cursors_of(""))) return commit_cursors_on(actor, space.substr(cursors_of("").size()));
  std::uint64_t number = 900'000;
  const auto value = [&] { return value_of(number++, value_size_bytes); };
  if (!actor.space(space)) return;
  for (std::uint64_t i = 0; i < kWriteOnPuts; ++i)
    if (!actor.put(space, key(i), value())) return;
  if (!actor.erase(space, key(1))) return;
  if (!actor.batch({{space, key(0), intern(value())}, {space, key(3), intern(value())}})) return;
  if (!actor.put(space, key(4), value(), Durability::buffered)) return;
}

/// The points of a log worth a second crash: its end and two others, chosen by the seed.
std::set<std::uint64_t> sampled_points(std::uint64_t first, std::uint64_t last, std::uint64_t seed) {
  if (first >= last) return {last};
  const std::uint64_t count = last - first;
  return {first + seed % count, first + seed / 7 % count, last};
}

/// Well spread bits, the same in every run (an image's hash is not: each store has its own secret).
std::uint64_t mixed(std::uint64_t number) {
  number = (number + 1) * 0x9E37'79B9'7F4A'7C15ull;
  return number ^ (number >> 29);
}

CrashImagesOptions small_set_at(std::uint64_t event_count, std::uint64_t seed) {
  return {.set = ImageSet::small, .seed = seed, .first_point = event_count, .last_point = event_count};
}

}  // namespace

testing::CrashOptions Lab::medium_options() const {
  return {.model = model,
          .size_bytes = scenario.size_bytes,
          .max_size_bytes = scenario.max_size_bytes,
          .keeps_log = true};
}

Recovered Lab::recover(const CrashImage& image, bool keeps_log) {
  ++report.recoveries;
  return lab::recover(image, medium_options(), scenario.options, keeps_log);
}

void Lab::violation(std::string_view where, std::string_view what) {
  ++report.violations;
  if (report.first_violations.size() >= kViolationsShownMax) return;
  std::string text = "scenario=" + scenario.name + ", model=" + std::string(name(model)) +
                     ", seed=" + std::to_string(options.seed) + ", ";
  report.first_violations.push_back(text.append(where).append(": ").append(what));
}

bool Lab::complain_of(const Actor& actor, std::string_view where) {
  for (const std::string& complaint : actor.complaints()) violation(where, complaint);
  return !actor.complaints().empty();
}

std::string wrong_with(const Recovered& recovered, const History& history, std::uint64_t event_count) {
  if (!recovered.complaints.empty()) return recovered.complaints.front();
  if (recovered.was_absent && history.must_exist(event_count))
    return recovered.refused_as_no_store.empty() ? "the store is gone" : recovered.refused_as_no_store;
  return history.check(recovered.contents, event_count);
}

void check_read_only_open(Lab& lab, const std::string& where, const CrashImage& image,
                          const Recovered& recovered) {
  ++lab.report.recoveries;
  const Recovered seen = open_read_only(image, lab.medium_options(), lab.scenario.options);
  if (!seen.complaints.empty())
    lab.violation(where, seen.complaints.front());
  else if (seen.was_absent != recovered.was_absent)
    lab.violation(where, "read-only open and open differ on whether a store is there");
  else if (const auto differs = difference(recovered.contents, seen.contents); !differs.empty())
    lab.violation(where, "read-only open differs: " + differs);
}

void check_crash_in_recovery(Lab& lab, const std::string& where, const CrashImage& image,
                             const Recovered& recovered) {
  const Recovered first = lab.recover(image, true);
  const CrashImagesOptions options{.set = ImageSet::small, .seed = lab.options.seed};
  std::set<std::uint64_t> seen;
  for_each_crash_image(*first.medium, options, [&](const CrashPoint& point, const CrashImage& second) {
    ++lab.report.images;
    if (!seen.insert(second.hash).second) return true;
    const Recovered again = lab.recover(second);
    const std::string inside = where + ", crash in its recovery at " + point.to_string();
    if (!again.complaints.empty())
      lab.violation(inside, again.complaints.front());
    else if (again.was_absent && !recovered.was_absent)
      lab.violation(inside, "the store is gone");
    else if (const auto differs = difference(recovered.contents, again.contents); !differs.empty())
      lab.violation(inside, "recovers to something else: " + differs);
    return lab.goes_on();
  });
}

void check_writing_on(Lab& lab, const std::string& where, const CrashImage& image, const Recovered& recovered,
                      const std::optional<Change>& torn, std::uint64_t choice) {
  auto medium = CrashMedium::from_image(image, lab.medium_options());
  History history;
  history.start_era(recovered.contents, 0, !recovered.was_absent);
  Actor actor(medium, lab.scenario.options, history);
  if (actor.open()) write_on(actor, torn);
  actor.kill();
  if (lab.complain_of(actor, where + ", writing on")) return;
  for (const std::uint64_t event_count :
       sampled_points(actor.opened_at(), medium->event_count(), mixed(choice))) {
    for_each_crash_image(*medium, small_set_at(event_count, lab.options.seed),
                         [&](const CrashPoint& point, const CrashImage& second) {
                           ++lab.report.images;
                           const auto wrong = wrong_with(lab.recover(second), history, point.event_count);
                           if (!wrong.empty())
                             lab.violation(where + ", written on, crash at " + point.to_string(), wrong);
                           return lab.goes_on();
                         });
  }
}

void check_kill(Lab& lab, const std::string& where, const CrashPoint& point, const History& history) {
  const std::string label = where + ", killed";
  auto medium = CrashMedium::from_killed(*point.state, lab.medium_options());
  History after;  // of the second process; until its store is open, the first one's holds
  Actor actor(medium, lab.scenario.options, after);
  ++lab.report.recoveries;
  const bool is_open = actor.open();
  const std::uint64_t opened_at = medium->event_count();
  if (is_open) {
    const auto wrong = history.check(after.base_at(opened_at), point.event_count);
    if (!wrong.empty()) lab.violation(label, wrong);
    write_on(actor, history.change_at(point.event_count));
  }
  actor.kill();
  if (lab.complain_of(actor, label)) return;

  std::set<std::uint64_t> points = sampled_points(opened_at, medium->event_count(), mixed(point.event_count));
  for (std::uint64_t event_count = 0; event_count < opened_at; ++event_count) points.insert(event_count);
  for (const std::uint64_t event_count : points) {
    const bool opening = event_count < opened_at;
    for_each_crash_image(*medium, small_set_at(event_count, lab.options.seed),
                         [&](const CrashPoint& cut, const CrashImage& image) {
                           ++lab.report.images;
                           const auto wrong = opening
                                                  ? wrong_with(lab.recover(image), history, point.event_count)
                                                  : wrong_with(lab.recover(image), after, event_count);
                           if (!wrong.empty())
                             lab.violation(label + ", power cut at " + cut.to_string(), wrong);
                           return lab.goes_on();
                         });
  }
}

}  // namespace holdfast::lab
