#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

// The program as its tests run it.

namespace holdfast::bench {

struct Outcome {
  int exit_code = -1;
  std::string text;  ///< stdout and stderr
};

inline Outcome run_bench(const std::string& arguments) {
  const std::string command = std::string(HOLDFAST_BENCH_PROGRAM) + " " + arguments + " 2>&1";
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return {};
  Outcome outcome;
  char buffer[4096];
  while (const std::size_t size = std::fread(buffer, 1, sizeof buffer, pipe))
    outcome.text.append(buffer, size);
  const int status = ::pclose(pipe);
  if (WIFEXITED(status)) outcome.exit_code = WEXITSTATUS(status);
  return outcome;
}

/// A directory of the test's own; the program must leave it empty but for our JSON file.
class Scratch {
 public:
  Scratch() {
    std::string pattern = (std::filesystem::temp_directory_path() / "holdfast-bench-test-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::vector<nlohmann::json> rows_of(const std::filesystem::path& file) {
  std::vector<nlohmann::json> rows;
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) rows.push_back(nlohmann::json::parse(line));
  return rows;
}

inline const std::vector<std::string>& all_workloads() {
  static const std::vector<std::string> names{"kv-put",
                                              "kv-get",
                                              "kv-update",
                                              "kv-delete",
                                              "kv-batch",
                                              "kv-multiget",
                                              "kv-mixed",
                                              "kv-clean",
                                              "kv-cycle",
                                              "kv-scan",
                                              "kv-scan-snapshot",
                                              "kv-range",
                                              "log-append",
                                              "log-multi",
                                              "log-scan",
                                              "log-read",
                                              "log-read-cold",
                                              "log-follow",
                                              "log-wake",
                                              "log-compact",
                                              "sharded-append",
                                              "checkpoint",
                                              "checkpoint-load",
                                              "region-write",
                                              "region-read",
                                              "region-flush",
                                              "region-flush-beside",
                                              "region-append",
                                              "region-view",
                                              "commit",
                                              "reopen",
                                              "reopen-clean",
                                              "raw"};
  return names;
}

}  // namespace holdfast::bench
