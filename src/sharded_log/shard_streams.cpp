#include "sharded_log/shard_streams.hpp"

#include <string>

#include "common/base/success.hpp"
#include "store_core.hpp"

namespace holdfast::sharded_log {
namespace {

Unexpected taken_name(const std::string& name) {
  return Unexpected(
      Error{.code = ErrorCode::exists, .message = "a space has the name of a shard, '" + name + "'"});
}

}  // namespace

Result<void> ShardStreams::check_names_are_free() const {
  for (std::uint32_t index = 0; index < count; ++index) {
    const auto engine = store_of(index).gate->enter();
    if (!engine) return Unexpected(EngineGate::closed_error());
    const std::string name = shard_name(log_name, generation, index);
    if (engine->find_space(name) != nullptr) return taken_name(name);
  }
  return success();
}

Result<std::vector<Log>> ShardStreams::open(const LogOptions& options) const {
  std::vector<Log> streams;
  streams.reserve(count);
  for (std::uint32_t index = 0; index < count; ++index) {
    const auto core = store_of(index).core.lock();
    if (core == nullptr) return Unexpected(EngineGate::closed_error());
    auto stream = core->log(shard_name(log_name, generation, index), options);
    if (!stream) return Unexpected(stream.error());
    streams.push_back(log::handle_of(std::move(*stream), options));
  }
  return streams;
}

Result<void> ShardStreams::drop(std::size_t store, bool only_empty) const {
  const auto core = stores[store].core.lock();
  if (core == nullptr) return Unexpected(EngineGate::closed_error());
  for (auto index = static_cast<std::uint32_t>(store); index < count; index += static_cast<std::uint32_t>(stores.size())) {
    const std::string name = shard_name(log_name, generation, index);
    if (only_empty) {
      const auto stream = core->log(name, {.mode = OpenMode::existing});
      const auto next = stream ? (*stream)->next_id() : Result<LogId>(Unexpected(stream.error()));
      if (next && *next != 1) return taken_name(name);  // by somebody else: a shard would be empty
    }
    if (auto dropped = core->drop_log(name); !dropped && dropped.error().code != ErrorCode::not_found) return dropped;
  }
  return success();
}

}  // namespace holdfast::sharded_log
