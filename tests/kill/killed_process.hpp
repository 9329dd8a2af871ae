#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>

#include <holdfast/options.hpp>

#include "acknowledgements.hpp"

namespace holdfast::kill {

/// Where and how a store is written.
struct Target {
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

/// Starts a writer, lets each of its threads acknowledge at least one operation, then waits until
/// `more` operations in all are acknowledged or `wait_us` have passed, and kills it with SIGKILL.
/// Returns an empty text, or why the writer ended by itself.
[[nodiscard]] std::string write_and_kill(const Target& target, const SharedPage& page, std::uint64_t more,
                                         std::uint64_t wait_us);

}  // namespace holdfast::kill
