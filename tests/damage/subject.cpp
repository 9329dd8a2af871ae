#include "subject.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <random>

#include <gtest/gtest.h>

namespace holdfast::damage {
namespace {

constexpr std::size_t kOwnExtentBytes = 17'000;  // more than a quarter of a segment

std::string noise(std::uint64_t seed, std::size_t size) {
  std::mt19937_64 random(seed);
  std::string text(size, '\0');
  for (char& character : text) character = static_cast<char>(random());
  return text;
}

template <class T>
T expect(Result<T> result) {
  if (!result) ADD_FAILURE() << result.error().to_string();
  return std::move(result).value();
}

void expect(const Result<void>& result) {
  if (!result) ADD_FAILURE() << result.error().to_string();
}

/// Whether damage may be the reason for which a store does not open.
bool is_refusal(const Error& error) {
  const bool is_typed = error.code == ErrorCode::corruption || error.code == ErrorCode::invalid_argument ||
                        error.code == ErrorCode::version_mismatch || error.code == ErrorCode::not_found;
  return is_typed && !error.message.empty();
}

}  // namespace

/// What one opened store shows.
class Subject::Look {
 public:
  Look(const Subject& subject, Store& store) : subject_(subject), report_(store.recovery()) {
    look_at_keys(store);
    look_at_stream(store);
    look_at_region(store);
    look_at_verify(store);
  }

  [[nodiscard]] Verdict verdict(Extent extent) const {
    if (!wrong_.empty()) return {Outcome::wrong, wrong_};
    if (lost_.empty()) return {detected_ ? Outcome::detected : Outcome::unharmed};
    if (!report_.damage.empty()) return {Outcome::reported};
    const bool counted = report_.torn_tails > 0 || report_.dropped_records > 0;
    const bool is_tail = extent == Extent::run || (counted && lost_ == lost_last_);
    if (subject_.ending_ == Ending::killed && is_tail) return {Outcome::dropped};
    return {Outcome::wrong, "unreported: " + *lost_.begin()};
  }

  friend bool operator==(const Look& left, const Look& right) { return left.shown_ == right.shown_; }

 private:
  void complain(std::string text) {
    if (wrong_.empty()) wrong_ = std::move(text);
  }

  /// Something is not as it was; `is_last`: it may have been the last record of its tail.
  void lose(const std::string& what, bool is_last) {
    lost_.insert(what);
    if (is_last) lost_last_.insert(what);
  }

  void show(const std::string& what, std::string value) { shown_[what] = std::move(value); }

  /// Whether an error is one that damage may cause.
  bool accept(const Error& error, const std::string& what) {
    show(what, "error");
    if (error.code != ErrorCode::corruption) {
      complain(what + ": " + error.to_string());
      return false;
    }
    detected_ = true;
    return true;
  }

  void look_at_keys(Store& store) {
    auto space = store.kv("users", {.mode = OpenMode::existing});
    if (!space) return space_is_missing("users", space.error());
    for (const auto& [key, known] : subject_.keys_) {
      const auto found = space->get(key);
      if (!found) {
        accept(found.error(), key);
        continue;
      }
      const std::string value = found->value_or("");
      show(key, value);
      if (value == known.present) continue;
      lose(key, key == subject_.last_key_);
      if (!value.empty() && !known.former.contains(value)) complain(key + " has a value that nobody wrote");
    }
    const auto scanned = space->scan("", [&](std::string_view key, std::string_view value) {
      const auto known = subject_.keys_.find(std::string(key));
      const bool is_known = known != subject_.keys_.end() &&
                            (value == known->second.present || known->second.former.contains(std::string(value)));
      if (!is_known) complain("a scan shows what nobody wrote");
      return true;
    });
    if (!scanned) accept(scanned.error(), "scan");
  }

