// The guard's handler and the program's own: faults that are not the store's go where they went before.

#include <sys/mman.h>
#include <unistd.h>
#include <csignal>

#include <atomic>

#include "contract/forked_child.hpp"
#include "faults/facades.hpp"

namespace holdfast {
namespace {

std::atomic<int> own_calls{0};
struct sigaction below_own {};

/// A program's own way to live with a missing page.
void own_handler(int, siginfo_t* info, void*) {
  ++own_calls;
  const auto page = reinterpret_cast<std::uintptr_t>(info->si_addr) / 4'096 * 4'096;
  ::mmap(reinterpret_cast<void*>(page), 4'096, PROT_READ, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/// One that asks whoever was there before it.
void polite_handler(int signal, siginfo_t* info, void* context) {
  ++own_calls;
  below_own.sa_sigaction(signal, info, context);
}

struct sigaction action_of(void (*handler)(int, siginfo_t*, void*)) {
  struct sigaction action {};
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO;
  return action;
}

bool is_installed(void (*handler)(int, siginfo_t*, void*)) {
  struct sigaction present {};
  ::sigaction(SIGBUS, nullptr, &present);
  return (present.sa_flags & SA_SIGINFO) != 0 && present.sa_sigaction == handler;
}

class SigbusChain : public ::testing::Test {
 protected:
  SigbusChain() {
    options_.backend = Backend::file;
    options_.size_bytes = kMiB;
    options_.segment_size_bytes = 64 << 10;
    options_.recovery_threads = 1;
    options_.sigbus_guard = true;
    own_calls = 0;
    ::sigaction(SIGBUS, nullptr, &before_);
  }
  ~SigbusChain() override { ::sigaction(SIGBUS, &before_, nullptr); }

  [[nodiscard]] Store open() const {
    auto store = Store::open(directory_.store(), options_);
    if (!store) throw std::runtime_error(store.error().to_string());  // ends the test
    return std::move(*store);
  }

  /// Touches a page of the program's own that is not there.
  static void touch_missing_page() {
    const int fd = ::memfd_create("cut", MFD_CLOEXEC);
    ASSERT_EQ(::ftruncate(fd, 4'096), 0);
    void* const page = ::mmap(nullptr, 4'096, PROT_READ, MAP_SHARED, fd, 0);
    ASSERT_NE(page, MAP_FAILED);
    ASSERT_EQ(::ftruncate(fd, 0), 0);
    EXPECT_EQ(*static_cast<const volatile char*>(page), 0);
    ::munmap(page, 4'096);
    ::close(fd);
  }

  /// Lets the store meet a page that is missing.
  void expect_guarded(Store& store) const {
    Kv keys = store.kv("keys").value();
    ASSERT_TRUE(ok(keys.put("key", "value")));
    std::filesystem::resize_file(directory_.store(), 4'096);
    EXPECT_TRUE(fails_with(ErrorCode::io, keys.get("key")));
  }

  const TestDirectory directory_{"/var/tmp"};
  Options options_;
  struct sigaction before_ {};
};

TEST_F(SigbusChain, AFaultElsewhereGoesToTheProgramsHandler) {
  const struct sigaction own = action_of(own_handler);
  ::sigaction(SIGBUS, &own, nullptr);
  Store store = open();
  EXPECT_FALSE(is_installed(own_handler));
  touch_missing_page();
  EXPECT_EQ(own_calls, 1);
  expect_guarded(store);
  EXPECT_EQ(own_calls, 1);
}

TEST_F(SigbusChain, TheProgramsHandlerIsBackWhenTheLastStoreIsClosed) {
  const struct sigaction own = action_of(own_handler);
  ::sigaction(SIGBUS, &own, nullptr);
  for (int round = 0; round < 3; ++round) {
    Store store = open();
    EXPECT_FALSE(is_installed(own_handler));
    {
      options_.backend = Backend::memory;  // nobody guards what nobody can cut
      const Store other = open();
      options_.backend = Backend::file;
    }
    EXPECT_FALSE(is_installed(own_handler));
    ASSERT_TRUE(ok(store.close()));
    EXPECT_TRUE(is_installed(own_handler));
  }
}

TEST_F(SigbusChain, AHandlerPutOnTopStaysAndMayAskOurs) {
  Store store = open();
  const struct sigaction polite = action_of(polite_handler);
  ::sigaction(SIGBUS, &polite, &below_own);
  ASSERT_TRUE(ok(store.close()));
  EXPECT_TRUE(is_installed(polite_handler));
  Store again = open();  // ours is below the other one: it must not ask itself
  EXPECT_TRUE(is_installed(polite_handler));
  expect_guarded(again);
  EXPECT_GE(own_calls, 1);
  EXPECT_FALSE(again.close().has_value());
  EXPECT_TRUE(is_installed(polite_handler));
}

TEST_F(SigbusChain, WithoutAHandlerAFaultElsewhereEndsTheProcess) {
  EXPECT_EQ(in_forked_child([&] {
              ::signal(SIGBUS, SIG_DFL);
              const Store store = open();
              touch_missing_page();
              return 0;
            }),
            -1);
}

TEST_F(SigbusChain, ASignalThatIsSentEndsTheProcessOrIsIgnoredAsBefore) {
  EXPECT_EQ(in_forked_child([&] {
              ::signal(SIGBUS, SIG_DFL);
              const Store store = open();
              ::raise(SIGBUS);
              return 0;
            }),
            -1);
  EXPECT_EQ(in_forked_child([&] {
              ::signal(SIGBUS, SIG_IGN);
              const Store store = open();
              ::raise(SIGBUS);
              return 7;
            }),
            7);
}

}  // namespace
}  // namespace holdfast
