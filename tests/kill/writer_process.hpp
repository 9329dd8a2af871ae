#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <holdfast/holdfast.hpp>

#include "acknowledgements.hpp"
#include "kill_point.hpp"

namespace holdfast::kill {

/// What a writing process was told by its arguments:
///   PATH BACKEND SEGMENT_SIZE SIZE SEED DESCRIPTOR POINT
/// DESCRIPTOR is an inherited memfd that holds Acknowledgements; POINT is a KillPoint, or "none".
struct WriterArguments {
  std::string path;
  std::string backend;
  Options options{};
  std::uint64_t seed = 0;
  Acknowledgements* acknowledgements = nullptr;
  std::optional<KillPoint> point{};
};

/// Ends the process where they make no sense.
[[nodiscard]] WriterArguments writer_arguments(int argc, char** argv);

/// The store; over a storage that ends the process at the point, where there is one and the store exists.
/// Ends the process with an error's text.
[[nodiscard]] Store open_store(const WriterArguments& arguments);

[[noreturn]] void fail(const Error& error);

}  // namespace holdfast::kill
