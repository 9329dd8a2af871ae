// Crash order, as in docs/durability.md "import": (1) batches are stored; (2) everything before the mark is
// made durable; (3) the mark is replaced, by one catalog record. A crash between them leaves an older mark,
// and entries behind it that the next import stores again.

#include <algorithm>
#include <string>
#include <vector>

#include <holdfast/kv_import.hpp>

#include "common/base/out_of_memory.hpp"
#include "kv/kv_space.hpp"
#include "kv_stream/import_mark.hpp"

namespace holdfast {

using kv_stream::ImportMarkKeeper;

namespace {

constexpr std::uint64_t kBatchSizeBytesMax = std::uint64_t{8} << 20;

Result<void> check_options(const KvImportOptions& options) {
  if (options.batch_entries == 0)
    return Unexpected(Error{.code = ErrorCode::invalid_argument, .message = "batch_entries is 0"});
  if (options.mark_every_bytes == 0)
    return Unexpected(Error{.code = ErrorCode::invalid_argument, .message = "mark_every_bytes is 0"});
  return {};
}

}  // namespace

struct KvImporter::Content {
  Store& store;
  Kv space;
  KvImportOptions options;
  ImportMarkKeeper marks;
  KvImportMark mark{};  // the last one that is in the store, or was found there
  bool has_mark = false;
  KvImportReport report{};

  // The batch: places in `bytes`, which moves as it grows.
  struct Place {
    std::size_t start = 0;
    std::size_t key_size_bytes = 0;
    std::size_t value_size_bytes = 0;
    std::optional<std::uint64_t> expires_us{};
  };

  /// What is stored of an entry. One without a time stays for ever, whatever the space gives to those who name none.
  struct Write {
    KvEntry entry;
    std::optional<std::uint64_t> expires_us{};

    [[nodiscard]] PutOptions options(Durability durability) const noexcept {
      if (expires_us) return {.durability = durability, .expires_at_us = expires_us};
      return {.durability = durability, .ttl_ms = 0};
    }
  };
  std::vector<Place> places{};
  std::string bytes{};
  std::vector<Write> writes{};
  std::vector<KvEntry> entries{};
  Batch batch{};

  [[nodiscard]] Result<void> begin(const KvStreamId& id);
  [[nodiscard]] Result<void> add(std::string_view key, std::string_view value,
                                 std::optional<std::uint64_t> expires_us);
  [[nodiscard]] Result<void> store_batch();
  [[nodiscard]] Result<void> store_writes(std::span<const Write> some);
  [[nodiscard]] Result<void> put_together(std::span<const Write> some);
  [[nodiscard]] Result<void> keep_existing(std::span<const Write> some);
  [[nodiscard]] Result<void> reached(const KvImportMark& place);
  [[nodiscard]] Result<void> finish();

  void note_stored(const KvEntry& entry) noexcept {
    ++report.stored;
    report.stored_bytes += entry.key.size() + entry.value.size();
  }

