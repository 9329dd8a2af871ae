#include "recovery.hpp"

#include <utility>

namespace holdfast::lab {
namespace {

Result<Store> open(testing::CrashMedium& medium, Options options, OpenMode mode) {
  auto storage = medium.open();
  if (!storage) return Unexpected(storage.error());
  options.mode = mode;
  return Store::open(std::move(*storage), options);
}

bool says_no_store(const Error& error) {
  return error.code == ErrorCode::not_found || error.code == ErrorCode::invalid_argument ||
         error.code == ErrorCode::corruption;
}

std::string refusal(std::string_view what, const Error& error) {
  return std::string(what) + " is refused: " + std::string(name(error.code)) + ": " + error.to_string();
}

}  // namespace

Recovered recover(const testing::CrashImage& image, testing::CrashOptions medium_options,
                  const Options& options, bool keeps_log) {
  Recovered recovered;
  medium_options.keeps_log = keeps_log;
  auto medium = testing::CrashMedium::from_image(image, medium_options);
  if (keeps_log) recovered.medium = medium;
  auto store = open(*medium, options, OpenMode::existing);
  if (!store && store.error().code == ErrorCode::not_found) {
    recovered.was_absent = true;
    store = open(*medium, options, OpenMode::open_or_create);
  }
  if (!store && says_no_store(store.error())) {
    recovered.was_absent = true;
    recovered.refused_as_no_store = refusal("open", store.error());
  } else if (!store)
    recovered.complaints.push_back(refusal("open", store.error()));
  else
    recovered.contents = read_contents(*store, recovered.complaints);
  return recovered;
}

Recovered open_read_only(const testing::CrashImage& image, testing::CrashOptions medium_options,
                         const Options& options) {
  Recovered recovered;
  auto medium = testing::CrashMedium::from_image(image, medium_options);
  if (auto store = open(*medium, options, OpenMode::read_only); store)
    recovered.contents = read_contents(*store, recovered.complaints);
  else if (store.error().code == ErrorCode::not_found)
    recovered.was_absent = true;
  else
    recovered.complaints.push_back(refusal("read-only open", store.error()));
  for (const testing::Event& event : medium->events())
    if (event.kind != testing::EventKind::killed)  // the storage was let go, which touches nothing
      recovered.complaints.push_back("a read-only open makes the event " + std::string(name(event.kind)));
  return recovered;
}

}  // namespace holdfast::lab
