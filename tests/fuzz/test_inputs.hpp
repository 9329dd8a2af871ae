#pragma once

#include <gtest/gtest.h>

#include <cstring>

#include "common/format/catalog_entry.hpp"
#include "common/format/record.hpp"
#include "forgery.hpp"
#include "structures.hpp"

namespace holdfast::fuzz {

template <class T>
T read(const Image& image, const Structure& structure) {
  T object;
  std::memcpy(&object, image.data() + structure.offset, sizeof object);
  return object;
}

/// The first structure of that kind for which `wanted` holds.
template <class Wanted>
std::size_t find(std::size_t base, StructureKind kind, Wanted&& wanted) {
  const auto& all = structures(base).all();
  for (std::size_t i = 0; i < all.size(); ++i)
    if (all[i].kind == kind && wanted(all[i])) return i;
  ADD_FAILURE() << "the base store has no such structure";
  return 0;
}

inline std::size_t find_entry(std::size_t base, CatalogEntryType type) {
  return find(base, StructureKind::catalog_entry, [&](const Structure& structure) {
    return read<CatalogEntryDisk>(base_store(base).image(), structure).type == static_cast<std::uint8_t>(type);
  });
}

inline std::size_t find_record(std::size_t base, RecordType type) {
  return find(base, StructureKind::record, [&](const Structure& structure) {
    return read<RecordHeaderDisk>(base_store(base).image(), structure).type == static_cast<std::uint8_t>(type);
  });
}

/// An input with one operation: `bytes` lie at `offset` of the structure.
inline Input set_bytes(std::size_t base, std::size_t structure, std::uint8_t offset, const Input& bytes, bool seal) {
  Input input{base_byte(base),
              static_cast<std::uint8_t>(static_cast<std::uint8_t>(Operation::bytes) | (seal ? kSeal : 0)),
              static_cast<std::uint8_t>(structure),
              static_cast<std::uint8_t>(structure >> 8),
              offset,
              0,
              static_cast<std::uint8_t>(bytes.size())};
  input.insert(input.end(), bytes.begin(), bytes.end());
  return input;
}

/// The same with a number's bytes.
inline Input set_number(std::size_t base, std::size_t structure, std::size_t offset, std::uint64_t value,
                        std::size_t size_bytes, bool seal = true) {
  Input bytes;
  for (std::size_t i = 0; i < size_bytes; ++i) bytes.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  return set_bytes(base, structure, static_cast<std::uint8_t>(offset), bytes, seal);
}

/// An input with one operation: a field is one of kFieldChoices values, and the logs are used in one of kUseCount ways.
inline Input set_field(std::size_t base, std::size_t structure, std::size_t field, std::uint8_t choice, std::uint8_t use) {
  return {static_cast<std::uint8_t>(base_byte(base) | (use % kUseCount) << kUseShift),
          static_cast<std::uint8_t>(static_cast<std::uint8_t>(Operation::field) | kSeal),
          static_cast<std::uint8_t>(structure),
          static_cast<std::uint8_t>(structure >> 8),
          static_cast<std::uint8_t>(field),
          choice};
}

}  // namespace holdfast::fuzz
