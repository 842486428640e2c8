#include "sampler/python/type_reader.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace spyhop {
namespace {

// tp_flags (Include/object.h): the same in 2.7 and 3.x.
constexpr uint64_t kHeapType = 1 << 9;
constexpr uint64_t kReady = 1 << 12;
constexpr uint64_t kTypeSubclass = uint64_t{1} << 31;

constexpr int kMaxBases = 64;
constexpr size_t kMaxTypeName = 256;
constexpr size_t kMaxSlots = 256;
constexpr int64_t kMaxBasicSize = 1 << 20;
constexpr size_t kMaxTypes = 10'000;
constexpr int32_t kObjectMember = 16;  // T_OBJECT_EX (Include/structmember.h)

struct KindName {
  std::string_view name;  // tp_name
  TypeKind kind;
};

constexpr KindName kKinds[] = {
    {"object", TypeKind::kObject},
    {"NoneType", TypeKind::kNone},
    {"ellipsis", TypeKind::kEllipsis},
    {"NotImplementedType", TypeKind::kNotImplemented},
    {"bool", TypeKind::kBool},
    {"int", TypeKind::kInt},
    {"long", TypeKind::kLong},
    {"float", TypeKind::kFloat},
    {"complex", TypeKind::kComplex},
    {"str", TypeKind::kStr},
    {"unicode", TypeKind::kUnicode},
    {"bytes", TypeKind::kBytes},
    {"bytearray", TypeKind::kByteArray},
    {"list", TypeKind::kList},
    {"tuple", TypeKind::kTuple},
    {"dict", TypeKind::kDict},
    {"collections.defaultdict", TypeKind::kDefaultDict},
    {"collections.OrderedDict", TypeKind::kOrderedDict},
    {"set", TypeKind::kSet},
    {"frozenset", TypeKind::kFrozenSet},
    {"collections.deque", TypeKind::kDeque},
    {"range", TypeKind::kRange},
    {"xrange", TypeKind::kRange},
    {"slice", TypeKind::kSlice},
    {"function", TypeKind::kFunction},
    {"builtin_function_or_method", TypeKind::kBuiltin},
    {"method", TypeKind::kMethod},
    {"instancemethod", TypeKind::kMethod},
    {"generator", TypeKind::kGenerator},
    {"coroutine", TypeKind::kGenerator},
    {"async_generator", TypeKind::kGenerator},
    {"code", TypeKind::kCode},
    {"module", TypeKind::kModule},
    {"type", TypeKind::kType},
    {"BaseException", TypeKind::kException},
    {"exceptions.BaseException", TypeKind::kException},
    {"cell", TypeKind::kCell},
    {"numpy.ndarray", TypeKind::kArray},
    {"instance", TypeKind::kOldInstance},
    {"classobj", TypeKind::kOldClass},
};

std::optional<TypeKind> KindOf(std::string_view name) {
  const auto* found = std::find_if(std::begin(kKinds), std::end(kKinds),
                                   [name](const KindName& each) { return each.name == name; });
  if (found == std::end(kKinds)) return std::nullopt;
  return found->kind;
}

}  // namespace

struct TypeReader::Head {
  RemoteAddress address;
  uint64_t flags = 0;
  std::string name;  // tp_name
  RemoteAddress repr;
  RemoteAddress base;
  RemoteAddress members;

  // A class statement gives a name without a dot; a type that C makes has its module before it.
  bool is_python_class() const {
    return (flags & kHeapType) != 0 && name.find('.') == std::string::npos;
  }
};

TypeReader::TypeReader(RemoteMemory& memory, const Layout& layout)
    : memory_(memory), layout_(layout), objects_(memory, layout) {}

const TypeInfo* TypeReader::Find(RemoteAddress address) {
  const auto found = types_.find(address);
  if (found != types_.end()) return found->second.get();
  std::unique_ptr<TypeInfo> info = Read(address);
  if (types_.size() >= kMaxTypes) return nullptr;
  return (types_[address] = std::move(info)).get();
}

// Its own type is `type` or derives from it, which a flag of that tells.
bool TypeReader::IsType(RemoteAddress address) {
  const std::optional<RemoteAddress> meta = objects_.Type(address);
  if (!meta) return false;
  const auto flags = memory_.Read<uint64_t>(layout_.type.tp_flags.At(*meta));
  return flags && (*flags & kTypeSubclass) != 0;
}

