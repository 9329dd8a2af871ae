#include <holdfast/region.hpp>

#include "region/view_pin.hpp"

namespace holdfast {

RegionView::RegionView(std::vector<std::span<const std::byte>> spans, std::unique_ptr<region::ViewPin> pin) noexcept
    : spans_(std::move(spans)), pin_(std::move(pin)) {
  for (const auto& span : spans_) size_bytes_ += span.size();
}

bool RegionView::ok() const noexcept { return pin_ == nullptr || !pin_->is_faulted(); }

RegionView::RegionView(RegionView&&) noexcept = default;
RegionView& RegionView::operator=(RegionView&&) noexcept = default;
RegionView::~RegionView() = default;

}  // namespace holdfast