  void look_at_stream(Store& store) {
    auto stream = store.log("audit", {.mode = OpenMode::existing});
    if (!stream) return space_is_missing("audit", stream.error());
    const LogId next = stream->next_id().value();
    show("next id", std::to_string(next));
    const LogId expected = subject_.payloads_.size() + 1;
    if (next > expected) complain("the stream has more ids than were given out");
    if (next < expected) lose("entries of the stream", next + 1 == expected);
    for (LogId id = 1; id < std::min(next, expected); ++id) {
      const std::string what = "entry " + std::to_string(id);
      const auto entry = stream->read(id);
      if (!entry) {
        accept(entry.error(), what);
        continue;
      }
      show(what, entry->payload);
      if (entry->payload != subject_.payloads_[id - 1]) complain(what + " is another");
    }
    const auto scanned = stream->scan(1, [](const LogEntryView&) { return true; });
    if (!scanned) accept(scanned.error(), "scan of the stream");
  }

  // A plain region's bytes carry no checksum: only its size is looked at.
  void look_at_region(Store& store) {
    auto region = store.region("bytes", {.mode = OpenMode::existing});
    if (!region) return space_is_missing("bytes", region.error());
    const auto size = region->size();
    if (!size) {
      accept(size.error(), "size of the region");
      return;
    }
    show("size of the region", std::to_string(*size));
    if (*size != subject_.region_bytes_.size()) lose("size of the region", true);
    std::vector<std::byte> bytes(*size);
    if (auto read = region->read_at(0, bytes); !read) accept(read.error(), "region");
  }

  void look_at_verify(Store& store) {
    const auto verified = store.verify();
    if (!verified) return complain("verify: " + verified.error().to_string());
    if (detected_ && verified->damage.empty() && report_.damage.empty()) complain("verify does not see what reads see");
  }

  void space_is_missing(const std::string& space, const Error& error) {
    show(space, "missing");
    if (error.code != ErrorCode::not_found) complain(space + ": " + error.to_string());
    lose("space " + space, false);
  }

