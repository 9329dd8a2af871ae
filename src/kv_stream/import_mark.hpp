#pragma once

#include <optional>
#include <string>

#include <holdfast/kv_import.hpp>
#include <holdfast/store.hpp>

namespace holdfast::kv_stream {

/// The mark of the import into one space: the metadata of an empty region, which one catalog record replaces
/// as a whole. It lies in the store that it speaks of, so whatever happens to that one happens to it.
class ImportMarkKeeper {
 public:
  /// Errors: closed.
  [[nodiscard]] static Result<ImportMarkKeeper> of(const Store& store, const Kv& space);

  /// Nothing if there is none, or one that this version cannot read. Errors: closed, exists (something else
  /// has its name).
  [[nodiscard]] Result<std::optional<KvImportMark>> load(const Store& store) const;

  /// Durability: on return; the one before or this one after a crash. Errors: as Store::create_region.
  [[nodiscard]] Result<void> keep(Store& store, const KvImportMark& mark) const;

  /// Durability: on return. Errors: as Region::remove.
  [[nodiscard]] Result<void> remove(Store& store) const;

 private:
  ImportMarkKeeper(std::string name, std::string space) noexcept
      : name_(std::move(name)), space_(std::move(space)) {}

  std::string name_;   // of the region
  std::string space_;  // as people know it
};

}  // namespace holdfast::kv_stream
