#include "pmem_fixture.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>

namespace holdfast::pmem {

PmemOptions small_store() {
  return PmemOptions{
      .size_bytes = 8 * kMiB, .max_size_bytes = 256 * kMiB, .read_only = false, .emulate = true};
}

PmemOptions read_only_store() {
  return PmemOptions{.size_bytes = 0, .max_size_bytes = 0, .read_only = true, .emulate = false};
}

Result<void> greet(Storage& storage) { return storage.write(0, as_bytes(kGreeting)); }

std::string text_at(const Storage& storage, std::uint64_t offset, std::size_t size_bytes) {
  return {reinterpret_cast<const char*>(storage.at(offset)), size_bytes};
}

std::span<const std::byte> as_bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

std::vector<std::byte> read_bytes(const std::filesystem::path& file, std::uint64_t offset,
                                  std::size_t size_bytes) {
  std::ifstream stream(file, std::ios::binary);
  stream.seekg(static_cast<std::streamoff>(offset));
  std::vector<std::byte> bytes(size_bytes);
  stream.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size_bytes));
  EXPECT_TRUE(stream.good()) << file;
  return bytes;
}

void write_bytes(const std::filesystem::path& file, std::uint64_t offset, std::span<const std::byte> bytes) {
  std::fstream stream(file, std::ios::binary | std::ios::in | std::ios::out);
  stream.seekp(static_cast<std::streamoff>(offset));
  stream.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  stream.flush();
  EXPECT_TRUE(stream.good()) << file;
}

void flip_byte(const std::filesystem::path& file, std::uint64_t offset) {
  std::vector<std::byte> byte = read_bytes(file, offset, 1);
  byte[0] ^= std::byte{1};
  write_bytes(file, offset, byte);
}

PmemTest::PmemTest() {
  const char* const chosen = std::getenv("TMPDIR");
  std::string name = std::string(chosen != nullptr ? chosen : "/dev/shm") + "/holdfast-pmem-XXXXXX";
  EXPECT_NE(::mkdtemp(name.data()), nullptr) << std::strerror(errno);
  directory_ = name;
  store_ = directory_ / "store.hf";
}

PmemTest::~PmemTest() { std::filesystem::remove_all(directory_); }

void PmemTest::create_store() {
  const auto created = create(store_, small_store(), greet);
  ASSERT_TRUE(created) << created.error().to_string();
}

void PmemTest::create_store_of_three_pools() {
  ASSERT_NO_FATAL_FAILURE(create_store());
  const auto storage = open_store();
  ASSERT_NE(storage, nullptr);
  for (const std::uint64_t size : {16 * kMiB, 24 * kMiB}) {
    const auto grown = storage->grow(size);
    ASSERT_TRUE(grown) << grown.error().to_string();
    ASSERT_EQ(storage->size_bytes(), size);
  }
  ASSERT_TRUE(storage->close());
}

std::unique_ptr<Storage> PmemTest::open_store(const PmemOptions& options) {
  auto storage = open(store_, options);
  if (!storage) {
    ADD_FAILURE() << storage.error().to_string();
    return nullptr;
  }
  return std::move(*storage);
}

Error PmemTest::open_error(const PmemOptions& options) {
  const auto storage = open(store_, options);
  if (!storage) return storage.error();
  ADD_FAILURE() << "the store opens";
  return {};
}

std::filesystem::path PmemTest::pool(std::uint32_t index) const {
  return index == 0 ? store_ : std::filesystem::path(store_.string() + "." + std::to_string(index));
}

std::vector<std::string> PmemTest::names() const {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory_))
    names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace holdfast::pmem
