#pragma once

#include <algorithm>
#include <cstring>
#include <map>
#include <string>

#include "kv_suites.hpp"

namespace holdfast::kv_suites {

/// A stream in memory, written and read in whatever pieces a test likes.
struct StreamInMemory {
  std::string bytes;
  std::size_t piece_bytes_max = SIZE_MAX;  ///< Of each read.
  std::size_t position = 0;

  [[nodiscard]] KvSink sink() {
    return [this](std::span<const std::byte> more) {
      bytes.append(reinterpret_cast<const char*>(more.data()), more.size());  // bytes as text
      return Result<void>();
    };
  }
  [[nodiscard]] KvSource source() {
    position = 0;
    return [this](std::span<std::byte> into) -> Result<std::size_t> {
      const std::size_t size = std::min({into.size(), bytes.size() - position, piece_bytes_max});
      std::memcpy(into.data(), bytes.data() + position, size);
      position += size;
      return size;
    };
  }
};

[[nodiscard]] inline std::map<std::string, std::string> contents_of(const holdfast::Kv& space) {
  std::map<std::string, std::string> found;
  EXPECT_TRUE(ok(space.scan("", [&](std::string_view key, std::string_view value) {
    EXPECT_TRUE(found.emplace(key, value).second) << shown(key);
    return true;
  })));
  return found;
}

/// A space of many entries, and its stream.
class KvStreams : public KvReopen {
 protected:
  /// `count` entries of different sizes, one of them empty and one larger than a segment.
  void fill(holdfast::Kv& space, unsigned count) {
    for (unsigned i = 0; i < count; ++i)
      ASSERT_TRUE(ok(space.put("key " + std::to_string(i), some_value(i * 37 % 2'000, i), kBuffered)));
    ASSERT_TRUE(ok(space.put("large", some_value(150'000, 7), kBuffered)));
  }

  [[nodiscard]] StreamInMemory exported(const holdfast::Kv& space, KvExportOptions options = {}) {
    StreamInMemory stream;
    EXPECT_TRUE(ok(export_kv(space, stream.sink(), options)));
    return stream;
  }

  [[nodiscard]] Result<KvImportReport> import(holdfast::Kv& into, StreamInMemory& stream,
                                              KvImportOptions options = {}) {
    return import_kv(*store_, into, stream.source(), options);
  }
};

}  // namespace holdfast::kv_suites
