#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "file/system_calls.hpp"

namespace holdfast {

/// Stands between the file backend and the kernel for its life: records which calls are made and
/// fails those that the test's rule names.
class SystemCallFaults {
 public:
  /// Asked before every call with its name and its number among the calls of that name (from 1); an
  /// errno makes the call fail with it instead of being made; 0 lets pwrite and pwritev2 write a part.
  using Rule = std::function<std::optional<int>(std::string_view name, int number)>;

  explicit SystemCallFaults(Rule rule);
  SystemCallFaults(const SystemCallFaults&) = delete;
  SystemCallFaults& operator=(const SystemCallFaults&) = delete;
  /// The rule, which may refer to what goes now, is asked no more, whoever still makes calls.
  ~SystemCallFaults();

  /// Fails the `number`-th call of `name`, or every one (number 0).
  [[nodiscard]] static Rule fail(std::string name, int error, int number = 0);

  /// Calls of `name` so far, failed ones included.
  [[nodiscard]] int count(std::string_view name) const;

  /// Names of all calls so far, in order.
  [[nodiscard]] std::vector<std::string> sequence() const;

 private:
  struct Log;

  [[nodiscard]] static file::SystemCalls guarded(const std::shared_ptr<Log>& log);

  std::shared_ptr<Log> log_;
  file::ScopedSystemCalls scope_;
};

}  // namespace holdfast
