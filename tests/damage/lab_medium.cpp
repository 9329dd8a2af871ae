#include "medium.hpp"

namespace holdfast::damage {
namespace {

constexpr std::uint64_t kSizeBytes = std::uint64_t{256} << 10;

class LabMedium final : public Medium {
 public:
  explicit LabMedium(testing::MediumModel model)
      : options_{.model = model, .size_bytes = kSizeBytes, .max_size_bytes = 2 * kSizeBytes, .keeps_log = false},
        medium_(testing::CrashMedium::create(options_)) {}

  void hold(const Image& image) override {
    medium_ = testing::CrashMedium::from_image(testing::image_of(image), options_);
  }

  [[nodiscard]] Image bytes() const override { return {medium_->live().begin(), medium_->live().end()}; }

  [[nodiscard]] Result<Store> open(OpenMode mode) override {
    auto storage = medium_->open();
    if (!storage) return Unexpected(storage.error());
    return Store::open(std::move(*storage), store_options(mode));
  }

  [[nodiscard]] Span store() const override { return {0, medium_->live().size()}; }

 private:
  const testing::CrashOptions options_;
  std::shared_ptr<testing::CrashMedium> medium_;
};

}  // namespace

std::unique_ptr<Medium> lab_medium(testing::MediumModel model) { return std::make_unique<LabMedium>(model); }

Options store_options(OpenMode mode) {
  return {.mode = mode, .segment_size_bytes = kSegmentBytes, .recovery_threads = 1};
}

}  // namespace holdfast::damage
