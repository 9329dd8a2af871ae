#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include <holdfast/options.hpp>

#include "acknowledgements.hpp"
#include "kill_point.hpp"

namespace holdfast::kill {

/// Where and how a store is written.
struct Target {
  const char* writer = nullptr;  ///< The program that writes.
  std::uint32_t threads = 0;     ///< That acknowledge in it.
  std::filesystem::path path;
  Options options{};
  std::uint64_t seed = 0;
};

/// A memfd with Acknowledgements, mapped here and inherited by the writers.
class SharedPage {
 public:
  SharedPage();
  SharedPage(const SharedPage&) = delete;
  SharedPage& operator=(const SharedPage&) = delete;
  ~SharedPage();

  [[nodiscard]] Acknowledgements& operator*() const noexcept { return *page_; }
  [[nodiscard]] Acknowledgements* operator->() const noexcept { return page_; }
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
  [[nodiscard]] std::uint64_t acknowledged() const noexcept;  ///< By all threads.

 private:
  int descriptor_;
  Acknowledgements* page_;
};

/// When a writer is killed: at its point, if it comes there; else when `more` operations in all are acknowledged or
/// `wait_us` have passed.
struct Kill {
  std::uint64_t more = 0;
  std::uint64_t wait_us = 0;
  bool is_early = false;  ///< The time runs from the start, so that recovery is killed; else from each thread's first.
  std::optional<KillPoint> point{};
};

/// Starts a writer and kills it with SIGKILL. Returns an empty text, or why the writer ended otherwise.
[[nodiscard]] std::string write_and_kill(const Target& target, const SharedPage& page, const Kill& kill);

}  // namespace holdfast::kill
