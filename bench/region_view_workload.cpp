#include <memory>

#include <fmt/format.h>

#include "region_workload.hpp"
#include "workloads.hpp"

namespace holdfast::bench {
namespace {

/// Views of a whole large region, which is one extent. What they alternate with are views of one block.
class RegionViews final : public RegionWorkload {
 public:
  using RegionWorkload::RegionWorkload;

 protected:
  std::uint64_t blocks() const override { return config_.area_size_bytes / config_.value_size_bytes; }

  Result<void> make(const std::filesystem::path& path) override {
    if (auto made = RegionWorkload::make(path); !made) return made;
    const auto info = region_->info();
    if (!info) return Unexpected(info.error());
    if (info->extent_count != 1)
      return wrong(fmt::format("the region is {} extents instead of one", info->extent_count));
    const auto whole = region_->view(0, config_.area_size_bytes);
    if (!whole) return Unexpected(whole.error());
    start_ = whole->spans().front().data();
    return {};
  }

  Result<std::unique_ptr<RawLimit>> make_raw(const std::filesystem::path&) override {
    return std::make_unique<ViewsOfBlocks>(*this);
  }

  Result<void> run_lane(Lane& lane) override {
    for (std::size_t i = 0; i < lane.ids.size(); ++i) {
      if (auto done = view(lane, 0, config_.area_size_bytes); !done) return done;
    }
    return {};
  }

  /// No byte moves.
  std::uint64_t op_size_bytes() const override { return 0; }

  Result<void> check() override {
    if (auto done = check_size(); !done) return done;
    const auto whole = region_->view(0, config_.area_size_bytes);
    if (!whole) return Unexpected(whole.error());
    const auto bytes = whole->spans().front();
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    for (std::uint64_t id = 0; id < blocks(); ++id) {
      if (text.substr(id * config_.value_size_bytes, config_.value_size_bytes) != values_.of(id, 0))
        return wrong(fmt::format("block {} does not show in the view", id));
    }
    return whole->ok() ? Result<void>{} : wrong("the view met a page that could not be read");
  }

 private:
  class ViewsOfBlocks final : public RawLimit {
   public:
    explicit ViewsOfBlocks(RegionViews& workload) noexcept : workload_(workload) {}

    Result<void> run(Lane& lane) override {
      const std::uint64_t size_bytes = workload_.config_.value_size_bytes;
      for (const std::uint64_t id : lane.ids) {
        const std::uint64_t offset = id % workload_.blocks() * size_bytes;
        if (auto done = workload_.view(lane, offset, size_bytes); !done) return done;
      }
      return {};
    }

    bool durable() const noexcept override { return false; }
    bool works_on_store() const noexcept override { return true; }
    std::string_view route() const noexcept override { return "the same of --value-size bytes"; }

   private:
    RegionViews& workload_;
  };

  /// Opens a view and looks where it lies, not at its bytes: a cache miss would cost as much as the view
  /// does.
  Result<void> view(Lane& lane, std::uint64_t offset, std::uint64_t size_bytes) {
    const auto found = lane.time([&] { return region_->view(offset, size_bytes); });
    if (!found) return Unexpected(found.error());
    const auto spans = found->spans();
    const bool right =
        spans.size() == 1 && spans[0].data() == start_ + offset && spans[0].size() == size_bytes;
    return right ? Result<void>{} : wrong(fmt::format("the view of {} bytes at {}", size_bytes, offset));
  }

  const std::byte* start_ = nullptr;
};

}  // namespace

Result<Row> run_region_view(const Config& config) { return RegionViews(config).run(); }

}  // namespace holdfast::bench
