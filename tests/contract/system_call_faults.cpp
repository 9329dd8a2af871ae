#include "contract/system_call_faults.hpp"

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <mutex>

namespace holdfast {

struct SystemCallFaults::Log {
  explicit Log(Rule its_rule) : rule(std::move(its_rule)) {}

  /// Notes the call, and sets errno if it is to fail.
  std::optional<int> fault(const char* name) {
    int number = 0;
    {
      const std::lock_guard lock(mutex);
      if (is_over) return std::nullopt;
      ++asking;
      calls.emplace_back(name);
      number = static_cast<int>(std::count(calls.begin(), calls.end(), name));
    }
    const auto error = rule(name, number);  // without the lock: it may wait for another call
    {
      const std::lock_guard lock(mutex);
      --asking;
    }
    answered.notify_all();
    if (error) errno = *error;
    return error;
  }

  bool fails(const char* name) { return fault(name).has_value(); }

  void end() {
    std::unique_lock lock(mutex);
    is_over = true;
    answered.wait(lock, [this] { return asking == 0; });
  }

  const Rule rule;
  mutable std::mutex mutex;  // guards what follows
  std::condition_variable answered;
  int asking = 0;  // calls that the rule has not answered yet
  bool is_over = false;
  std::vector<std::string> calls;
};

namespace {

template <class R, class... Arguments, class Fails>
std::function<R(Arguments...)> between(std::function<R(Arguments...)> real, Fails fails) {
  return [real = std::move(real), fails](Arguments... arguments) -> R {
    if (!fails()) return real(arguments...);
    if constexpr (std::is_pointer_v<R>) {
      return reinterpret_cast<R>(-1);  // MAP_FAILED
    } else {
      return -1;
    }
  };
}

}  // namespace

SystemCallFaults::SystemCallFaults(Rule rule)
    : log_(std::make_shared<Log>(std::move(rule))), scope_(guarded(log_)) {}

SystemCallFaults::~SystemCallFaults() { log_->end(); }

file::SystemCalls SystemCallFaults::guarded(const std::shared_ptr<Log>& log) {
  file::SystemCalls calls = file::system_calls();
  calls.for_each([&](const char* name, auto& function) {
    function = between(std::move(function), [log, name] { return log->fails(name); });
  });
  // No error: half of what was to be written is, as where a medium becomes full or a signal comes.
  calls.pwrite = [log, real = file::system_calls().pwrite](int fd, const void* bytes, size_t size,
                                                           off_t offset) {
    const auto fault = log->fault("pwrite");
    if (!fault) return real(fd, bytes, size, offset);
    return *fault == 0 ? real(fd, bytes, (size + 1) / 2, offset) : ssize_t{-1};
  };
  calls.pwritev2 = [log, real = file::system_calls().pwritev2](int fd, const iovec* parts, int count,
                                                               off_t offset, int flags) {
    const auto fault = log->fault("pwritev2");
    if (!fault) return real(fd, parts, count, offset, flags);
    const iovec half{parts->iov_base, (parts->iov_len + 1) / 2};
    return *fault == 0 ? real(fd, &half, 1, offset, flags) : ssize_t{-1};
  };
  // A close that reports an error has closed all the same.
  calls.close = [log](int fd) { return log->fails("close") ? (::close(fd), -1) : ::close(fd); };
  return calls;
}

SystemCallFaults::Rule SystemCallFaults::fail(std::string name, int error, int number) {
  return [=](std::string_view called, int its_number) -> std::optional<int> {
    if (called == name && (number == 0 || number == its_number)) return error;
    return std::nullopt;
  };
}

int SystemCallFaults::count(std::string_view name) const {
  const std::lock_guard lock(log_->mutex);
  return static_cast<int>(std::count(log_->calls.begin(), log_->calls.end(), name));
}

std::vector<std::string> SystemCallFaults::sequence() const {
  const std::lock_guard lock(log_->mutex);
  return log_->calls;
}

}  // namespace holdfast
