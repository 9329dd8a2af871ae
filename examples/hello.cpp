#include <holdfast/holdfast.hpp>
#include <array>
#include <iostream>

holdfast::Result<void> run() {
  auto store = holdfast::Store::open("hello.hf");  // created if nothing is there
  if (!store) return holdfast::Unexpected(store.error());
  auto users = store->kv("users");
  if (!users) return holdfast::Unexpected(users.error());
  auto audit = store->log("audit");
  if (!audit) return holdfast::Unexpected(audit.error());
  auto model = store->region("model");
  if (!model) return holdfast::Unexpected(model.error());

  if (auto put = users->put("user:1", "alice"); !put) return put;  // durable on return
  holdfast::Batch batch;                                           // all or nothing
  batch.put(*users, "user:2", "bob");
  batch.append(*audit, "signup user:2");
  if (auto committed = store->commit(batch); !committed) return committed;

  const std::array<std::byte, 4096> weights{};
  if (auto written = model->write_at(0, weights); !written) return written;  // in place
  if (auto flushed = model->flush(); !flushed) return holdfast::Unexpected(flushed.error());

  auto name = users->get("user:2");
  if (!name) return holdfast::Unexpected(name.error());
  std::cout << "user:2 is " << name->value_or("nobody") << "\n";
  return store->close();
}

int main() {
  const auto result = run();
  if (!result) std::cerr << result.error().to_string() << "\n";
  return result ? 0 : 1;
}
