#include "sampler/python/object_reader.h"

#include <algorithm>
#include <array>

#include "sampler/python/dict_reader.h"
#include "sampler/python/object_header.h"

namespace spyhop {
namespace {

// tp_flags, Include/object.h. The *_SUBCLASS bits are the same in 2.7 (STRING is BYTES) and 3.x.
constexpr uint64_t kInlineValues = 1 << 2;  // 3.13+
constexpr uint64_t kManagedDict = 1 << 4;   // 3.11+
constexpr uint64_t kIntSubclass = 1 << 23;  // 2.7 only
constexpr uint64_t kLongSubclass = 1 << 24;
constexpr uint64_t kBytesSubclass = 1 << 27;
constexpr uint64_t kUnicodeSubclass = 1 << 28;
constexpr uint64_t kDictSubclass = 1 << 29;

constexpr uint64_t kMaxTextUnits = uint64_t{1} << 40;
constexpr size_t kMaxTypeName = 256;
constexpr size_t kMaxAttributes = 4096;  // of one object
constexpr uint64_t kWord = sizeof(RemoteAddress);
constexpr int64_t kMaxObject = int64_t{1} << 30;  // bytes, and items, of an object with attributes

struct TextSource {
  RemoteAddress data;
  int64_t units_count = 0;
  TextUnits units = TextUnits::kUtf8;
};

std::optional<TextCopy> ReadText(RemoteMemory& memory, const TextSource& source, size_t max_units) {
  if (source.units_count < 0) return std::nullopt;
  const auto count = static_cast<uint64_t>(source.units_count);
  if (count > kMaxTextUnits) return std::nullopt;
  const size_t wanted = std::min<uint64_t>(count, max_units);
  TextCopy text{std::vector<uint8_t>(wanted * UnitSize(source.units)), source.units,
                count > wanted};
  if (!memory.ReadAll(source.data, text.bytes.data(), text.bytes.size())) return std::nullopt;
  return text;
}

// Include/stringobject.h and unicodeobject.h of 2.7.
std::optional<TextSource> FindPython2Text(const Layout& layout, const ObjectHeader& header,
                                          uint64_t type_flags) {
  if ((type_flags & kBytesSubclass) != 0) {
    const std::optional<int64_t> size = header.Get(layout.bytes.ob_size);
    if (!size) return std::nullopt;
    return TextSource{layout.bytes.ob_sval.At(header.object()), *size, TextUnits::kUtf8};
  }
  const std::optional<int64_t> length = header.Get(layout.unicode.length);
  const std::optional<RemoteAddress> data = header.Get(layout.unicode.data);
  if ((type_flags & kUnicodeSubclass) == 0 || !length || !data) return std::nullopt;
  return TextSource{*data, *length, layout.flags.ucs2 ? TextUnits::kUtf16 : TextUnits::kUcs4};
}

// PEP 393, Include/cpython/unicodeobject.h (PyUnicode_DATA). A string of kind 0 is a legacy one
// (to 3.11) that was never made ready: it cannot be the name of anything.
std::optional<TextSource> FindPep393Text(const Layout& layout, const ObjectHeader& header,
                                         uint64_t type_flags) {
  const UnicodeLayout& fields = layout.unicode;
  const std::optional<int64_t> length = header.Get(fields.length);
  const std::optional<uint32_t> state = header.Get(fields.state);
  if ((type_flags & kUnicodeSubclass) == 0 || !length || !state) return std::nullopt;
  TextSource source{.units_count = *length};
  switch (*state >> fields.kind_shift & 7) {
    case 1:
      source.units = TextUnits::kLatin1;
      break;
    case 2:
      source.units = TextUnits::kUcs2;
      break;
    case 4:
      source.units = TextUnits::kUcs4;
      break;
    default:
      return std::nullopt;
  }
  if ((*state >> fields.compact_shift & 1) != 0) {
    const bool ascii = (*state >> fields.ascii_shift & 1) != 0;
    source.data = header.object().Plus(ascii ? fields.ascii_size : fields.compact_size);
  } else {
    source.data = header.Get(fields.data).value_or(RemoteAddress());
  }
  return source;
}

// 30-bit digits, least significant first (Include/longintrepr.h; 15-bit ones are for 32-bit hosts).
std::optional<int64_t> ReadDigits(RemoteMemory& memory, RemoteAddress digits, uint64_t count,
                                  bool negative) {
  std::array<uint32_t, 3> digit = {};
  if (count > digit.size() || !memory.ReadAll(digits, digit.data(), count * sizeof(uint32_t))) {
    return std::nullopt;
  }
  // The third digit holds bits 60 to 63.
  if (digit[2] >= 8) return std::nullopt;
  int64_t value = 0;
  for (size_t i = 0; i < count; ++i) value |= static_cast<int64_t>(digit[i] & 0x3FFFFFFF) << 30 * i;
  return negative ? -value : value;
}

}  // namespace

std::optional<RemoteAddress> ObjectReader::Type(RemoteAddress object) {
  if (!object.MayHoldPointer()) return std::nullopt;
  const auto type = memory_.ReadPointer(layout_.object.ob_type.At(object));
  return type && type->MayHoldPointer() ? type : std::nullopt;
}

std::optional<std::string> ObjectReader::CString(RemoteAddress address, size_t max_bytes) {
  if (!address) return std::nullopt;
  const std::optional<std::string> text = memory_.ReadCString(address, max_bytes);
  if (!text) return std::nullopt;
  const auto* bytes = reinterpret_cast<const uint8_t*>(text->data());
  return ToUtf8({bytes, text->size()}, TextUnits::kUtf8, max_bytes);
}

std::optional<std::string> ObjectReader::TypeName(RemoteAddress object) {
  const std::optional<RemoteAddress> type = Type(object);
  if (!type) return std::nullopt;
  const auto name = memory_.ReadPointer(layout_.type.tp_name.At(*type));
  return name ? CString(*name, kMaxTypeName) : std::nullopt;
}

std::optional<uint64_t> ObjectReader::TypeFlags(RemoteAddress type) {
  if (!type.MayHoldPointer()) return std::nullopt;
  return memory_.Read<uint64_t>(layout_.type.tp_flags.At(type));
}

bool ObjectReader::IsA(RemoteAddress object, uint64_t type_flag) {
  const std::optional<RemoteAddress> type = Type(object);
  return type && (TypeFlags(*type).value_or(0) & type_flag) != 0;
}

std::optional<TextCopy> ObjectReader::Text(RemoteAddress object, size_t max_units) {
  const ObjectHeader header(memory_, object);
  const auto type = header.Get(layout_.object.ob_type);
  const std::optional<uint64_t> flags = TypeFlags(type.value_or(RemoteAddress()));
  if (!flags) return std::nullopt;
  const std::optional<TextSource> source = layout_.features.string_model == StringModel::kPython2
                                               ? FindPython2Text(layout_, header, *flags)
                                               : FindPep393Text(layout_, header, *flags);
  if (!source) return std::nullopt;
  return ReadText(memory_, *source, max_units);
}

std::optional<std::string> ObjectReader::String(RemoteAddress object, size_t max_bytes) {
  const std::optional<TextCopy> text = Text(object, max_bytes);
  if (!text) return std::nullopt;
  return ToUtf8(text->bytes, text->units, max_bytes, text->more);
}

std::optional<std::vector<uint8_t>> ObjectReader::Bytes(RemoteAddress object, size_t max_bytes) {
  const ObjectHeader header(memory_, object);
  const auto type = header.Get(layout_.object.ob_type);
  const std::optional<int64_t> size = header.Get(layout_.bytes.ob_size);
  if (!type || !size || *size < 0 || static_cast<uint64_t>(*size) > max_bytes) return std::nullopt;
  if ((TypeFlags(*type).value_or(0) & kBytesSubclass) == 0) return std::nullopt;
  std::vector<uint8_t> bytes(static_cast<size_t>(*size));
  if (!memory_.ReadAll(layout_.bytes.ob_sval.At(object), bytes.data(), bytes.size())) {
    return std::nullopt;
  }
  return bytes;
}

std::optional<int64_t> ObjectReader::Integer(RemoteAddress object) {
  const LongLayout& fields = layout_.integer;
  const ObjectHeader header(memory_, object);
  const auto type = header.Get(layout_.object.ob_type);
  const std::optional<uint64_t> flags = TypeFlags(type.value_or(RemoteAddress()));
  if (!flags) return std::nullopt;
  if (fields.ival.present() && (*flags & kIntSubclass) != 0) return header.Get(fields.ival);
  if ((*flags & kLongSubclass) == 0) return std::nullopt;
  const RemoteAddress digits = fields.ob_digit.At(object);
  if (fields.lv_tag.present()) {
    // Include/cpython/longintrepr.h, 3.12: sign in the low bits (0, 1 = zero, 2 = negative).
    const std::optional<uint64_t> tag = header.Get(fields.lv_tag);
    if (!tag) return std::nullopt;
    return ReadDigits(memory_, digits, *tag >> 3, (*tag & 3) == 2);
  }
  const std::optional<int64_t> size = header.Get(fields.ob_size);
  if (!size || *size > 3 || *size < -3) return std::nullopt;
  return ReadDigits(memory_, digits, static_cast<uint64_t>(*size < 0 ? -*size : *size), *size < 0);
}

bool ObjectReader::ForEachItem(
    RemoteAddress dict, size_t limit,
    const std::function<bool(RemoteAddress key, RemoteAddress value)>& visit) {
  if (!IsA(dict, kDictSubclass)) return false;
  return DictReader(memory_, layout_).ForEach(dict, limit, visit);
}

std::optional<RemoteAddress> ObjectReader::Item(RemoteAddress dict, std::string_view key,
                                                size_t limit) {
  std::vector<std::pair<RemoteAddress, RemoteAddress>> items;
  ForEachItem(dict, limit, [&items](RemoteAddress name, RemoteAddress value) {
    items.emplace_back(name, value);
    return true;
  });
  return Pick(items, key);
}

// Reads the lengths of some keys at a time, and only those strings whose length is right.
std::optional<RemoteAddress> ObjectReader::Pick(
    absl::Span<const std::pair<RemoteAddress, RemoteAddress>> items, std::string_view key) {
  constexpr size_t kPiece = 128;
  const Field<int64_t> length = layout_.features.string_model == StringModel::kPython2
                                    ? layout_.bytes.ob_size
                                    : layout_.unicode.length;
  std::array<int64_t, kPiece> lengths;
  std::array<ReadRequest, kPiece> requests;
  for (; !items.empty(); items.remove_prefix(std::min(kPiece, items.size()))) {
    const size_t count = std::min(kPiece, items.size());
    for (size_t i = 0; i < count; ++i) {
      requests[i] = {length.At(items[i].first), &lengths[i], sizeof(int64_t)};
    }
    memory_.ReadBatch(absl::MakeSpan(requests).first(count));
    for (size_t i = 0; i < count; ++i) {
      if (!requests[i].complete() || lengths[i] != static_cast<int64_t>(key.size())) continue;
      if (String(items[i].first) == key) return items[i].second;
    }
  }
  return std::nullopt;
}

std::optional<RemoteAddress> ObjectReader::ModuleDict(RemoteAddress module) {
  if (!module.MayHoldPointer()) return std::nullopt;
  const auto dict = memory_.ReadPointer(layout_.module.md_dict.At(module));
  return dict && IsA(*dict, kDictSubclass) ? dict : std::nullopt;
}

struct ObjectReader::Instance {
  RemoteAddress object;
  RemoteAddress type;
  uint64_t type_flags = 0;
};

std::optional<ObjectReader::Instance> ObjectReader::ReadInstance(RemoteAddress object) {
  const std::optional<RemoteAddress> type = Type(object);
  if (!type) return std::nullopt;
  const std::optional<uint64_t> flags = TypeFlags(*type);
  if (!flags) return std::nullopt;
  return Instance{object, *type, *flags};
}

std::optional<RemoteAddress> ObjectReader::Attribute(RemoteAddress object, std::string_view name) {
  std::vector<std::pair<RemoteAddress, RemoteAddress>> items;
  ForEachAttribute(object, kMaxAttributes, [&items](RemoteAddress key, RemoteAddress value) {
    items.emplace_back(key, value);
    return true;
  });
  return Pick(items, name);
}

bool ObjectReader::ForEachAttribute(
    RemoteAddress object, size_t limit,
    const std::function<bool(RemoteAddress key, RemoteAddress value)>& visit) {
  const std::optional<AttributeTable> table = FindAttributes(object);
  if (!table) return false;
  if (table->dict) return ForEachItem(table->dict, limit, visit);
  return DictReader(memory_, layout_).ForEachOfKeys(table->keys, table->values, limit, visit);
}

std::optional<ObjectReader::AttributeTable> ObjectReader::FindAttributes(RemoteAddress object) {
  const std::optional<Instance> instance = ReadInstance(object);
  if (!instance) return std::nullopt;
  if ((instance->type_flags & kManagedDict) != 0) {
    switch (layout_.features.instance_dict) {
      case InstanceDictModel::kManaged311:
        return InManaged311(*instance);
      case InstanceDictModel::kManaged312:
        return InManaged312(*instance);
      case InstanceDictModel::kInlineValues:
        return InManaged313(*instance);
      case InstanceDictModel::kDictOffset:
        break;
    }
  }
  return AtDictOffset(*instance);
}

// A negative offset counts from the end of a variable-sized object (_PyObject_GetDictPtr,
// Objects/object.c), of which an int has a negative size to 3.11.
std::optional<ObjectReader::AttributeTable> ObjectReader::AtDictOffset(const Instance& instance) {
  const TypeLayout& fields = layout_.type;
  auto offset = memory_.Read<int64_t>(fields.tp_dictoffset.At(instance.type));
  if (!offset || *offset == 0 || *offset > kMaxObject || *offset < -kMaxObject) {
    return std::nullopt;
  }
  if (*offset < 0) {
    const auto basic = memory_.Read<int64_t>(fields.tp_basicsize.At(instance.type));
    const auto item = memory_.Read<int64_t>(fields.tp_itemsize.At(instance.type));
    const auto count = memory_.Read<int64_t>(layout_.object.ob_size.At(instance.object));
    if (!basic || !item || !count || *item < 0 || *item > kMaxObject || *basic < 0 ||
        *basic > kMaxObject || *count > kMaxObject || *count < -kMaxObject) {
      return std::nullopt;
    }
    const int64_t size = *basic + *item * (*count < 0 ? -*count : *count);
    *offset += (size + 7) & ~int64_t{7};
    if (*offset <= 0) return std::nullopt;
  }
  const auto dict = memory_.ReadPointer(instance.object.Plus(static_cast<uint64_t>(*offset)));
  if (!dict || !*dict) return std::nullopt;
  return AttributeTable{.dict = *dict};
}

// Include/internal/pycore_object.h of 3.11 (_PyObject_ManagedDictPointer, _PyObject_ValuesPointer).
std::optional<ObjectReader::AttributeTable> ObjectReader::InManaged311(const Instance& instance) {
  const auto words = memory_.Read<std::array<RemoteAddress, 2>>(
      RemoteAddress(instance.object.value() - 4 * kWord));
  if (!words) return std::nullopt;
  const auto [values, dict] = *words;
  if (values) return InValues(instance, values);
  return dict ? std::optional(AttributeTable{.dict = dict}) : std::nullopt;
}

// The same file of 3.12 (_PyDictOrValues_IsValues): an odd word is the values' address less one.
std::optional<ObjectReader::AttributeTable> ObjectReader::InManaged312(const Instance& instance) {
  const auto word = memory_.ReadPointer(RemoteAddress(instance.object.value() - 3 * kWord));
  if (!word || !*word) return std::nullopt;
  if ((word->value() & 1) != 0) return InValues(instance, word->Plus(1));
  return AttributeTable{.dict = *word};
}

// 3.13+ (MANAGED_DICT_OFFSET, _PyObject_InlineValues): the values lie behind the object, in use
// while there is no dict and their `valid` byte is set; a dict may itself use them.
std::optional<ObjectReader::AttributeTable> ObjectReader::InManaged313(const Instance& instance) {
  const uint64_t words_before = layout_.flags.free_threaded ? 1 : 3;
  const auto dict =
      memory_.ReadPointer(RemoteAddress(instance.object.value() - words_before * kWord));
  if (!dict) return std::nullopt;
  if (*dict) return AttributeTable{.dict = *dict};
  const auto basic_size = memory_.Read<int64_t>(layout_.type.tp_basicsize.At(instance.type));
  if ((instance.type_flags & kInlineValues) == 0 || !basic_size || *basic_size <= 0) {
    return std::nullopt;
  }
  const RemoteAddress values = instance.object.Plus(static_cast<uint64_t>(*basic_size));
  constexpr size_t kValid = 3;  // struct _dictvalues: capacity, size, embedded, valid
  const auto prefix = memory_.Read<std::array<uint8_t, 4>>(values);
  if (!prefix || (*prefix)[kValid] == 0) return std::nullopt;
  return InValues(instance, values);
}

std::optional<ObjectReader::AttributeTable> ObjectReader::InValues(const Instance& instance,
                                                                   RemoteAddress values) {
  const auto keys = memory_.ReadPointer(layout_.type.ht_cached_keys.At(instance.type));
  if (!keys || !values.MayHoldPointer()) return std::nullopt;
  return AttributeTable{.keys = *keys, .values = values};
}

}  // namespace spyhop
