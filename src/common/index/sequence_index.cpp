#include "common/index/sequence_index.hpp"

#include <limits>
#include <utility>
#include <vector>

namespace holdfast {

/// Subtrees that no index has any more.
struct SequenceIndex::Detached {
  std::vector<std::pair<void*, unsigned>> trees;  // with their heights

  Detached() = default;
  Detached(const Detached&) = delete;
  Detached& operator=(const Detached&) = delete;
  ~Detached() {
    for (const auto& [node, height] : trees) free_tree(node, height);
  }
};

SequenceIndex::~SequenceIndex() {
  const Root whole = root();
  if (whole.node != nullptr) free_tree(whole.node, whole.height);
}

void SequenceIndex::free_tree(void* node, unsigned height) noexcept {
  if (height == 0) return delete static_cast<Leaf*>(node);
  auto* const inner = static_cast<Node*>(node);
  for (const auto& child : inner->children)
    if (void* const tree = child.load(std::memory_order_relaxed)) free_tree(tree, height - 1);
  delete inner;
}

std::uint64_t SequenceIndex::tree_bytes(const void* node, unsigned height) noexcept {
  if (height == 0) return sizeof(Leaf);
  std::uint64_t bytes = sizeof(Node);
  for (const auto& child : static_cast<const Node*>(node)->children)
    if (const void* const tree = child.load(std::memory_order_relaxed)) bytes += tree_bytes(tree, height - 1);
  return bytes;
}

template <class T>
T* SequenceIndex::make() {
  T* const made = new T;
  memory_bytes_.fetch_add(sizeof(T), std::memory_order_relaxed);
  return made;
}

// The root gets parents until the tree reaches `number`.
void SequenceIndex::grow_to(std::uint64_t number) {
  Root whole = root();
  if (whole.node == nullptr) {
    unsigned height = 0;
    while (!fits(number, height)) ++height;
    whole = {height == 0 ? static_cast<void*>(make<Leaf>()) : make<Node>(), height};
    set_root(whole.node, whole.height);
  }
  while (!fits(number, whole.height)) {
    Node* const parent = make<Node>();
    parent->children[0].store(whole.node, std::memory_order_relaxed);  // shown with the root
    whole = {parent, whole.height + 1};
    set_root(whole.node, whole.height);
  }
}

SequenceIndex::Leaf& SequenceIndex::leaf_for(std::uint64_t number) {
  if (last_leaf_ != nullptr && number / kNodeSize == last_leaf_index_) return *last_leaf_;
  grow_to(number);
  auto [node, height] = root();
  for (; height > 0; --height) {
    std::atomic<void*>& child = static_cast<Node*>(node)->children[place(number, height)];
    void* next = child.load(std::memory_order_relaxed);  // relaxed: only the appender adds
    if (next == nullptr) {
      next = height == 1 ? static_cast<void*>(make<Leaf>()) : make<Node>();
      child.store(next, std::memory_order_release);
    }
    node = next;
  }
  last_leaf_ = static_cast<Leaf*>(node);
  last_leaf_index_ = number / kNodeSize;
  return *last_leaf_;
}

void SequenceIndex::skip_to(std::uint64_t number) noexcept {
  if (number > next_.load(std::memory_order_relaxed)) next_.store(number, std::memory_order_release);
}

void SequenceIndex::make_room(std::uint64_t end) {
  const std::uint64_t begin = next_.load(std::memory_order_relaxed);
  // Downwards: the leaf that comes next is the one at hand then.
  for (std::uint64_t leaf = (end - 1) / kNodeSize + 1; leaf-- > begin / kNodeSize;)
    static_cast<void>(leaf_for(leaf * kNodeSize));
}

void SequenceIndex::append(Location location) {
  const std::uint64_t number = next_.load(std::memory_order_relaxed);  // relaxed: only the appender changes it
  leaf_for(number).entries[place(number, 0)].store(location.packed(), std::memory_order_relaxed);
  next_.store(number + 1, std::memory_order_release);  // release: the entry, and all it tells of, come with it
}

// A tree that is lower than `number` has nothing from its end on, however far that is.
const SequenceIndex::Leaf* SequenceIndex::leaf_of(std::uint64_t number, Missing& missing) const noexcept {
  constexpr std::uint64_t kLast = std::numeric_limits<std::uint64_t>::max();
  auto [node, height] = root();
  if (node == nullptr || !fits(number, height)) {
    missing = {node == nullptr ? 0 : std::uint64_t{1} << (kNodeBits * (height + 1)), kLast};
    return nullptr;
  }
  for (; height > 0; --height) {
    node = static_cast<Node*>(node)->children[place(number, height)].load(std::memory_order_acquire);
    if (node != nullptr) continue;
    const std::uint64_t within = (std::uint64_t{1} << (kNodeBits * height)) - 1;  // of at most 7 levels
    missing = {number & ~within, number | within};
    return nullptr;
  }
  return static_cast<const Leaf*>(node);
}

std::atomic<std::uint64_t>* SequenceIndex::entry_of(std::uint64_t number) const noexcept {
  Missing missing{};
  const Leaf* const leaf = leaf_of(number, missing);
  if (leaf == nullptr) return nullptr;
  return const_cast<std::atomic<std::uint64_t>*>(&leaf->entries[place(number, 0)]);  // the tree's, and it is not const
}

std::optional<Location> SequenceIndex::find(std::uint64_t number) const noexcept {
  Missing missing{};
  const Leaf* const leaf = leaf_of(number, missing);
  if (leaf == nullptr) return std::nullopt;
  const std::uint64_t packed = leaf->entries[place(number, 0)].load(std::memory_order_acquire);
  if (packed == kMissing) return std::nullopt;
  return Location::unpacked(packed);
}

std::uint64_t SequenceIndex::take_out(std::uint64_t begin, std::uint64_t end) noexcept {
  std::uint64_t count = 0;
  while (begin < end) {
    Missing missing{};
    const Leaf* const leaf = leaf_of(begin, missing);
    if (leaf == nullptr) {
      begin = behind(missing, end);
      continue;
    }
    auto& entries = const_cast<Leaf*>(leaf)->entries;  // the appender's
    do {
      count += entries[place(begin, 0)].exchange(kMissing, std::memory_order_release) != kMissing ? 1 : 0;
    } while (++begin < end && place(begin, 0) != 0);
  }
  return count;
}

std::optional<std::uint64_t> SequenceIndex::next_present(std::uint64_t from, std::uint64_t end) const noexcept {
  while (from < end) {
    Missing missing{};
    const Leaf* const leaf = leaf_of(from, missing);
    if (leaf == nullptr) {
      from = behind(missing, end);
      continue;
    }
    do {
      if (leaf->entries[place(from, 0)].load(std::memory_order_acquire) != kMissing) return from;
    } while (++from < end && place(from, 0) != 0);
  }
  return std::nullopt;
}

std::optional<std::uint64_t> SequenceIndex::previous_present(std::uint64_t from, std::uint64_t begin) const noexcept {
  for (std::uint64_t end = from + 1; end > begin;) {
    Missing missing{};
    const std::uint64_t number = end - 1;
    const Leaf* const leaf = leaf_of(number, missing);
    if (leaf == nullptr) {
      end = missing.first;
      continue;
    }
    if (leaf->entries[place(number, 0)].load(std::memory_order_acquire) != kMissing) return number;
    --end;
  }
  return std::nullopt;
}

bool SequenceIndex::move(std::uint64_t number, Location from, Location to) noexcept {
  std::atomic<std::uint64_t>* const entry = entry_of(number);
  std::uint64_t expected = from.packed();
  // release: the copy comes with it
  return entry != nullptr && entry->compare_exchange_strong(expected, to.packed(), std::memory_order_acq_rel);
}

// release: that it may be missing comes with it
bool SequenceIndex::erase(std::uint64_t number, Location at) noexcept {
  std::atomic<std::uint64_t>* const entry = entry_of(number);
  std::uint64_t expected = at.packed();
  return entry != nullptr && entry->compare_exchange_strong(expected, kMissing, std::memory_order_acq_rel);
}

// How many of the node's first children lie whole below `number`.
std::size_t SequenceIndex::count_below(const Node& node, unsigned height, std::uint64_t number) noexcept {
  std::size_t count = 0;
  const std::size_t end = place(number, height);
  for (std::size_t i = 0; i < end; ++i) count += node.children[i].load(std::memory_order_relaxed) != nullptr ? 1 : 0;
  return count;
}

std::shared_ptr<const void> SequenceIndex::forget_below(std::uint64_t number) {
  auto detached = std::make_shared<Detached>();
  const Root whole = root();
  if (whole.node == nullptr || !fits(number, whole.height)) return detached;
  const auto descend = [&](const auto& visit) {
    void* node = whole.node;
    for (unsigned height = whole.height; height > 0 && node != nullptr; --height) {
      auto* const inner = static_cast<Node*>(node);
      visit(*inner, height);
      node = inner->children[place(number, height)].load(std::memory_order_acquire);
    }
  };
  std::size_t count = 0;
  descend([&](const Node& node, unsigned height) { count += count_below(node, height, number); });
  detached->trees.reserve(count);  // from here on nothing fails
  descend([&](Node& node, unsigned height) {
    for (std::size_t i = 0; i < place(number, height); ++i)
      if (void* const tree = node.children[i].exchange(nullptr, std::memory_order_acq_rel))
        detached->trees.emplace_back(tree, height - 1);
  });
  for (const auto& [node, height] : detached->trees)
    memory_bytes_.fetch_sub(tree_bytes(node, height), std::memory_order_relaxed);
  return detached;
}

}  // namespace holdfast
