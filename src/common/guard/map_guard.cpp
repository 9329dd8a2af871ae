#include "common/guard/map_guard.hpp"

#include "common/guard/sigbus_handler.hpp"

namespace holdfast {

Result<MapGuard> MapGuard::over(std::span<const std::byte> range, std::shared_ptr<MapFault> fault) {
  const auto begin = reinterpret_cast<std::uintptr_t>(range.data());
  const auto known = SigbusHandler::add(begin, begin + range.size(), *fault);
  if (!known) return Unexpected(known.error());
  return MapGuard(*known, std::move(fault));
}

MapGuard::~MapGuard() {
  if (range_ != nullptr) SigbusHandler::remove(*range_);
}

}  // namespace holdfast
