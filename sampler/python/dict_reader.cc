#include "sampler/python/dict_reader.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

namespace spyhop {
namespace {

// No dict that Spyhop reads (sys.modules, threading._active, a module's) comes near.
constexpr uint64_t kMaxSlots = 1 << 24;
constexpr size_t kPieceEntries = 512;
constexpr size_t kWord = sizeof(RemoteAddress);
// {hash, key, value} and {key, value}: PyDictKeyEntry and PyDictUnicodeEntry (3.11).
constexpr size_t kEntrySize = 3 * kWord;
constexpr size_t kUnicodeEntrySize = 2 * kWord;

// DictKeysKind of Include/internal/pycore_dict.h, 3.11+.
enum DictKeysKind : uint8_t { kGeneral = 0, kUnicode = 1, kSplit = 2 };

// Bytes of one slot of the index table (DK_IXSIZE, Objects/dictobject.c, 3.6 to 3.10).
uint64_t IndexSize(uint64_t dk_size) { return dk_size <= 0xFF ? 1 : dk_size <= 0xFFFF ? 2 : 4; }

RemoteAddress AddressIn(const uint8_t* bytes) {
  RemoteAddress address;
  std::memcpy(&address, bytes, sizeof(address));
  return address;
}

}  // namespace

bool DictReader::ForEach(RemoteAddress dict, size_t limit, ItemVisitor visit) {
  const DictLayout& fields = layout_.dict;
  if (layout_.features.dict_model == DictModel::kOpenTable) {
    Table table;
    return FindOpenTable(dict, table) && ForEachOfTable(table, limit, visit);
  }
  std::array<RemoteAddress, 2> pointers;
  std::array<ReadRequest, 2> requests = {{
      {fields.ma_keys.At(dict), &pointers[0], kWord},
      {fields.ma_values.At(dict), &pointers[1], kWord},
  }};
  if (memory_.ReadBatch(absl::MakeSpan(requests)) != requests.size()) return false;
  return ForEachOfKeys(pointers[0], pointers[1], limit, visit);
}

bool DictReader::ForEachOfKeys(RemoteAddress keys, RemoteAddress values, size_t limit,
                               ItemVisitor visit) {
  Table table;
  if (!keys.MayHoldPointer()) return false;
  const bool found = layout_.features.dict_model == DictModel::kCompact
                         ? FindCompactTable(keys, table)
                         : FindCompactLog2Table(keys, table);
  if (!found) return false;
  if (values) {
    const Field<RemoteAddress> first = layout_.dict.values;
    table.values = first.present() ? first.At(values) : values;
  }
  return ForEachOfTable(table, limit, visit);
}

// Include/dictobject.h of 2.7: a slot is in use when its value is not NULL.
bool DictReader::FindOpenTable(RemoteAddress dict, Table& table) {
  const std::optional<RemoteAddress> entries = memory_.ReadPointer(layout_.dict.ma_table.At(dict));
  const auto mask = memory_.Read<int64_t>(layout_.dict.ma_mask.At(dict));
  if (!entries || !mask || !entries->MayHoldPointer()) return false;
  if (*mask < 0 || static_cast<uint64_t>(*mask) >= kMaxSlots) return false;
  table = {.entries = *entries,
           .count = static_cast<uint64_t>(*mask) + 1,
           .stride = kEntrySize,
           .key_offset = kWord,
           .value_offset = 2 * kWord};
  return true;
}

// Objects/dict-common.h, 3.6 to 3.10: the index table, then the entries.
bool DictReader::FindCompactTable(RemoteAddress keys, Table& table) {
  const auto size = memory_.Read<int64_t>(layout_.dict.dk_size.At(keys));
  const auto used = memory_.Read<int64_t>(layout_.dict.dk_nentries.At(keys));
  if (!size || !used || *size < 1 || *used < 0 || *used > *size) return false;
  const auto slots = static_cast<uint64_t>(*size);
  if (slots > kMaxSlots) return false;
  table = {.entries = layout_.dict.dk_indices.At(keys).Plus(slots * IndexSize(slots)),
           .count = static_cast<uint64_t>(*used),
           .stride = kEntrySize,
           .key_offset = kWord,
           .value_offset = 2 * kWord};
  return true;
}

// Include/internal/pycore_dict.h, 3.11+ (_DK_ENTRIES): keys that are all str have no hashes.
bool DictReader::FindCompactLog2Table(RemoteAddress keys, Table& table) {
  const DictLayout& fields = layout_.dict;
  std::array<uint8_t, 128> header;
  const size_t size = fields.dk_nentries.end();
  if (size > header.size() || !memory_.ReadAll(keys, header.data(), size)) return false;
  const uint8_t log2_size = fields.dk_log2_size.In(header.data());
  const uint8_t log2_index_bytes = fields.dk_log2_index_bytes.In(header.data());
  const uint8_t kind = fields.dk_kind.In(header.data());
  const int64_t used = fields.dk_nentries.In(header.data());
  if (log2_size > 24 || log2_index_bytes > 28 || kind > kSplit) return false;
  if (used < 0 || used > int64_t{1} << log2_size) return false;
  const bool with_hash = kind == kGeneral;
  table = {.entries = fields.dk_indices.At(keys).Plus(uint64_t{1} << log2_index_bytes),
           .count = static_cast<uint64_t>(used),
           .stride = with_hash ? kEntrySize : kUnicodeEntrySize,
           .key_offset = with_hash ? kWord : 0,
           .value_offset = with_hash ? 2 * kWord : kWord};
  return true;
}

bool DictReader::ReadPiece(const Table& table, uint64_t first, size_t count, void* entries,
                           void* values) {
  std::array<ReadRequest, 2> requests = {{
      {table.entries.Plus(first * table.stride), entries, count * table.stride},
      {table.values.Plus(first * kWord), values, count * kWord},
  }};
  const size_t wanted = table.values ? 2 : 1;
  return memory_.ReadBatch(absl::MakeSpan(requests).first(wanted)) == wanted;
}

bool DictReader::ForEachOfTable(const Table& table, size_t limit, ItemVisitor visit) {
  std::vector<uint8_t> entries(std::min<uint64_t>(table.count, kPieceEntries) * table.stride);
  std::vector<RemoteAddress> values(entries.size() / table.stride);
  size_t visited = 0;
  for (uint64_t first = 0; first < table.count; first += kPieceEntries) {
    const size_t count = std::min<uint64_t>(table.count - first, kPieceEntries);
    if (!ReadPiece(table, first, count, entries.data(), values.data())) return false;
    for (size_t i = 0; i < count; ++i) {
      const uint8_t* entry = entries.data() + i * table.stride;
      const RemoteAddress key = AddressIn(entry + table.key_offset);
      const RemoteAddress value = table.values ? values[i] : AddressIn(entry + table.value_offset);
      if (!key || !value) continue;
      if (visited++ == limit || !visit(key, value)) return true;
    }
  }
  return true;
}

}  // namespace spyhop
