#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "kv_workload.hpp"
#include "workloads.hpp"

namespace holdfast::bench {
namespace {

/// Several keys in one call, beside the same keys one by one.
class KvMultiGet final : public KvWorkload {
 public:
  using KvWorkload::KvWorkload;

 protected:
  Result<std::unique_ptr<RawLimit>> make_raw(const std::filesystem::path&) override {
    return std::make_unique<SingleGets>(*this);
  }

  Result<void> run_lane(Lane& lane) override {
    std::vector<std::string> keys(config_.batch, new_key());
    std::vector<std::string_view> views(keys.begin(), keys.end());
    for (std::size_t first = 0; first < lane.ids.size(); first += config_.batch) {
      const std::size_t count = std::min<std::size_t>(config_.batch, lane.ids.size() - first);
      for (std::size_t i = 0; i < count; ++i) make_key(lane.ids[first + i], keys[i]);
      const auto values = lane.time([&] { return space_->multi_get(std::span(views).first(count)); });
      if (!values) return Unexpected(values.error());
      for (std::size_t i = 0; i < count; ++i)
        if (auto right = compare(lane.ids[first + i], (*values)[i]); !right) return right;
    }
    return {};
  }

  Result<void> check() override { return check_size(config_.keys); }

 private:
  class SingleGets final : public RawLimit {
   public:
    explicit SingleGets(KvMultiGet& workload) noexcept : workload_(workload) {}

    Result<void> run(Lane& lane) override {
      for (const std::uint64_t id : lane.ids) {
        make_key(id, lane.key);
        const auto value = lane.time([&] { return workload_.space_->get(lane.key); });
        if (!value) return Unexpected(value.error());
        if (auto right = workload_.compare(id, *value); !right) return right;
      }
      return {};
    }

    bool durable() const noexcept override { return false; }
    bool works_on_store() const noexcept override { return true; }
    std::string_view route() const noexcept override { return "the same keys, a get each"; }

   private:
    KvMultiGet& workload_;
  };

  Result<void> compare(std::uint64_t id, const std::optional<std::string>& value) const {
    if (value && *value == values_.of(id, 0)) return {};
    return wrong(fmt::format("key {} {}", id, value ? "has another value" : "is missing"));
  }
};

}  // namespace

Result<Row> run_kv_multiget(const Config& config) { return KvMultiGet(config).run(); }

}  // namespace holdfast::bench
