// Reads simple Python objects (strings, bytes, ints, dicts, attributes) out of a target, for every
// CPython. For names and code objects, while the target runs: many small reads, allocations. Never
// while the target is stopped.
//
// Everything read is hostile: lengths are capped, chains bounded, pointers checked; what does not
// make sense is std::nullopt. Strings come back as UTF-8, with unpaired surrogates replaced.
#ifndef SPYHOP_SAMPLER_PYTHON_OBJECT_READER_H_
#define SPYHOP_SAMPLER_PYTHON_OBJECT_READER_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "base/remote_memory.h"
#include "interp_layouts/layout.h"
#include "sampler/python/text_encoding.h"

namespace spyhop {

// A name longer than this is cut and ends in an ellipsis.
inline constexpr size_t kMaxNameBytes = 4096;
// Line tables and such.
inline constexpr size_t kMaxBytesObject = 16 << 20;
// Of a dict, that are searched for a key.
inline constexpr size_t kMaxItems = 1 << 20;

// The beginning of a str as it is stored.
struct TextCopy {
  std::vector<uint8_t> bytes;
  TextUnits units = TextUnits::kUtf8;
  bool more = false;  // there was more than was asked for
};

class ObjectReader {
 public:
  // Both must outlive the reader.
  ObjectReader(RemoteMemory& memory, const Layout& layout) : memory_(memory), layout_(layout) {}

  // A str (2.7: str or unicode).
  std::optional<std::string> String(RemoteAddress object, size_t max_bytes = kMaxNameBytes);
  // At most so many of its code units.
  std::optional<TextCopy> Text(RemoteAddress object, size_t max_units);
  // A bytes object (2.7: str).
  std::optional<std::vector<uint8_t>> Bytes(RemoteAddress object,
                                            size_t max_bytes = kMaxBytesObject);
  // An int that fits 64 bits; negative ones too.
  std::optional<int64_t> Integer(RemoteAddress object);
  std::optional<RemoteAddress> Type(RemoteAddress object);
  // A char* of the interpreter: a type's name, a method's.
  std::optional<std::string> CString(RemoteAddress address, size_t max_bytes);
  // tp_name of the object's type.
  std::optional<std::string> TypeName(RemoteAddress object);

  // Calls `visit` for each key and value until it returns false. At most `limit` entries.
  // False when the dict could not be read.
  bool ForEachItem(RemoteAddress dict, size_t limit,
                   const std::function<bool(RemoteAddress key, RemoteAddress value)>& visit);
  // The value under a string key.
  std::optional<RemoteAddress> Item(RemoteAddress dict, std::string_view key,
                                    size_t limit = kMaxItems);
  // An attribute in the instance's own dict or inline values (no descriptors, no classes).
  std::optional<RemoteAddress> Attribute(RemoteAddress object, std::string_view name);
  // All of them, in order; at most `limit`. False when it has none, or they could not be read.
  bool ForEachAttribute(RemoteAddress object, size_t limit,
                        const std::function<bool(RemoteAddress key, RemoteAddress value)>& visit);
  // The dict of a module object.
  std::optional<RemoteAddress> ModuleDict(RemoteAddress module);

 private:
  struct Instance;
  // A dict, or keys with their values elsewhere.
  struct AttributeTable {
    RemoteAddress dict;
    RemoteAddress keys;
    RemoteAddress values;
  };

  std::optional<uint64_t> TypeFlags(RemoteAddress type);
  bool IsA(RemoteAddress object, uint64_t type_flag);
  std::optional<Instance> ReadInstance(RemoteAddress object);
  std::optional<AttributeTable> FindAttributes(RemoteAddress object);
  std::optional<AttributeTable> AtDictOffset(const Instance& instance);
  std::optional<AttributeTable> InManaged311(const Instance& instance);
  std::optional<AttributeTable> InManaged312(const Instance& instance);
  std::optional<AttributeTable> InManaged313(const Instance& instance);
  std::optional<AttributeTable> InValues(const Instance& instance, RemoteAddress values);
  std::optional<RemoteAddress> Pick(absl::Span<const std::pair<RemoteAddress, RemoteAddress>> items,
                                    std::string_view key);

  RemoteMemory& memory_;
  const Layout& layout_;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PYTHON_OBJECT_READER_H_