  /// Everything that was stored. Errors: as Store::sync.
  [[nodiscard]] Result<void> make_durable() {
    return options.durability == Durability::immediate ? Result<void>{} : store.sync();
  }
};

Result<void> KvImporter::Content::begin(const KvStreamId& id) {
  auto found = marks.load(store);
  if (!found) return Unexpected(std::move(found.error()));
  mark.stream = id;
  if (!*found) return {};
  // One that is not used goes before anything is stored: what it speaks of may have been erased since, and a
  // later import must not go on behind it.
  if (!options.resumes || (*found)->stream != id) return marks.remove(store);
  has_mark = true;
  mark = report.resumed_at = **found;
  report.entries = mark.entries;
  report.stream_bytes = mark.offset;
  return {};
}

/// Whether that time has come, by the store's clock. Errors: closed, invalid_argument (no record can hold it).
Result<bool> has_come(const Kv& space, std::uint64_t expires_us) {
  if (auto valid = kv::Lifespan::of(std::nullopt, expires_us).check(); !valid) return Unexpected(std::move(valid.error()));
  const auto engine = kv::space_of(space).gate()->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  return expires_us <= engine->expiry_clock().now_us();
}

Result<void> KvImporter::Content::add(std::string_view key, std::string_view value,
                                      std::optional<std::uint64_t> expires_us) {
  if (expires_us) {
    const auto expired = has_come(space, *expires_us);
    if (!expired) return Unexpected(expired.error());
    if (*expired) {
      ++report.expired;
      return {};
    }
  }
  const std::size_t size_bytes = key.size() + value.size();
  if (size_bytes >= kBatchSizeBytesMax) {  // alone, and without a copy
    if (auto stored = store_batch(); !stored) return stored;
    const Write write{.entry = {key, value}, .expires_us = expires_us};
    return store_writes({&write, 1});
  }
  places.push_back({bytes.size(), key.size(), value.size(), expires_us});
  bytes.append(key).append(value);
  const bool is_full = places.size() >= options.batch_entries || bytes.size() >= kBatchSizeBytesMax;
  return is_full ? store_batch() : Result<void>{};
}

Result<void> KvImporter::Content::store_batch() {
  if (places.empty()) return {};
  writes.clear();
  for (const Place& place : places) {
    const char* const key = bytes.data() + place.start;
    writes.push_back(
        {.entry = {{key, place.key_size_bytes}, {key + place.key_size_bytes, place.value_size_bytes}},
         .expires_us = place.expires_us});
  }
  auto stored = store_writes(writes);
  places.clear();
  bytes.clear();
  return stored;
}

Result<void> KvImporter::Content::store_writes(std::span<const Write> some) {
  if (options.conflict == KvConflict::keep_existing) return keep_existing(some);
  auto stored = put_together(some);
  if (!stored) return stored;
  for (const Write& write : some) note_stored(write.entry);
  return stored;
}

// multi_put() gives all the same time; a batch copies.
Result<void> KvImporter::Content::put_together(std::span<const Write> some) {
  const Write& first = some.front();
  if (some.size() == 1)
    return space.put(first.entry.key, first.entry.value, first.options(options.durability));
  const bool are_alike =
      std::ranges::all_of(some, [&](const Write& write) { return write.expires_us == first.expires_us; });
  if (are_alike) {
    entries.clear();
    for (const Write& write : some) entries.push_back(write.entry);
    return space.multi_put(entries, first.options(options.durability));
  }
  batch.clear();
  for (const Write& write : some)
    batch.put(space, write.entry.key, write.entry.value, write.options(options.durability));
  return store.commit(batch, {.durability = options.durability});
}

// One sync for all of them, not one each.
Result<void> KvImporter::Content::keep_existing(std::span<const Write> some) {
  const bool is_immediate = options.durability == Durability::immediate;
  const Durability durability = is_immediate ? Durability::buffered : options.durability;
  std::vector<const Write*> added;
  for (const Write& write : some) {
    const auto stored = space.put_if_absent(write.entry.key, write.entry.value, write.options(durability));
    if (!stored) return Unexpected(stored.error());
    if (*stored) added.push_back(&write);
  }
  if (is_immediate && !added.empty())
    if (auto synced = store.sync(); !synced) return synced;
  for (const Write* write : added) note_stored(write->entry);
  report.kept += some.size() - added.size();
  return {};
}

Result<void> KvImporter::Content::reached(const KvImportMark& place) {
  if (places.size() > 0 && place.offset - mark.offset >= options.mark_every_bytes)
    if (auto stored = store_batch(); !stored) return stored;
  report.entries = place.entries;
  report.stream_bytes = place.offset;
  if (place.offset - mark.offset < options.mark_every_bytes) return {};
  if (auto durable = make_durable(); !durable) return durable;   // (2)
  if (auto kept = marks.keep(store, place); !kept) return kept;  // (3)
  mark = place;
  has_mark = true;
  return {};
}

Result<void> KvImporter::Content::finish() {
  if (auto stored = store_batch(); !stored) return stored;
  if (auto durable = make_durable(); !durable) return durable;
  return has_mark ? marks.remove(store) : Result<void>{};
}

KvImporter::KvImporter(std::unique_ptr<Content> content) noexcept : content_(std::move(content)) {}
KvImporter::KvImporter(KvImporter&&) noexcept = default;
KvImporter& KvImporter::operator=(KvImporter&&) noexcept = default;
KvImporter::~KvImporter() = default;

Result<KvImporter> KvImporter::begin(Store& store, Kv& space, const KvStreamId& id,
                                     const KvImportOptions& options) {
  return without_bad_alloc([&]() -> Result<KvImporter> {
    if (auto valid = check_options(options); !valid) return Unexpected(std::move(valid.error()));
    auto marks = ImportMarkKeeper::of(store, space);
    if (!marks) return Unexpected(std::move(marks.error()));
    auto content = std::unique_ptr<Content>(
        new Content{.store = store, .space = space, .options = options, .marks = std::move(*marks)});
    if (auto begun = content->begin(id); !begun) return Unexpected(std::move(begun.error()));
    return KvImporter(std::move(content));
  });
}

const KvImportMark& KvImporter::resumed_at() const noexcept { return content_->report.resumed_at; }
const KvImportReport& KvImporter::report() const noexcept { return content_->report; }

Result<void> KvImporter::add(std::string_view key, std::string_view value,
                             std::optional<std::uint64_t> expires_us) {
  return without_bad_alloc([&] { return content_->add(key, value, expires_us); });
}

Result<void> KvImporter::reached(std::uint64_t offset, std::uint64_t entries, std::uint64_t check) {
  return without_bad_alloc([&] {
    return content_->reached(
        {.stream = content_->mark.stream, .offset = offset, .entries = entries, .check = check});
  });
}

Result<KvImportReport> KvImporter::finish() {
  return without_bad_alloc([&]() -> Result<KvImportReport> {
    if (auto finished = content_->finish(); !finished) return Unexpected(std::move(finished.error()));
    return content_->report;
  });
}

Result<std::optional<KvImportMark>> import_mark_of(const Store& store, const Kv& space) {
  return without_bad_alloc([&]() -> Result<std::optional<KvImportMark>> {
    const auto marks = ImportMarkKeeper::of(store, space);
    if (!marks) return Unexpected(marks.error());
    return marks->load(store);
  });
}

}  // namespace holdfast
