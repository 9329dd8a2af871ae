// Imports under the power cut: whatever image a cut leaves, what the mark speaks of is there, the import goes
// on behind it, and all is there in the end.

#include <algorithm>
#include <cstring>
#include <iostream>
#include <unordered_map>

#include <gtest/gtest.h>

#include <holdfast/kv_import.hpp>
#include <holdfast/testing/crash_images.hpp>

#include "actor.hpp"
#include "contents.hpp"
#include "runner.hpp"

namespace holdfast::lab {
namespace {

using testing::CrashImage;
using testing::CrashMedium;
using testing::CrashPoint;
using testing::MediumModel;

using Entries = std::vector<std::pair<std::string, std::string>>;

Options options() {
  Options options;
  options.segment_size_bytes = 64 << 10;
  options.recovery_threads = 1;
  return options;
}

testing::CrashOptions medium_options(MediumModel model) {
  return {.model = model, .size_bytes = 384 << 10, .max_size_bytes = 2 << 20};
}

/// A stream, and its entries in their order.
struct Stream {
  std::string bytes;
  Entries entries;

  [[nodiscard]] KvSource source() const {
    return [this, position = std::size_t{0}](std::span<std::byte> into) mutable -> Result<std::size_t> {
      const std::size_t size = std::min(into.size(), bytes.size() - position);
      std::memcpy(into.data(), bytes.data() + position, size);
      position += size;
      return size;
    };
  }
};

Stream make_stream() {
  Stream stream;
  Store store = Store::open("", {.backend = Backend::memory, .segment_size_bytes = 64 << 10}).value();
  Kv space = store.kv("from").value();
  for (std::uint64_t i = 0; i < 20; ++i)
    EXPECT_TRUE(space.put(key_of(i), value_of(i, 40 + i * 67 % 500)).has_value());
  EXPECT_TRUE(space.put("large", value_of(99, 70'000)).has_value());
  const KvSink sink = [&](std::span<const std::byte> bytes) {
    stream.bytes.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());  // bytes as text
    return Result<void>();
  };
  EXPECT_TRUE(export_kv(space, sink, {.block_size_bytes = 900}).has_value());
  EXPECT_TRUE(space.snapshot()
                  ->scan("",
                         [&](std::string_view key, std::string_view value) {
                           stream.entries.emplace_back(key, value);
                           return true;
                         })
                  .has_value());
  return stream;
}

/// What is there before: a key that the stream has as well, and one that it has not.
std::shared_ptr<CrashMedium> prepared(MediumModel model, std::map<std::string, std::string>& base) {
  base = {{key_of(3), "here before"}, {"other", "here before"}};
  auto medium = CrashMedium::create(medium_options(model));
  {
    Store store = Store::open(medium->open().value(), options()).value();
    Kv space = store.kv("into").value();
    for (const auto& [key, value] : base) EXPECT_TRUE(space.put(key, value).has_value());
    EXPECT_TRUE(store.close().has_value());
  }
  return CrashMedium::from_image(testing::image_of(medium->live()), medium_options(model));
}

/// One import with a cut anywhere in it.
class ImportLab {
 public:
  ImportLab(MediumModel model, KvImportOptions import_options)
      : model_(model),
        import_options_(import_options),
        stream_(make_stream()),
        medium_(prepared(model, base_)) {
    import_options_.resumes = true;
    all_ = base_;
    for (const auto& [key, value] : stream_.entries)
      if (import_options_.conflict == KvConflict::replace || !base_.contains(key)) all_[key] = value;
  }

  void run() {
    const std::uint64_t first_point = act();
    const testing::CrashImagesOptions images{.seed = run_options_from_environment().seed,
                                             .images_max = run_options_from_environment().images_max,
                                             .first_point = first_point};
    for_each_crash_image(*medium_, images, [&](const CrashPoint& point, const CrashImage& image) {
      ++images_;
      const auto [found, is_new] = marks_of_images_.try_emplace(image.hash);
      if (is_new) found->second = judge(point, image);
      // The same image may be one of several points, and more is promised at a later one.
      std::uint64_t promised = 0;
      for (const auto& [event_count, entries] : promised_)
        if (event_count <= point.event_count) promised = std::max(promised, entries);
      if (found->second < promised) fail(point, "the mark is older than one that was kept");
      return wrong_.empty();
    });
    std::cout << "import lab: model=" << name(model_) << ", images=" << images_
              << ", recoveries=" << marks_of_images_.size() << ", with a mark=" << resumed_
              << ", violations=" << wrong_.size() << "\n";
    for (const std::string& wrong : wrong_) ADD_FAILURE() << wrong;
    EXPECT_EQ(cut_again_, marks_of_images_.size());
    EXPECT_GT(resumed_, 10u) << "hardly an import went on behind a mark";
    EXPECT_GT(marks_of_images_.size(), resumed_) << "none began at the start";
  }

 private:
  /// The crash point from which on images are made.
  std::uint64_t act() {
    Store store = Store::open(medium_->open().value(), options()).value();
    Kv space = store.kv("into").value();
    const std::uint64_t first_point = medium_->event_count();
    KvImportOptions watched = import_options_;
    watched.observer = [&](const KvStreamProgress&) {
      const auto mark = import_mark_of(store, space);
      if (mark && *mark) promised_.emplace_back(medium_->event_count(), (*mark)->entries);
    };
    const auto report = import_kv(store, space, stream_.source(), watched);
    EXPECT_TRUE(report.has_value()) << report.error().to_string();
    promised_.emplace_back(medium_->event_count(), stream_.entries.size());
    return first_point;
  }

  /// Opens the image, looks, goes on; how many entries of the stream are promised to be there.
  std::uint64_t judge(const CrashPoint& point, const CrashImage& image) {
    const auto medium = CrashMedium::from_image(image, medium_options(model_));
    std::uint64_t promised = 0;
    {
      auto store = Store::open(medium->open().value(), options());
      if (!store) return fail(point, store.error().to_string());
      Kv space = store->kv("into").value();
      std::vector<std::string> complaints;
      const Contents contents = read_contents(*store, complaints);
      for (const std::string& complaint : complaints) fail(point, complaint);
      const auto mark = import_mark_of(*store, space);
      if (!mark) return fail(point, mark.error().to_string());
      if (*mark) promised = (*mark)->entries;
      check_contents(point, contents.at("into"), promised);
      if (!*mark && is_all(contents.at("into"))) promised = stream_.entries.size();
      go_on(point, *store, space, *mark);
    }  // killed: what has returned must be there
    const std::uint64_t end = medium->event_count();
    const testing::CrashImagesOptions nothing_pending{.images_max = 1, .first_point = end, .last_point = end};
    for_each_crash_image(*medium, nothing_pending, [&](const CrashPoint&, const CrashImage& cut) {
      check_all_is_there(point, cut);
      return true;
    });
    return promised;
  }

  void check_all_is_there(const CrashPoint& point, const CrashImage& image) {
    ++cut_again_;
    auto store =
        Store::open(CrashMedium::from_image(image, medium_options(model_))->open().value(), options());
    if (!store) {
      fail(point, "behind the second import and a cut: " + store.error().to_string());
      return;
    }
    std::vector<std::string> complaints;
    if (!is_all(read_contents(*store, complaints).at("into")))
      fail(point, "not all is there behind the second import and a cut");
  }

  /// Nothing but what was there and what the stream holds; and of the stream all before the mark.
  void check_contents(const CrashPoint& point, const std::map<std::string, Value>& found,
                      std::uint64_t promised) {
    for (const auto& [key, value] : found) {
      const auto is_of = [&, key = key, value = value](const std::map<std::string, std::string>& from) {
        const auto there = from.find(key);
        return there != from.end() && there->second == *value;
      };
      if (!is_of(base_) && !is_of(all_)) fail(point, "key '" + key + "' holds what nobody wrote");
    }
    for (const auto& [key, value] : base_)
      if (!found.contains(key)) fail(point, "key '" + key + "', which was there before, is lost");
    for (std::uint64_t i = 0; i < promised; ++i) {
      const std::string& key = stream_.entries[i].first;
      const auto there = found.find(key);
      if (there == found.end() || *there->second != all_.at(key))
        fail(point, "entry " + std::to_string(i) + " is before the mark, and not there");
    }
  }

  void go_on(const CrashPoint& point, Store& store, Kv& space, const std::optional<KvImportMark>& mark) {
    const auto report = import_kv(store, space, stream_.source(), import_options_);
    if (!report) {
      fail(point, "going on: " + report.error().to_string());
      return;
    }
    resumed_ += mark ? 1 : 0;
    if (report->resumed_at != mark.value_or(KvImportMark()))
      fail(point, "it went on elsewhere than behind the mark");
    if (report->entries != stream_.entries.size()) fail(point, "it did not come to the end");
    if (report->stored + report->kept != report->entries - report->resumed_at.entries)
      fail(point, "it stored other entries than those behind the mark");
    std::vector<std::string> complaints;
    if (!is_all(read_contents(store, complaints).at("into")))
      fail(point, "not all is there behind the second import");
    if (const auto left = import_mark_of(store, space); !left || *left) fail(point, "a mark is left");
  }

  [[nodiscard]] bool is_all(const std::map<std::string, Value>& found) const {
    return std::equal(found.begin(), found.end(), all_.begin(), all_.end(), [](const auto& a, const auto& b) {
      return a.first == b.first && *a.second == b.second;
    });
  }

  std::uint64_t fail(const CrashPoint& point, const std::string& what) {
    wrong_.push_back(point.to_string() + ": " + what);
    return 0;
  }

  MediumModel model_;
  KvImportOptions import_options_;
  Stream stream_;
  std::map<std::string, std::string> base_;
  std::map<std::string, std::string> all_;  // what is there in the end
  std::shared_ptr<CrashMedium> medium_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>>
      promised_;  // from that many events on, so many entries
  std::unordered_map<std::uint64_t, std::uint64_t> marks_of_images_;
  std::uint64_t images_ = 0;
  std::uint64_t resumed_ = 0;
  std::uint64_t cut_again_ = 0;
  std::vector<std::string> wrong_;
};

class ImportUnderCuts : public ::testing::TestWithParam<MediumModel> {};
INSTANTIATE_TEST_SUITE_P(, ImportUnderCuts, ::testing::Values(MediumModel::cache_lines, MediumModel::pages),
                         [](const auto& one) { return std::string(name(one.param)); });

TEST_P(ImportUnderCuts, GoesOnBehindItsMarkWhenEachBatchIsDurable) {
  ImportLab(GetParam(), {.durability = Durability::immediate, .batch_entries = 3, .mark_every_bytes = 2'000})
      .run();
}

TEST_P(ImportUnderCuts, GoesOnBehindItsMarkWhenOnlyMarksAre) {
  ImportLab(GetParam(), {.durability = Durability::buffered, .batch_entries = 3, .mark_every_bytes = 2'000})
      .run();
}

TEST_P(ImportUnderCuts, GoesOnBehindItsMarkWhereWhatWasThereIsKept) {
  ImportLab(GetParam(), {.conflict = KvConflict::keep_existing,
                         .durability = Durability::immediate,
                         .batch_entries = 3,
                         .mark_every_bytes = 2'000})
      .run();
}

}  // namespace
}  // namespace holdfast::lab
