#include "forged_medium.hpp"

#include <unistd.h>

#include <filesystem>
#include <string>
#include <utility>

#include "common/base/check.hpp"

namespace holdfast::fuzz {
namespace {

class LabMedium final : public ForgedMedium {
 public:
  explicit LabMedium(const Forgery& forgery)
      : base_(base_store(forgery.base)),
        medium_(testing::CrashMedium::from_image(testing::image_of(forgery.image), base_.medium_options())) {}

  Result<Store> open(OpenMode mode) override {
    auto storage = medium_->open();
    if (!storage) return Unexpected(storage.error());
    return Store::open(std::move(*storage), base_.options(mode));
  }

 private:
  const BaseStore& base_;
  std::shared_ptr<testing::CrashMedium> medium_;
};

/// In /dev/shm where there is one; gone with the medium.
class FileMedium final : public ForgedMedium {
 public:
  explicit FileMedium(const Forgery& forgery) : base_(base_store(forgery.base)) {
    const std::filesystem::path memory = "/dev/shm";
    const auto directory = ::access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path();
    path_ = directory / "holdfast-fuzz-XXXXXX";
    std::string name = path_.string();
    const int file = ::mkstemp(name.data());
    HOLDFAST_CHECK(file >= 0);
    path_ = name;
    const auto size = static_cast<ssize_t>(forgery.image.size());
    HOLDFAST_CHECK(::write(file, forgery.image.data(), forgery.image.size()) == size);
    HOLDFAST_CHECK(::close(file) == 0);
  }

  ~FileMedium() override { ::unlink(path_.c_str()); }

  Result<Store> open(OpenMode mode) override {
    Options options = base_.options(mode);
    options.backend = Backend::file;
    return Store::open(path_, options);
  }

 private:
  const BaseStore& base_;
  std::filesystem::path path_;
};

}  // namespace

std::unique_ptr<ForgedMedium> medium_of(const Forgery& forgery) {
  if (forgery.on_file) return std::make_unique<FileMedium>(forgery);
  return std::make_unique<LabMedium>(forgery);
}

}  // namespace holdfast::fuzz
