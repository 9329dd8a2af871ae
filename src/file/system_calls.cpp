#include "file/system_calls.hpp"

#include <atomic>
#include <deque>
#include <utility>

namespace holdfast::file {
namespace {

std::atomic<const SystemCalls*>& active() {
  // Never destroyed: a storage may outlive the statics of this file.
  static std::atomic<const SystemCalls*> table{new SystemCalls};
  return table;
}

const SystemCalls* keep(SystemCalls table) {
  static std::deque<SystemCalls>& tables = *new std::deque<SystemCalls>;
  return &tables.emplace_back(std::move(table));
}

}  // namespace

const SystemCalls& system_calls() noexcept { return *active().load(std::memory_order_acquire); }

ScopedSystemCalls::ScopedSystemCalls(SystemCalls table)
    : previous_(active().exchange(keep(std::move(table)), std::memory_order_acq_rel)) {}

ScopedSystemCalls::~ScopedSystemCalls() { active().store(previous_, std::memory_order_release); }

}  // namespace holdfast::file
