#include "kv_stream/import_mark.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <string_view>
#include <vector>

#include "common/base/random.hpp"

namespace holdfast::kv_stream {
namespace {

constexpr std::string_view kOwner = "holdfast.kv_import";
constexpr std::string_view kNamePrefix = "holdfast.import/";

using Attributes = std::map<std::string, std::string>;

std::optional<std::uint64_t> number_in(const Attributes& attributes, const std::string& name) {
  const auto found = attributes.find(name);
  if (found == attributes.end()) return std::nullopt;
  const std::string& text = found->second;
  std::uint64_t number = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (status != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<KvImportMark> mark_in(const Attributes& attributes) {
  const auto stream = attributes.find("stream");
  const auto offset = number_in(attributes, "offset");
  const auto entries = number_in(attributes, "entries");
  const auto check = number_in(attributes, "check");
  KvImportMark mark;
  if (stream == attributes.end() || stream->second.size() != mark.stream.size()) return std::nullopt;
  if (!offset || !entries || !check) return std::nullopt;
  std::copy(stream->second.begin(), stream->second.end(), mark.stream.begin());
  mark.offset = *offset;
  mark.entries = *entries;
  mark.check = *check;
  return mark;
}

Attributes attributes_of(const KvImportMark& mark) {
  return {{"stream", std::string(mark.stream.begin(), mark.stream.end())},
          {"offset", std::to_string(mark.offset)},
          {"entries", std::to_string(mark.entries)},
          {"check", std::to_string(mark.check)}};
}

}  // namespace

// By the space's id: one of the same name that is made later is another space.
Result<ImportMarkKeeper> ImportMarkKeeper::of(const Store& store, const Kv& space) {
  const auto spaces = store.spaces();
  if (!spaces) return Unexpected(spaces.error());
  const auto found = std::ranges::find_if(*spaces, [&](const SpaceInfo& info) {
    return info.kind == SpaceKind::kv && info.name == space.name();
  });
  if (found == spaces->end())
    return Unexpected(
        Error{.code = ErrorCode::invalid_argument, .message = "the space is one of another store"});
  return ImportMarkKeeper(std::string(kNamePrefix) + std::to_string(found->id), std::string(space.name()));
}

Result<std::optional<KvImportMark>> ImportMarkKeeper::load(const Store& store) const {
  const auto regions = store.regions(name_);
  if (!regions) return Unexpected(regions.error());
  for (const RegionInfo& info : *regions)
    if (info.name == name_ && info.metadata.owner == kOwner) return mark_in(info.metadata.attributes);
  return std::nullopt;
}

Result<void> ImportMarkKeeper::keep(Store& store, const KvImportMark& mark) const {
  const RegionMetadata metadata{.owner = std::string(kOwner),
                                .description = "how far an import into " + space_ + " has come",
                                .attributes = attributes_of(mark)};
  auto present = store.region(name_, {.mode = OpenMode::existing});
  if (present) return present->set_metadata(metadata);
  if (present.error().code != ErrorCode::not_found) return Unexpected(present.error());
  const auto created = store.create_region({.name = name_, .metadata = metadata});
  if (!created) return Unexpected(created.error());
  return {};
}

Result<void> ImportMarkKeeper::remove(Store& store) const {
  auto present = store.region(name_, {.mode = OpenMode::existing});
  if (present) return present->remove();
  if (present.error().code == ErrorCode::not_found) return {};
  return Unexpected(present.error());
}

}  // namespace holdfast::kv_stream