std::optional<TypeReader::Head> TypeReader::ReadHead(RemoteAddress address) {
  const TypeLayout& fields = layout_.type;
  if (!address.MayHoldPointer() || !IsType(address)) return std::nullopt;
  std::vector<uint8_t> copy(fields.size);
  if (!memory_.ReadAll(address, copy.data(), copy.size())) return std::nullopt;
  Head head{.address = address,
            .flags = fields.tp_flags.In(copy.data()),
            .name = {},
            .repr = fields.tp_repr.In(copy.data()),
            .base = fields.tp_base.In(copy.data()),
            .members = fields.tp_members.In(copy.data())};
  const int64_t size = fields.tp_basicsize.In(copy.data());
  if ((head.flags & kReady) == 0 || size < 0 || size > kMaxBasicSize) return std::nullopt;
  head.name = objects_.CString(fields.tp_name.In(copy.data()), kMaxTypeName).value_or("");
  if (head.name.empty()) return std::nullopt;
  return head;
}

std::unique_ptr<TypeInfo> TypeReader::Read(RemoteAddress address) {
  const std::optional<Head> own = ReadHead(address);
  if (!own) return nullptr;
  auto info = std::make_unique<TypeInfo>();
  info->address = address;
  info->on_heap = own->is_python_class();
  ReadNames(*own, *info);
  std::optional<Head> type = own;
  for (int i = 0; i < kMaxBases && type; ++i) {
    ReadSlots(*type, info->slots);
    const std::optional<TypeKind> kind =
        type->is_python_class() ? std::nullopt : KindOf(type->name);
    if (kind) {
      info->kind = *kind;
      info->own_repr = own->repr != type->repr;
      return info;
    }
    if (!type->base) break;
    type = ReadHead(type->base);
  }
  return nullptr;
}

void TypeReader::ReadNames(const Head& head, TypeInfo& info) {
  const size_t dot = head.name.rfind('.');
  info.name = dot == std::string::npos ? head.name : head.name.substr(dot + 1);
  info.qualname = info.name;
  if (!head.is_python_class()) {
    if (dot != std::string::npos) info.module = head.name.substr(0, dot);
    return;
  }
  const TypeLayout& fields = layout_.type;
  if (fields.ht_qualname.present()) {
    const auto qualname = memory_.ReadPointer(fields.ht_qualname.At(head.address));
    info.qualname =
        objects_.String(qualname.value_or(RemoteAddress()), kMaxTypeName).value_or(info.name);
  }
  const auto dict = memory_.ReadPointer(fields.tp_dict.At(head.address));
  const auto module = dict ? objects_.Item(*dict, "__module__") : std::nullopt;
  info.module = objects_.String(module.value_or(RemoteAddress()), kMaxTypeName).value_or("");
  if (info.module == "builtins" || info.module == "__builtin__") info.module.clear();
}

// Those of a base come before those of what derives from it.
void TypeReader::ReadSlots(const Head& head, std::vector<TypeSlot>& slots) {
  const MemberLayout& fields = layout_.member;
  if (!head.is_python_class() || !head.members) return;
  std::vector<TypeSlot> own;
  std::vector<uint8_t> copy(fields.size);
  for (RemoteAddress member = head.members; own.size() + slots.size() < kMaxSlots;
       member = member.Plus(fields.size)) {
    if (!memory_.ReadAll(member, copy.data(), copy.size())) break;
    const RemoteAddress name = fields.name.In(copy.data());
    if (!name) break;
    const int64_t offset = fields.offset.In(copy.data());
    if (fields.kind.In(copy.data()) != kObjectMember || offset <= 0 || offset > kMaxBasicSize) {
      continue;
    }
    own.push_back({objects_.CString(name, kMaxTypeName).value_or("?"), offset});
  }
  slots.insert(slots.begin(), own.begin(), own.end());
}

std::optional<RemoteAddress> TypeReader::Attribute(RemoteAddress type, std::string_view name) {
  for (int i = 0; i < kMaxBases && type.MayHoldPointer() && IsType(type); ++i) {
    const auto dict = memory_.ReadPointer(layout_.type.tp_dict.At(type));
    const auto item = dict ? objects_.Item(*dict, name) : std::nullopt;
    if (item) return item;
    type = memory_.ReadPointer(layout_.type.tp_base.At(type)).value_or(RemoteAddress());
  }
  return std::nullopt;
}

}  // namespace spyhop
