#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <holdfast/holdfast.hpp>

#include "forked_sweep.hpp"
#include "medium.hpp"

namespace holdfast::damage {

/// How the store came to its end.
enum class Ending { closed, killed };

/// How much was damaged: one byte, of which only the last record of a tail may go unseen, and in a store that was not closed;
/// or a run of bytes, which there may take the last records of a tail with all that proves them.
enum class Extent { byte, run };

/// A small store of all facades, as bytes, and what is in it: many small records, one value in extents of its own, a batch
/// over a space and a stream, a value that imitates records, a region.
class Subject {
 public:
  Subject(std::unique_ptr<Medium> medium, Ending ending);

  [[nodiscard]] const Image& image() const noexcept { return image_; }

  /// The same store some writes earlier.
  [[nodiscard]] const Image& earlier_image() const noexcept { return earlier_image_; }

  /// Where in the image the store's own bytes lie.
  [[nodiscard]] Span store() const noexcept { return store_; }

  /// The same without the segments at its end that are not in use.
  [[nodiscard]] Span used() const noexcept;

  /// Opens `image`, a damaged one, reads everything and holds it against what is known. `thorough`: read-only first; closed
  /// and opened again it must show the same, and take writes.
  [[nodiscard]] Verdict judge(const Image& image, Extent extent, bool thorough) const;

  /// The same of a read-only open alone.
  [[nodiscard]] Verdict judge_reader(const Image& image, Extent extent) const;

 private:
  struct Key {
    std::string present;           ///< Its value; empty: erased.
    std::set<std::string> former;  ///< Those before it.
  };

  class Look;

  void write_first_half(Store& store);
  void write_second_half(Store& store);
  void put(Kv& space, const std::string& key, const std::string& value);
  void append(Log& stream, const std::string& payload);

  [[nodiscard]] Verdict judge_writing_on(Store store, const Look& before) const;

  std::unique_ptr<Medium> medium_;
  Ending ending_;
  std::map<std::string, Key> keys_;
  std::vector<std::string> payloads_;
  std::string region_bytes_;
  std::string last_key_;  ///< Whose record is the last of its space.
  Image image_;
  Image earlier_image_;
  Span store_;
};

}  // namespace holdfast::damage
