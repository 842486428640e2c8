#include "cli/daemon/spool.h"

#include <algorithm>

namespace spyhop {

size_t Spool::Put(PushRequest request) {
  size_t dropped = 0;
  const uint64_t bytes = request.bytes();
  for (; bytes_ + bytes > most_bytes_ && !requests_.empty(); ++dropped) DropOldest();
  if (bytes_ + bytes > most_bytes_) return dropped + 1;
  bytes_ += bytes;
  requests_.emplace(Key(request.attempts, number_++), std::move(request));
  return dropped;
}

PushRequest Spool::Take() {
  ++taken_;
  auto node = requests_.extract(requests_.begin());
  return std::move(node.mapped());
}

void Spool::Forget(const PushRequest& request) {
  --taken_;
  bytes_ -= request.bytes();
}

void Spool::PutBack(PushRequest request) {
  --taken_;
  requests_.emplace(Key(request.attempts, number_++), std::move(request));
}

size_t Spool::DropIf(const std::function<bool(const PushRequest&)>& drop) {
  return std::erase_if(requests_, [&](const auto& entry) {
    if (!drop(entry.second)) return false;
    bytes_ -= entry.second.bytes();
    return true;
  });
}

void Spool::DropOldest() {
  const auto oldest = std::min_element(
      requests_.begin(), requests_.end(),
      [](const auto& a, const auto& b) { return a.second.created < b.second.created; });
  bytes_ -= oldest->second.bytes();
  requests_.erase(oldest);
}

}  // namespace spyhop