  const Subject& subject_;
  RecoveryReport report_;
  std::map<std::string, std::string> shown_;
  std::set<std::string> lost_;
  std::set<std::string> lost_last_;
  bool detected_ = false;
  std::string wrong_;
};

Subject::Subject(std::unique_ptr<Medium> medium, Ending ending) : medium_(std::move(medium)), ending_(ending) {
  {
    auto store = expect(medium_->open(OpenMode::create));
    write_first_half(store);
    earlier_image_ = medium_->bytes();
    write_second_half(store);
    if (ending_ == Ending::closed) expect(store.close());
    image_ = medium_->bytes();
  }
  store_ = medium_->store();
}

Span Subject::used() const noexcept {
  Span used = store_;
  const auto is_unused = [this](std::uint64_t offset) {
    return std::all_of(image_.begin() + static_cast<std::ptrdiff_t>(offset),
                       image_.begin() + static_cast<std::ptrdiff_t>(offset + kSegmentBytes),
                       [](std::byte byte) { return byte == std::byte{0}; });
  };
  while (used.end > used.begin && is_unused(used.end - kSegmentBytes)) used.end -= kSegmentBytes;
  return used;
}

void Subject::put(Kv& space, const std::string& key, const std::string& value) {
  Key& known = keys_[key];
  if (!known.present.empty()) known.former.insert(known.present);
  expect(space.put(key, value));
  known.present = value;
  last_key_ = key;
}

void Subject::append(Log& stream, const std::string& payload) {
  expect(stream.append(payload));
  payloads_.push_back(payload);
}

void Subject::write_first_half(Store& store) {
  auto users = expect(store.kv("users"));
  auto audit = expect(store.log("audit"));
  auto bytes = expect(store.region("bytes"));
  for (std::uint64_t i = 0; i < 8; ++i) put(users, "key " + std::to_string(i), noise(i, 40 + 13 * i));
  for (std::uint64_t i = 0; i < 5; ++i) append(audit, noise(100 + i, 30 + 20 * i));
  put(users, "in extents of its own", noise(50, kOwnExtentBytes));
  region_bytes_ = noise(60, 5'000);
  expect(bytes.append(std::as_bytes(std::span(region_bytes_))));
  expect(bytes.flush());
}

void Subject::write_second_half(Store& store) {
  auto users = expect(store.kv("users"));
  auto audit = expect(store.log("audit"));
  for (std::uint64_t i = 2; i < 5; ++i) put(users, "key " + std::to_string(i), noise(200 + i, 60));
  expect(users.erase("key 5"));
  keys_["key 5"].former.insert(keys_["key 5"].present);
  keys_["key 5"].present.clear();
  Batch batch;
  batch.put(users, "of a batch", noise(300, 70));
  batch.append(audit, noise(301, 50));
  expect(store.commit(batch));
  keys_["of a batch"].present = noise(300, 70);
  payloads_.push_back(noise(301, 50));
  // records, and the header before them, as they lie on the medium: in a value they must stay a value
  const auto first = std::search(earlier_image_.begin(), earlier_image_.end(),
                                 reinterpret_cast<const std::byte*>("key 0"), reinterpret_cast<const std::byte*>("key 0") + 5);
  const auto start = first - std::min<std::ptrdiff_t>(first - earlier_image_.begin(), 160);
  put(users, "imitation", std::string(reinterpret_cast<const char*>(&*start), 600));
  append(audit, std::string(reinterpret_cast<const char*>(&*start), 600));
  put(users, "key 7", noise(400, 90));
  append(audit, noise(401, 90));
}

Verdict Subject::judge(const Image& image, Extent extent, bool thorough) const {
  medium_->hold(image);
  std::optional<Look> reader;
  std::string reader_refused;
  if (thorough) {  // first: an open for writing repairs what it can
    auto read_only = medium_->open(OpenMode::read_only);
    if (read_only) reader.emplace(*this, *read_only);
    else reader_refused = read_only.error().to_string();
  }
  auto store = medium_->open(OpenMode::existing);
  if (!store) {
    if (!is_refusal(store.error())) return {Outcome::wrong, "open: " + store.error().to_string()};
    return {Outcome::refused};
  }
  const Look look(*this, *store);
  const Verdict verdict = look.verdict(extent);
  if (!thorough || verdict.outcome == Outcome::wrong) return verdict;

  if (!reader) return {Outcome::wrong, "read-only open: " + reader_refused};
  if (!(*reader == look)) return {Outcome::wrong, "a read-only open shows something else"};
  const Verdict written_on = judge_writing_on(std::move(*store), look);
  return written_on.outcome == Outcome::wrong ? written_on : verdict;
}

Verdict Subject::judge_writing_on(Store store, const Look& before) const {
  auto space = store.kv("written on");
  if (!space) return {Outcome::wrong, "a new space: " + space.error().to_string()};
  if (auto written = space->put("key", "value"); !written) return {Outcome::wrong, "write: " + written.error().to_string()};
  if (auto closed = store.close(); !closed) return {Outcome::wrong, "close: " + closed.error().to_string()};
  auto again = medium_->open(OpenMode::existing);
  if (!again) return {Outcome::wrong, "opened again: " + again.error().to_string()};
  if (!(Look(*this, *again) == before)) return {Outcome::wrong, "opened again it shows something else"};
  const auto found = again->kv("written on", {.mode = OpenMode::existing});
  if (!found || found->get("key").value_or(std::nullopt) != "value")
    return {Outcome::wrong, "what was written behind the damage is lost"};
  return {};
}

Verdict Subject::judge_reader(const Image& image, Extent extent) const {
  medium_->hold(image);
  auto store = medium_->open(OpenMode::read_only);
  if (store) return Look(*this, *store).verdict(extent);
  if (is_refusal(store.error())) return {Outcome::refused};
  return {Outcome::wrong, "read-only open: " + store.error().to_string()};
}

}  // namespace holdfast::damage
