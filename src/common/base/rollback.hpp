#pragma once

#include <utility>

namespace holdfast {

/// Calls `undo` at the end of its scope, whichever way that is left, unless keep() was called.
template <class Undo>
class Rollback {
 public:
  explicit Rollback(Undo undo) : undo_(std::move(undo)) {}
  Rollback(const Rollback&) = delete;
  Rollback& operator=(const Rollback&) = delete;
  ~Rollback() {
    if (!kept_) undo_();
  }
  void keep() noexcept { kept_ = true; }

 private:
  Undo undo_;
  bool kept_ = false;
};

}  // namespace holdfast
