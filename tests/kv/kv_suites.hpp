#pragma once

#include "kv_fixture.hpp"

namespace holdfast::kv_suites {

/// What a key-value space does on every medium.
class Kv : public KvTest {};

/// What it does when its store is opened again; for media that are still there.
class KvReopen : public KvTest {
 protected:
  void reopen_after_close() {
    close();
    open();
  }
  void reopen_after_kill() {
    kill();
    open();
  }
};

}  // namespace holdfast::kv_suites
