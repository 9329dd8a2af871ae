#include "common/base/key_hash.hpp"
#include "kv/kv_space.hpp"

namespace holdfast::kv {
namespace {

// Keeps a scan registered; what it held back is given back at its end.
class ScanScope {
 public:
  template <class GiveBack>
  ScanScope(ScanRegistry& scans, GiveBack give_back) : scans_(scans), give_back_(std::move(give_back)) {
    scans_.begin();
  }
  ScanScope(const ScanScope&) = delete;
  ScanScope& operator=(const ScanScope&) = delete;
  ~ScanScope() {
    for (const Replacement& replacement : scans_.end()) give_back_(replacement);
  }

 private:
  ScanRegistry& scans_;
  std::function<void(const Replacement&)> give_back_;
};

}  // namespace

// The scan shows the space as of one version: (1) from now on replaced records are remembered; (2) the
// version is taken; (3) writes below it are waited for. Then each key's record as of that version is
// either still in the index or remembered as replaced, and lies in a slice that exists already.
Result<void> KvSpace::scan(std::string_view prefix, const Kv::Visitor& visitor) const {
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  const ScanScope scope(scans_, [&](const Replacement& replacement) { retire(*engine, replacement); });  // (1)
  const std::uint64_t version = engine->next_versions(1);                                               // (2)
  order_.wait_for_all_below(version);                                                                   // (3)

  Result<void> result;
  const auto visit = [&](Location location, const RecordView& record) {
    if (record.type() != RecordType::put || record.header.version >= version || !record.key.starts_with(prefix))
      return true;
    const IndexSlots slots = index_.find(key_hash(record.key));
    bool shown = scans_.was_present(location, version);
    for (std::size_t i = 0; i < slots.size() && !shown; ++i)
      shown = slots[i].location == location && !slots[i].erased;
    // It may have been replaced between the two looks.
    if (!shown && !scans_.was_present(location, version)) return true;
    if ((record.header.flags & kRecordFlagValueParts) == 0) return visitor(record.key, record.payload);
    const auto value = engine->read_value(record, true);
    if (!value) {
      result = Unexpected(value.error());
      return false;
    }
    return visitor(record.key, *value);
  };
  if (auto walked = engine->for_each_record(space_, visit); !walked) return walked;
  return result;
}

}  // namespace holdfast::kv
