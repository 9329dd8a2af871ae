#include "exercise.hpp"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "base_store.hpp"
#include "exercise_logs.hpp"
#include "forged_medium.hpp"

namespace holdfast::fuzz {
namespace {

constexpr std::uint64_t kPieceBytes = std::uint64_t{64} << 10;
constexpr LogId kEntriesRead = 64;        // from the begin of a stream, and as many of its end; a scan reads all
constexpr std::size_t kKeysWritten = 64;  // of a space
constexpr std::size_t kFillBytes = 100'000;
constexpr std::uint64_t kFillsMax = 8;

/// Opens one forged store several times and uses all that it shows.
class Exercise {
 public:
  explicit Exercise(const Forgery& forgery) : forgery_(forgery), medium_(medium_of(forgery)) {
    verdict_.sealed = forgery.sealed;
  }

  Verdict run() {
    look_read_only();
    auto store = open(OpenMode::existing);
    if (!store) return std::move(verdict_);
    look(*store);
    write(*store);
    look(*store);
    if (auto closed = store->close(); !closed) note(closed.error());
    shows_own_writes_ = true;
    const bool was_opened = !verdict_.refused.has_value();
    auto again = open(OpenMode::existing);
    if (again) {
      look(*again);
    } else if (was_opened) {
      complain("a store that had been opened and closed is refused: " + verdict_.refused->to_string());
    }
    return std::move(verdict_);
  }

 private:
  void complain(std::string text) {
    if (verdict_.wrong.empty()) verdict_.wrong = std::move(text);
  }

  // The media of this room do not fail and have memory enough: whoever says so has believed a forged number.
  void note(const Error& error) {
    ++verdict_.errors;
    if (error.code == ErrorCode::io || error.code == ErrorCode::no_memory || error.message.empty())
      complain("an error of the wrong kind: " + error.to_string());
  }

  template <class T>
  bool succeeded(const Result<T>& result) {
    if (!result) note(result.error());
    return result.has_value();
  }

  LogListener listener() {
    return {.note = [this](const Error& error) { note(error); },
            .complain = [this](std::string text) { complain(std::move(text)); }};
  }

  Result<Store> open(OpenMode mode) {
    auto store = medium_->open(mode);
    if (store) return store;
    verdict_.refused = store.error();
    note(store.error());
    const ErrorCode code = store.error().code;
    if (code != ErrorCode::corruption && code != ErrorCode::invalid_argument && code != ErrorCode::version_mismatch &&
        code != ErrorCode::not_found && code != ErrorCode::no_space && code != ErrorCode::too_large)
      complain("open: " + store.error().to_string());
    return store;
  }

  void look_read_only() {
    auto store = medium_->open(OpenMode::read_only);
    if (succeeded(store)) look(*store);
  }

  void look(Store& store) {
    const auto spaces = store.spaces();
    if (!succeeded(spaces)) return;
    for (const SpaceInfo& space : *spaces) {
      if (space.kind == SpaceKind::kv) look_at_keys(store, space.name);
      if (space.kind == SpaceKind::log) look_at_stream(store, space.name);
      if (space.kind == SpaceKind::region) look_at_region(store, space.name);
    }
    look_at_sharded_logs(store, listener());
    if (const auto verified = store.verify(); succeeded(verified)) verdict_.damage += verified->damage.size();
    static_cast<void>(succeeded(store.info()));
  }

  void look_at_keys(Store& store, const std::string& name) {
    const auto space = store.kv(name, {.mode = OpenMode::existing});
    if (!succeeded(space)) return;
    std::vector<std::string> keys;
    static_cast<void>(succeeded(space->scan("", [&](std::string_view key, std::string_view value) {
      keys.emplace_back(key);
      check_value(name, keys.back(), std::string(value));
      return true;
    })));
    for (const std::string& key : keys)
      if (const auto value = space->get(key); succeeded(value) && value->has_value()) check_value(name, key, **value);
    static_cast<void>(succeeded(space->size()));
    static_cast<void>(succeeded(space->settings()));
    static_cast<void>(succeeded(space->statistics()));
  }

  void check_value(const std::string& space, const std::string& key, const std::string& value) {
    if (forgery_.proves_itself || shows_own_writes_) return;
    if (!base_store(forgery_.base).knows(space, key, value)) complain("a key has a value that nobody wrote");
  }

  void look_at_stream(Store& store, const std::string& name) {
    const auto stream = store.log(name, {.mode = OpenMode::existing});
    if (!succeeded(stream)) return;
    static_cast<void>(succeeded(stream->scan(1, [&](const LogEntryView& entry) {
      check_entry(entry.id, std::string(entry.payload));
      return true;
    })));
    const LogId next = stream->next_id().value_or(1);
    for (LogId id = 1; id < next; ++id) {
      if (id == kEntriesRead && next > 2 * kEntriesRead) id = next - kEntriesRead;
      if (const auto entry = stream->read(id); succeeded(entry)) check_entry(id, entry->payload);
    }
    look_at_log(*stream, listener());
  }

