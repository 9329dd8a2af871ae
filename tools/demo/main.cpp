// Real data through a SIGKILL: the package index that every Debian machine has goes into a key-value space
// and into a log, the C++ compiler's binary into a region, all at once; midway the loading process is killed;
// nothing it was acknowledged for may be missing.

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <CLI/Validators.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <holdfast/holdfast.hpp>
#include <vector>

#include "demo/binary.hpp"
#include "demo/load.hpp"
#include "demo/package_index.hpp"
#include "demo/scenario.hpp"
#include "demo/table.hpp"
#include "demo/workspace.hpp"

namespace holdfast::demo {
namespace {

namespace fs = std::filesystem;

struct DemoArguments {
  std::string keep;
  std::string index;
  std::string binary;
  std::string only;
};

Result<Workspace> workspace(const DemoArguments& arguments, const fs::path& parent) {
  return arguments.keep.empty() ? Workspace::temporary(parent) : Workspace::kept(arguments.keep);
}

/// Memory where the machine has enough of it for the pool, else the disk: emulation runs on both.
fs::path parent_of_pool(std::uint64_t size_bytes, const fs::path& disk) {
  const fs::path memory = "/dev/shm";
  std::error_code error;
  const fs::space_info room = fs::space(memory, error);
  return !error && room.available > 4 * size_bytes + (std::uint64_t{256} << 20) ? memory : disk;
}

/// Reads what the user names, or what every machine has; files of ours go into `scratch`.
Result<Source> read_source(const DemoArguments& arguments, const fs::path& scratch) {
  fs::path index_file = arguments.index;
  if (index_file.empty()) {
    index_file = scratch / "package-index";
    if (const auto saved = save_package_index(index_file); !saved) return Unexpected(saved.error());
  }
  auto index = PackageIndex::read(index_file);
  if (!index) return Unexpected(index.error());
  const auto binary_file =
      arguments.binary.empty() ? find_compiler_binary(scratch) : Result<fs::path>(arguments.binary);
  if (!binary_file) return Unexpected(binary_file.error());
  auto binary = read_binary(*binary_file);
  if (!binary) return Unexpected(binary.error());
  return Source{index_file, std::move(*index), *binary_file, std::move(*binary)};
}

Result<bool> run_demo(const DemoArguments& arguments) {
  const char* const temporary = std::getenv("TMPDIR");
  const fs::path disk = temporary != nullptr ? temporary : "/var/tmp";
  const auto file_space = workspace(arguments, disk);
  if (!file_space) return Unexpected(file_space.error());
  const auto source = read_source(arguments, file_space->path());
  if (!source) return Unexpected(source.error());
  const std::uint64_t stanzas_bytes = source->index.stanza_size_bytes();
  fmt::print("package index: {} records, {:.1f} MB; {}: {:.1f} MB\n", source->index.records().size(),
             static_cast<double>(stanzas_bytes) / 1e6, source->binary_file.string(),
             static_cast<double>(source->binary.size()) / 1e6);
  const auto pool_space =
      workspace(arguments, parent_of_pool(2 * stanzas_bytes + source->binary.size(), disk));
  if (!pool_space) return Unexpected(pool_space.error());

  const fs::path programs = fs::read_symlink("/proc/self/exe").parent_path();
  std::vector<Outcome> outcomes;
  for (const Scenario& scenario : {Scenario{"file", false, file_space->path(), programs},
                                   Scenario{"pmem", true, pool_space->path(), programs}}) {
    if (!arguments.only.empty() && arguments.only != scenario.name) continue;
    const auto outcome = run(scenario, *source);
    if (!outcome) return Unexpected(outcome.error());
    outcomes.push_back(*outcome);
  }
  fmt::print("\n{}", table(outcomes));
  return std::all_of(outcomes.begin(), outcomes.end(), [](const Outcome& one) { return one.passed(); });
}

void add_load(CLI::App& app, LoadArguments& arguments) {
  auto& command = *app.add_subcommand("load")->group("");  // for the demo itself
  command.add_option("--store", arguments.store)->required();
  command.add_option("--index", arguments.index)->required();
  command.add_option("--binary", arguments.binary)->required();
  command.add_option("--acknowledged", arguments.acknowledged)->required();
  command.add_option("--pipe", arguments.acknowledgement_fd)->required();
  command.add_flag("--pmem", arguments.pmem);
}

int fail(const Error& error) {
  fmt::print(stderr, "holdfast-demo: {}\n", error.to_string());
  return 1;
}

int main_with(int argc, char** argv) {
  CLI::App app(
      "Puts the package index and the C++ compiler through a SIGKILL, on a file and on an emulated pmem "
      "pool.",
      "holdfast-demo");
  DemoArguments demo;
  LoadArguments loading;
  app.add_option("--keep", demo.keep, "put both stores into this directory and leave them there")
      ->option_text("DIR");
  app.add_option("--index", demo.index, "control stanzas to load instead of `apt-cache dumpavail`")
      ->option_text("FILE");
  app.add_option("--binary", demo.binary, "a file to import instead of the C++ compiler's own binary")
      ->option_text("FILE");
  app.add_option("--only", demo.only, "one backend only")
      ->check(CLI::IsMember({"file", "pmem"}).description(""))
      ->option_text("file|pmem");
  add_load(app, loading);
  CLI11_PARSE(app, argc, argv);
  if (app.got_subcommand("load")) {
    const auto loaded = load(loading);
    return loaded ? 0 : fail(loaded.error());
  }
  const auto passed = run_demo(demo);
  if (!passed) return fail(passed.error());
  if (*passed) return 0;
  fmt::print(stderr, "holdfast-demo: something is missing or damaged, see the table\n");
  return 1;
}

}  // namespace
}  // namespace holdfast::demo

int main(int argc, char** argv) {
  try {
    return holdfast::demo::main_with(argc, argv);
  } catch (const std::exception& exception) {
    fmt::print(stderr, "holdfast-demo: {}\n", exception.what());
    return 1;
  }
}
