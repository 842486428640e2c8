#include "tests/fakes/object_builder.h"

#include <algorithm>

namespace spyhop {
namespace {

constexpr uint64_t kInlineValues = 1 << 2, kManagedDict = 1 << 4;
constexpr uint64_t kInt = 1 << 23, kLong = 1 << 24, kBytes = 1 << 27, kUnicode = 1 << 28,
                   kDict = 1 << 29;
constexpr uint64_t kWord = 8;
constexpr uint64_t kObjectSize = 256;
constexpr uint64_t kBefore = 64;  // room for what 3.11+ keeps before an object

bool IsPython2(const Layout& layout) {
  return layout.features.string_model == StringModel::kPython2;
}

}  // namespace

RemoteAddress ObjectBuilder::Allocate(uint64_t size) {
  const RemoteAddress block(next_);
  next_ += (kBefore + size + 63) & ~uint64_t{15};
  memory_.Fill(block, kBefore + size);
  return block.Plus(kBefore);
}

RemoteAddress ObjectBuilder::Type(std::string_view name, uint64_t flags, int64_t basic_size,
                                  int64_t dict_offset) {
  const RemoteAddress type = Allocate(1024);
  const RemoteAddress text = Allocate(name.size() + 64);
  memory_.SetText(text, name);
  Put(type, layout_.type.tp_name, text);
  Put(type, layout_.type.tp_flags, flags);
  Put(type, layout_.type.tp_basicsize, basic_size);
  Put(type, layout_.type.tp_dictoffset, dict_offset);
  return type;
}

RemoteAddress ObjectBuilder::Builtin(std::string_view name, uint64_t flags) {
  for (const auto& [known, type] : builtins_) {
    if (known == name) return type;
  }
  const RemoteAddress type = Type(name, flags);
  builtins_.emplace_back(name, type);
  return type;
}

RemoteAddress ObjectBuilder::Object(RemoteAddress type, uint64_t size) {
  const RemoteAddress object = Allocate(std::max(size, kObjectSize));
  Put(object, layout_.object.ob_type, type);
  return object;
}

void ObjectBuilder::PutUnits(RemoteAddress at, std::u32string_view text, size_t unit_size) {
  for (size_t i = 0; i < text.size(); ++i) {
    const uint32_t unit = text[i];
    memory_.SetBytes(at.Plus(i * unit_size), {reinterpret_cast<const uint8_t*>(&unit), unit_size});
  }
}

RemoteAddress ObjectBuilder::Str(std::string_view ascii) {
  return Str(std::u32string(ascii.begin(), ascii.end()));
}

RemoteAddress ObjectBuilder::Str(std::u32string_view text) {
  if (IsPython2(layout_)) return Bytes(std::string(text.begin(), text.end()));
  const char32_t highest = text.empty() ? 0 : *std::max_element(text.begin(), text.end());
  const uint32_t kind = highest < 0x100 ? 1 : highest < 0x10000 ? 2 : 4;
  const bool ascii = highest < 0x80;
  const UnicodeLayout& fields = layout_.unicode;
  const RemoteAddress object =
      Object(Builtin("str", kUnicode), fields.compact_size + text.size() * kind);
  Put(object, fields.length, static_cast<int64_t>(text.size()));
  Put(object, fields.state,
      kind << fields.kind_shift | 1u << fields.compact_shift |
          uint32_t{ascii} << fields.ascii_shift);
  PutUnits(object.Plus(ascii ? fields.ascii_size : fields.compact_size), text, kind);
  return object;
}

RemoteAddress ObjectBuilder::LegacyStr(std::u32string_view text) {
  const RemoteAddress object = Object(Builtin("str", kUnicode), kObjectSize);
  const RemoteAddress units = Allocate(text.size() * 4);
  Put(object, layout_.unicode.length, static_cast<int64_t>(text.size()));
  Put(object, layout_.unicode.state, 4u << layout_.unicode.kind_shift);
  Put(object, layout_.unicode.data, units);
  PutUnits(units, text, 4);
  return object;
}

RemoteAddress ObjectBuilder::Python2Unicode(std::u32string_view text) {
  const RemoteAddress object = Object(Builtin("unicode", kUnicode), kObjectSize);
  const RemoteAddress units = Allocate(text.size() * 4);
  Put(object, layout_.unicode.length, static_cast<int64_t>(text.size()));
  Put(object, layout_.unicode.data, units);
  PutUnits(units, text, layout_.flags.ucs2 ? 2 : 4);
  return object;
}

RemoteAddress ObjectBuilder::Bytes(std::string_view bytes) {
  const RemoteAddress type = Builtin(IsPython2(layout_) ? "str" : "bytes", kBytes);
  const RemoteAddress object = Object(type, layout_.bytes.ob_sval.offset + bytes.size());
  Put(object, layout_.bytes.ob_size, static_cast<int64_t>(bytes.size()));
  memory_.SetText(layout_.bytes.ob_sval.At(object), bytes);
  return object;
}

RemoteAddress ObjectBuilder::Int(int64_t value) {
  if (!IsPython2(layout_)) return Long(value);
  const RemoteAddress object = Object(Builtin("int", kInt), kObjectSize);
  Put(object, layout_.integer.ival, value);
  return object;
}

RemoteAddress ObjectBuilder::Long(__int128 value) {
  const bool negative = value < 0;
  unsigned __int128 rest = negative ? -static_cast<unsigned __int128>(value) : value;
  const RemoteAddress object =
      Object(Builtin(IsPython2(layout_) ? "long" : "int", kLong), kObjectSize);
  int64_t count = 0;
  for (; rest != 0; rest >>= 30, ++count) {
    memory_.Set(layout_.integer.ob_digit.At(object).Plus(count * 4),
                static_cast<uint32_t>(rest & 0x3FFFFFFF));
  }
  Put(object, layout_.integer.ob_size, negative ? -count : count);
  const uint64_t sign = negative ? 2 : count == 0 ? 1 : 0;
  Put(object, layout_.integer.lv_tag, static_cast<uint64_t>(count) << 3 | sign);
  return object;
}

// A PyDictKeysObject with room for 8 entries or more; the index table is left empty, readers of
// whole dicts do not need it.
RemoteAddress ObjectBuilder::Keys(const Items& items, DictShape shape) {
  uint8_t log2_size = 3;
  while (uint64_t{1} << log2_size < items.size()) ++log2_size;
  const uint64_t size = uint64_t{1} << log2_size;
  const uint64_t index_bytes = size <= 0xFF ? size : size <= 0xFFFF ? 2 * size : 4 * size;
  const bool new_style = layout_.features.dict_model == DictModel::kCompactLog2;
  const bool with_hash = !new_style || shape == DictShape::kGeneral;
  const uint64_t stride = (with_hash ? 3 : 2) * kWord;
  const DictLayout& fields = layout_.dict;
  const RemoteAddress keys = Allocate(fields.dk_indices.offset + index_bytes + size * stride);
  uint8_t log2_index_bytes = 0;
  while (uint64_t{1} << log2_index_bytes < index_bytes) ++log2_index_bytes;
  Put(keys, fields.dk_size, static_cast<int64_t>(size));
  Put(keys, fields.dk_log2_size, log2_size);
  Put(keys, fields.dk_log2_index_bytes, log2_index_bytes);
  Put(keys, fields.dk_kind, static_cast<uint8_t>(shape));
  Put(keys, fields.dk_nentries, static_cast<int64_t>(items.size()));
  for (size_t i = 0; i < items.size(); ++i) {
    const RemoteAddress entry = fields.dk_indices.At(keys).Plus(index_bytes + i * stride);
    memory_.Set(entry.Plus(with_hash ? kWord : 0), items[i].first);
    if (shape != DictShape::kSplit) {
      memory_.Set(entry.Plus(with_hash ? 2 * kWord : kWord), items[i].second);
    }
  }
  return keys;
}

// A PyDictValues at `at`, or a new one.
RemoteAddress ObjectBuilder::Values(const Items& items, RemoteAddress at) {
  const Field<RemoteAddress> first = layout_.dict.values;
  const uint64_t offset = first.present() ? first.offset : 0;
  const RemoteAddress values = at ? at : Allocate(offset + items.size() * kWord);
  if (offset > 0) memory_.Set<uint32_t>(values, 0x01000000);  // valid
  for (size_t i = 0; i < items.size(); ++i) {
    memory_.Set(values.Plus(offset + i * kWord), items[i].second);
  }
  return values;
}

RemoteAddress ObjectBuilder::Dict(const Items& items, DictShape shape) {
  const RemoteAddress dict = Object(Builtin("dict", kDict), kObjectSize);
  if (layout_.features.dict_model == DictModel::kOpenTable) {
    const RemoteAddress table = Allocate(2 * items.size() * 3 * kWord + 24);
    int64_t slots = 1;
    while (slots < static_cast<int64_t>(2 * items.size())) slots *= 2;
    memory_.Fill(table, static_cast<size_t>(slots) * 3 * kWord);
    next_ += static_cast<uint64_t>(slots) * 3 * kWord;
    for (size_t i = 0; i < items.size(); ++i) {  // every other slot is free
      memory_.Set(table.Plus(2 * i * 3 * kWord + kWord), items[i].first);
      memory_.Set(table.Plus(2 * i * 3 * kWord + 2 * kWord), items[i].second);
    }
    Put(dict, layout_.dict.ma_table, table);
    Put(dict, layout_.dict.ma_mask, slots - 1);
    return dict;
  }
  Put(dict, layout_.dict.ma_keys, Keys(items, shape));
  if (shape == DictShape::kSplit) Put(dict, layout_.dict.ma_values, Values(items, {}));
  return dict;
}

RemoteAddress ObjectBuilder::Instance(const Items& items, InstanceShape shape,
                                      std::string_view type_name) {
  constexpr int64_t kBasicSize = 64;
  constexpr int64_t kDictOffset = 48;
  const InstanceDictModel model = layout_.features.instance_dict;
  if (model == InstanceDictModel::kDictOffset) {
    const RemoteAddress object = Object(Type(type_name, 0, kBasicSize, kDictOffset), kObjectSize);
    memory_.Set(object.Plus(kDictOffset), Dict(items));
    return object;
  }
  const bool values = shape == InstanceShape::kValues;
  const bool is_inline = model == InstanceDictModel::kInlineValues;
  const RemoteAddress type =
      Type(type_name, kManagedDict | (is_inline ? kInlineValues : 0), kBasicSize, -1);
  const RemoteAddress object = Object(type, kObjectSize);
  const auto before = [&](uint64_t words) { return RemoteAddress(object.value() - words * kWord); };
  if (values) Put(type, layout_.type.ht_cached_keys, Keys(items, DictShape::kSplit));
  switch (model) {
    case InstanceDictModel::kManaged311:
      memory_.Set(values ? before(4) : before(3), values ? Values(items, {}) : Dict(items));
      break;
    case InstanceDictModel::kManaged312:
      memory_.Set(before(3), values ? RemoteAddress(Values(items, {}).value() - 1) : Dict(items));
      break;
    default:
      if (values) Values(items, object.Plus(kBasicSize));
      if (!values) memory_.Set(before(layout_.flags.free_threaded ? 1 : 3), Dict(items));
  }
  return object;
}

RemoteAddress ObjectBuilder::Module(RemoteAddress dict) {
  const RemoteAddress module = Object(Builtin("module", 0), kObjectSize);
  Put(module, layout_.module.md_dict, dict);
  return module;
}

void ObjectBuilder::PutFrame(World& world) {
  world.code = Object(Builtin("code", 0), layout_.code.size);
  Put(world.code, layout_.code.filename, Str("app.py"));
  Put(world.code, layout_.code.name, Str("main"));
  world.frame = Allocate(kObjectSize);
  Put(world.frame, layout_.frame_object.f_code, world.code);
  Put(world.frame, layout_.iframe.code, world.code);
  const RemoteAddress cframe = Allocate(64);
  if (layout_.features.frame_model == FrameModel::kCFrame) {
    Put(cframe, layout_.cframe.current_frame, world.frame);
    Put(world.tstate, layout_.thread.cframe, cframe);
  }
  Put(world.tstate, layout_.thread.frame, world.frame);
  Put(world.tstate, layout_.thread.current_frame, world.frame);
}

ObjectBuilder::World ObjectBuilder::Interpreter(uint32_t hexversion) {
  World world;
  world.runtime = Allocate(layout_.runtime.size + 64);
  const PointerField head = layout_.runtime.interpreters_head;
  world.head = head.present() ? head.At(world.runtime) : world.runtime;
  world.interpreter = Allocate(layout_.interpreter.size);
  world.tstate = Allocate(layout_.thread.size);
  memory_.Set(world.head, world.interpreter);
  memory_.Set(world.head.Plus(kWord), world.interpreter);  // main
  Put(world.interpreter, layout_.interpreter.threads_head, world.tstate);
  Put(world.tstate, layout_.thread.interp, world.interpreter);
  Items sys = {{Str("hexversion"), Int(hexversion)},
               {Str("maxunicode"), Int(layout_.flags.ucs2 ? 0xFFFF : 0x10FFFF)}};
  if (layout_.flags.debug) sys.emplace_back(Str("gettotalrefcount"), Int(1));
  world.modules = Dict({});
  Put(world.interpreter, layout_.interpreter.modules, world.modules);
  Put(world.interpreter, layout_.interpreter.sysdict, Dict(sys));
  Put(world.interpreter, layout_.interpreter.builtins, Dict({}));
  PutFrame(world);
  return world;
}

}  // namespace spyhop
