// A whole life of a store on a file, with the n-th system call of each kind failing, in every way that suits
// it, once and from then on. Whatever fails: a typed error, what was acknowledged stays, and the store opens
// afterwards.

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <iostream>
#include <limits>

#include "contract/system_call_faults.hpp"
#include "faults/facades.hpp"
#include "faults/store_life.hpp"

namespace holdfast {
namespace {

/// What a call may answer, besides what it should.
struct Fault {
  std::string_view call;
  int error;                     ///< 0: the call does only a part, and says so.
  std::string_view behind = {};  ///< Made only where this other call has failed, which does too.
};

constexpr int kShort = 0;

const std::vector<Fault>& faults() {
  static const std::vector<Fault> all = {
      {"open", EIO},
      {"open", ENOSPC},
      {"open", ENOMEM},
      {"open", EINTR},
      {"close", EIO},
      {"close", EINTR},
      {"lstat", EIO},
      {"lstat", ENOMEM},
      {"fstat", EIO},
      {"fstat", ENOMEM},
      {"fstatfs", EIO},
      {"fstatfs", EINTR},
      {"lock", EAGAIN},
      {"lock", ENOMEM},
      {"lock", EINTR},
      {"fallocate", ENOSPC},
      {"fallocate", EIO},
      {"fallocate", EINTR},
      {"fallocate", EOPNOTSUPP},
      {"ftruncate", EIO, "fallocate"},
      {"ftruncate", EINTR, "fallocate"},
      {"pwrite", EIO},
      {"pwrite", ENOSPC},
      {"pwrite", EINTR},
      {"pwrite", kShort},
      {"pwritev2", EIO},
      {"pwritev2", ENOSPC},
      {"pwritev2", EINTR},
      {"pwritev2", EAGAIN},
      {"pwritev2", EOPNOTSUPP},
      {"pwritev2", kShort},
      {"fsync", EIO},
      {"fsync", ENOSPC},
      {"fsync", EINTR},
      {"fdatasync", EIO},
      {"fdatasync", ENOSPC},
      {"fdatasync", EINTR},
      {"msync", EIO},
      {"msync", ENOMEM},
      {"sync_file_range", EIO},
      {"sync_file_range", ENOMEM},
      {"mmap", ENOMEM},
      {"mmap", EAGAIN},
      {"munmap", ENOMEM},
      {"renameat2", EIO},
      {"renameat2", ENOSPC},
      {"renameat2", EINVAL},
      {"unlink", EIO, "renameat2"},
  };
  return all;
}

std::string name_of(const Fault& fault) {
  return std::string(fault.call) +
         (fault.error == kShort ? " short" : std::string(" ") + ::strerrorname_np(fault.error));
}

/// How many of the calls of one kind are tried: all, or by HOLDFAST_FAULT_POINTS_MAX so many, spread evenly.
int points_max() {
  const char* const text = std::getenv("HOLDFAST_FAULT_POINTS_MAX");
  return text == nullptr ? 10 : std::atoi(text);
}

/// The numbers of the calls that fail: all of `count`, or a sample of them with the first and the last.
std::vector<int> points(int count, int wanted_max) {
  const int wanted = wanted_max == 0 ? count : std::min(count, wanted_max);
  std::vector<int> numbers;
  for (int i = 0; i < wanted; ++i) numbers.push_back(wanted == 1 ? 1 : 1 + (count - 1) * i / (wanted - 1));
  return numbers;
}

class StoreFaultSweep : public ::testing::TestWithParam<bool> {
 protected:
  StoreFaultSweep() : path_(directory_.store()) {}

  [[nodiscard]] SystemCallFaults::Rule rule(const Fault& fault, int number) const {
    return [fault, number, sticky = GetParam()](std::string_view call, int its_number) -> std::optional<int> {
      // No kernel interrupts a call for ever, and a call that was interrupted is made again.
      const int last = !sticky                ? number
                       : fault.error == EINTR ? number + 50
                                              : std::numeric_limits<int>::max();
      if (call == fault.behind && its_number == number) return EIO;
      if (!fault.behind.empty()) return call == fault.call ? std::optional(fault.error) : std::nullopt;
      const bool is_due = call == fault.call && its_number >= number && its_number <= last;
      return is_due ? std::optional(fault.error) : std::nullopt;
    };
  }

  /// One life with that fault; what must hold afterwards, with the faults gone.
  void run(const Fault& fault, int number) {
    std::filesystem::remove(path_);
    StoreLife life(path_, Backend::file);
    {
      const SystemCallFaults active(rule(fault, number));
      life.live();
      happened_ = active.count(fault.call) >= (fault.behind.empty() ? number : 1);
    }
    for (const Error& error : life.errors()) {
      ASSERT_TRUE(error.code == ErrorCode::io || error.code == ErrorCode::no_space ||
                  error.code == ErrorCode::locked || error.code == ErrorCode::closed ||
                  error.code == ErrorCode::not_found)
          << name(error.code) << ": " << error.to_string();
      ASSERT_FALSE(error.message.empty());
      ASSERT_TRUE(error.path.starts_with(directory_.path().native())) << error.to_string();
    }
    for (const Error& error : life.read_errors()) ADD_FAILURE() << "reading failed: " << error.to_string();
    ASSERT_NO_FATAL_FAILURE(life.check_after());
  }

  const TestDirectory directory_{"/dev/shm"};  // no call is real enough there to be slow
  const std::filesystem::path path_;
  bool happened_ = false;
};
INSTANTIATE_TEST_SUITE_P(, StoreFaultSweep, ::testing::Bool(),
                         [](const auto& row) { return row.param ? "FromThenOn" : "Once"; });

TEST_P(StoreFaultSweep, EveryCallMayFail) {
  std::map<std::string, int> made;  // by a life without faults
  {
    const SystemCallFaults none([](std::string_view, int) { return std::nullopt; });
    StoreLife life(path_, Backend::file);
    life.live();
    ASSERT_TRUE(life.errors().empty()) << life.errors().front().to_string();
    for (const std::string& call : none.sequence()) ++made[call];
  }
  std::map<std::string, int> injected;
  for (const Fault& fault : faults()) {
    const std::string counted(fault.behind.empty() ? fault.call : fault.behind);
    // Only some of the calls before lead to one that is made behind a failure: there all are tried.
    for (const int number : points(made[counted], fault.behind.empty() ? points_max() : 0)) {
      SCOPED_TRACE(name_of(fault) + ", call " + std::to_string(number));
      ASSERT_NO_FATAL_FAILURE(run(fault, number));
      injected[std::string(fault.call)] += happened_ ? 1 : 0;
    }
  }
  for (const auto& [call, count] : made)
    std::cout << "faults: call=" << call << ", made=" << count << ", failed=" << injected[call] << '\n';
  for (const Fault& fault : faults()) EXPECT_GT(injected[std::string(fault.call)], 0) << fault.call;
}

}  // namespace
}  // namespace holdfast
