#pragma once

namespace holdfast::cli {

/// How the process ends; scripts depend on the numbers.
enum class ExitCode : int {
  ok = 0,
  failed = 1,      ///< The operation failed, or what was asked for is not there.
  usage = 2,       ///< The command line makes no sense.
  corruption = 3,  ///< Bytes on the medium contradict their checksums.
};

}  // namespace holdfast::cli
