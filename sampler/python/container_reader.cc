#include "sampler/python/container_reader.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <vector>

namespace spyhop {
namespace {

constexpr size_t kPieceItems = 256;
constexpr uint64_t kMaxItemsClaimed = uint64_t{1} << 40;
constexpr int64_t kMaxSetSlots = int64_t{1} << 32;

std::optional<uint64_t> Count(std::optional<int64_t> size) {
  if (!size || *size < 0 || static_cast<uint64_t>(*size) > kMaxItemsClaimed) return std::nullopt;
  return static_cast<uint64_t>(*size);
}

}  // namespace

bool ContainerReader::ForEachPointer(RemoteAddress first, uint64_t count, size_t stride,
                                     ElementVisitor visit) {
  if (count != 0 && (!first.MayHoldPointer() || stride < sizeof(RemoteAddress))) return false;
  std::vector<uint8_t> piece(std::min<uint64_t>(count, kPieceItems) * stride);
  for (uint64_t done = 0; done < count; done += kPieceItems) {
    const size_t items = std::min<uint64_t>(count - done, kPieceItems);
    const size_t bytes = (items - 1) * stride + sizeof(RemoteAddress);
    if (!memory_.ReadAll(first.Plus(done * stride), piece.data(), bytes)) return false;
    for (size_t i = 0; i < items; ++i) {
      if (!visit(PointerField{0}.In(piece.data() + i * stride))) return true;
    }
  }
  return true;
}

bool ContainerReader::ForEachOfList(const ObjectHeader& list, ElementVisitor visit) {
  const std::optional<uint64_t> count = Count(list.Get(layout_.object.ob_size));
  const auto items = list.Get(layout_.sequence.list_ob_item);
  return count && items && ForEachPointer(*items, *count, sizeof(RemoteAddress), visit);
}

bool ContainerReader::ForEachOfTuple(const ObjectHeader& tuple, ElementVisitor visit) {
  const std::optional<uint64_t> count = Count(tuple.Get(layout_.object.ob_size));
  const RemoteAddress items = layout_.sequence.tuple_ob_item.At(tuple.object());
  return count && ForEachPointer(items, *count, sizeof(RemoteAddress), visit);
}

// What has been taken out left a dummy (Objects/setobject.c): where there are any, each key has to
// be looked at.
bool ContainerReader::ForEachOfSet(const ObjectHeader& set, ElementVisitor visit) {
  const SetLayout& fields = layout_.set;
  const auto mask = set.Get(fields.mask);
  const auto table = set.Get(fields.table);
  const auto fill = set.Get(fields.fill);
  const auto used = set.Get(fields.used);
  if (!mask || !table || !fill || !used || *mask < 0 || *mask >= kMaxSetSlots) return false;
  const bool has_dummies = *fill != *used;
  return ForEachPointer(table->Plus(fields.entry_key), static_cast<uint64_t>(*mask) + 1,
                        fields.entry_size, [&](RemoteAddress key) {
                          if (!key || (has_dummies && IsDummy(key))) return true;
                          return visit(key);
                        });
}

// 3.x: a static struct with a type of its own (_dummy_struct); 2.7: a str.
bool ContainerReader::IsDummy(RemoteAddress item) {
  if (layout_.features.string_model == StringModel::kPython2) {
    return objects_.String(item, 16) == "<dummy key>";
  }
  return objects_.TypeName(item) == "<dummy key> type";
}

bool ContainerReader::ForEachOfDeque(const ObjectHeader& deque, ElementVisitor visit) {
  const DequeLayout& fields = layout_.deque;
  std::optional<uint64_t> left = Count(deque.Get(fields.length));
  auto block = deque.Get(fields.leftblock);
  const auto index = deque.Get(fields.leftindex);
  if (!left || !block || !index || *index < 0 || *index > fields.block_items) return false;
  auto first = static_cast<uint64_t>(*index);
  bool wanted = true;
  while (*left > 0 && wanted) {
    const uint64_t here = std::min(*left, fields.block_items - first);
    const RemoteAddress items = block->Plus(fields.block_data + first * sizeof(RemoteAddress));
    const bool read = ForEachPointer(items, here, sizeof(RemoteAddress), [&](RemoteAddress item) {
      wanted = visit(item);
      return wanted;
    });
    if (!read) return false;
    *left -= here;
    first = 0;
    if (*left == 0) break;
    block = memory_.ReadPointer(block->Plus(fields.block_next));
    if (!block || !block->MayHoldPointer()) return false;
  }
  return true;
}

}  // namespace spyhop