  void check_entry(LogId id, const std::string& payload) {
    if (forgery_.proves_itself || shows_own_writes_) return;
    if (!base_store(forgery_.base).knows(id, payload)) complain("a stream has an entry that nobody appended");
  }

  // A plain region's bytes carry no checksum: only that they can be read is looked at.
  void look_at_region(Store& store, const std::string& name) {
    const auto region = store.region(name, {.mode = OpenMode::existing});
    if (!succeeded(region)) return;
    const auto size = region->size();
    if (!succeeded(size)) return;
    std::vector<std::byte> piece(kPieceBytes);
    for (std::uint64_t offset = 0; offset < *size; offset += kPieceBytes)
      static_cast<void>(succeeded(region->read_at(offset, std::span(piece).first(std::min(kPieceBytes, *size - offset)))));
    if (const auto view = region->view(0, std::min(kPieceBytes, *size)); succeeded(view))
      for (const auto span : view->spans()) std::copy(span.begin(), span.end(), piece.begin());
  }

  // Into each space that is there, over each key, and into new ones; what a full store refuses is refused.
  void write(Store& store) {
    shows_own_writes_ = true;
    const auto spaces = store.spaces();
    if (!succeeded(spaces)) return;
    write_sharded_logs(store, forgery_.use, listener());
    for (const SpaceInfo& space : *spaces) write_into(store, space.name, space.kind);
    write_into(store, "new keys", SpaceKind::kv);
    write_into(store, "new stream", SpaceKind::log);
    write_into(store, "new region", SpaceKind::region);
    static_cast<void>(succeeded(store.sync()));
    if (auto keys = store.kv("new keys"); succeeded(keys)) fill(*keys);
  }

  // A store that is full takes back what was replaced.
  void fill(Kv& space) {
    const std::string value(kFillBytes, 'f');
    for (std::uint64_t i = 0; i < kFillsMax; ++i)
      if (!succeeded(space.put("fill " + std::to_string(i), value))) break;
  }

  void write_into(Store& store, const std::string& name, SpaceKind kind) {
    if (kind == SpaceKind::kv) {
      if (auto space = store.kv(name); succeeded(space)) write_keys(store, *space);
    } else if (kind == SpaceKind::log) {
      const OnDamage on_damage = forgery_.use == kUseCount - 1 ? OnDamage::truncate : OnDamage::fail;
      if (auto stream = store.log(name, {.on_damage = on_damage}); succeeded(stream)) {
        static_cast<void>(succeeded(stream->append("appended")));
        static_cast<void>(succeeded(stream->append(std::string(kOwnExtentBytes, 'v'))));
        write_log(*stream, listener());
      }
    } else if (auto region = store.region(name); succeeded(region)) {
      write_region(*region);
    }
  }

  void write_keys(Store& store, Kv& space) {
    // Also such as a scan does not come to, since what lies before them is damaged.
    std::vector<std::string> keys{"large", "key 0", "replaced", "new"};
    static_cast<void>(succeeded(space.scan("", [&](std::string_view key, std::string_view) {
      keys.emplace_back(key);
      return keys.size() < kKeysWritten;
    })));
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (i % 3 == 0) static_cast<void>(succeeded(space.put(keys[i], "written")));
      if (i % 3 == 1) static_cast<void>(succeeded(space.erase(keys[i])));
    }
    static_cast<void>(succeeded(space.put("new large", std::string(kOwnExtentBytes, 'v'))));
    static_cast<void>(succeeded(space.erase("new large")));
    Batch batch;
    batch.put(space, "new", "written again");
    for (std::size_t i = 2; i < keys.size(); i += 3) batch.put(space, keys[i], "of a batch");
    static_cast<void>(succeeded(store.commit(batch)));
    evict_some(space);
  }

  // What is found by a walk over forged records, by whoever comes first, the thread or the next put.
  void evict_some(Kv& space) {
    const auto before = space.settings();
    if (!succeeded(before)) return;
    KvSettings bounded = *before;
    bounded.keys_max = 3;
    if (!succeeded(space.set_settings(bounded))) return;
    for (const char* const key : {"new", "newer", "newest"}) static_cast<void>(succeeded(space.put(key, "kept")));
    static_cast<void>(succeeded(space.set_settings(*before)));
  }

  void write_region(Region& region) {
    const std::vector<std::byte> bytes(5'000, std::byte{1});
    static_cast<void>(succeeded(region.write_at(0, bytes)));
    static_cast<void>(succeeded(region.append(bytes, {.durability = Durability::immediate})));
    static_cast<void>(succeeded(region.truncate(100)));
    static_cast<void>(succeeded(region.flush()));
  }

  const Forgery& forgery_;
  std::unique_ptr<ForgedMedium> medium_;
  Verdict verdict_;
  bool shows_own_writes_ = false;
};

}  // namespace

Verdict exercise(const Forgery& forgery) { return Exercise(forgery).run(); }

Verdict run_input(std::span<const std::uint8_t> input) { return exercise(forge(input)); }

}  // namespace holdfast::fuzz
