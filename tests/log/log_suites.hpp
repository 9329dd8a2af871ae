#pragma once

#include "log_fixture.hpp"

namespace holdfast::log_suites {

/// What a stream does on every medium.
class Log : public LogTest {};

/// What it does when its store is opened again; for media that are still there.
class LogReopen : public LogTest {
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

}  // namespace holdfast::log_suites
