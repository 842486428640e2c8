// ValueRepr: instances, exceptions, and what is shown in a short form.
#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/absl_view.h"
#include "sampler/python/text_repr.h"
#include "sampler/python/value_repr.h"

namespace spyhop {
namespace {

constexpr size_t kMaxShortName = 256;
constexpr size_t kMaxPath = 4096;
constexpr size_t kMaxAttributes = 256;
constexpr uint32_t kMaxDimensions = 64;

std::string Hex(RemoteAddress address) { return absl::StrCat("0x", absl::Hex(address.value())); }

bool IsBuiltIn(TypeKind kind) {
  return kind != TypeKind::kObject && kind != TypeKind::kException && kind != TypeKind::kType &&
         kind != TypeKind::kArray;
}

}  // namespace

std::string ValueRepr::StringAt(RemoteAddress object) {
  return objects_.String(object, kMaxPath).value_or("?");
}

std::string ValueRepr::StringOf(const ObjectHeader& header, const PointerField& field) {
  return StringAt(header.Get(field).value_or(RemoteAddress()));
}

// Its class has a __repr__ that is not the built-in type's: a well-known one, or the value behind
// the class's name.
void ValueRepr::AppendWithOwnRepr(const Subject& subject) {
  if (AppendEnumMember(subject)) return;
  if (subject.type.kind == TypeKind::kTuple) {
    const std::vector<std::string> fields = FieldsOf(subject.type);
    if (!fields.empty()) return AppendNamedTuple(subject, fields);
  }
  if (subject.type.kind == TypeKind::kArray) return AppendArray(subject);
  if (!subject.type.on_heap || !IsBuiltIn(subject.type.kind)) return AppendSubject(subject);
  Write(absl::StrCat(AbslView(subject.type.name), "("));
  AppendSubject(subject);
  Write(")");
}

// <Color.RED: 1>, Enum.__repr__ of Lib/enum.py; a member has both attributes, and its class a
// metaclass of that module.
bool ValueRepr::AppendEnumMember(const Subject& subject) {
  const ObjectHeader type(memory_, subject.type.address);
  const TypeInfo* meta = TypeOf(type);
  if (meta == nullptr || meta->kind != TypeKind::kType || meta->module != "enum") return false;
  const auto name = objects_.Attribute(subject.address(), "_name_");
  const auto value = objects_.Attribute(subject.address(), "_value_");
  if (!name || !value || *value == subject.address()) return false;
  const std::string text = objects_.String(*name, kMaxShortName).value_or("");
  Write(absl::StrCat("<", AbslView(subject.type.name)));
  if (!text.empty()) Write(absl::StrCat(".", text));
  Write(": ");
  Append(*value, subject.depth + 1);
  Write(">");
  return true;
}

// Point(x=1, y=2), as dataclasses write it.
void ValueRepr::AppendInstance(const Subject& subject) {
  if (subject.type.kind == TypeKind::kArray) return AppendArray(subject);
  Attributes attributes;
  for (const TypeSlot& slot : subject.type.slots) {
    const auto value =
        memory_.ReadPointer(subject.address().Plus(static_cast<uint64_t>(slot.offset)));
    if (value && *value) attributes.emplace_back(slot.name, *value);
  }
  objects_.ForEachAttribute(subject.address(), kMaxAttributes,
                            [&](RemoteAddress key, RemoteAddress value) {
                              attributes.emplace_back(NameIn(key), value);
                              return true;
                            });
  AppendAttributes(subject, subject.type.qualname, attributes);
}

void ValueRepr::AppendAttributes(const Subject& subject, const std::string& name,
                                 const Attributes& attributes) {
  if (attributes.empty()) return AppendShort(subject);
  if (IsOpen(subject.address())) return Write("...");
  Write(absl::StrCat(name, "("));
  const Opened opened(*this, subject.address());
  const char* separator = "";
  for (const auto& [attribute, value] : attributes) {
    Write(separator);
    separator = ", ";
    if (full() || subject.depth >= limits_.depth) {
      Write(kLeftOut);
      break;
    }
    Write(absl::StrCat(attribute, "="));
    if (mask_.Covers(attribute)) {
      Write(kMasked);
    } else {
      Append(value, subject.depth + 1);
    }
  }
  Write(")");
}

// 2.7: PyInstanceObject and PyClassObject (Include/classobject.h).
void ValueRepr::AppendOldInstance(const Subject& subject) {
  const OldStyleLayout& fields = layout_.old_style;
  if (subject.type.kind == TypeKind::kOldClass) {
    const auto dict = subject.header.Get(fields.cl_dict);
    const auto module = dict ? objects_.Item(*dict, "__module__") : std::nullopt;
    return Write(absl::StrCat("<class ", StringAt(module.value_or(RemoteAddress())), ".",
                              StringOf(subject.header, fields.cl_name), " at ",
                              Hex(subject.address()), ">"));
  }
  const ObjectHeader old_class(memory_,
                               subject.header.Get(fields.in_class).value_or(RemoteAddress()));
  const auto dict = subject.header.Get(fields.in_dict);
  Attributes attributes;
  objects_.ForEachItem(dict.value_or(RemoteAddress()), kMaxAttributes,
                       [&](RemoteAddress key, RemoteAddress value) {
                         attributes.emplace_back(NameIn(key), value);
                         return true;
                       });
  AppendAttributes(subject, StringOf(old_class, fields.cl_name), attributes);
}

// BaseException_repr (Objects/exceptions.c).
void ValueRepr::AppendException(const Subject& subject) {
  Write(subject.type.name);
  const ObjectHeader args(memory_,
                          subject.header.Get(layout_.simple.args).value_or(RemoteAddress()));
  const TypeInfo* tuple = TypeOf(args);
  if (tuple == nullptr || tuple->kind != TypeKind::kTuple) return Write("()");
  const bool comma = layout_.features.repr_style <= ReprStyle::kCommaAfterArgument;
  AppendTuple({args, *tuple, subject.depth});
  if (!comma && args.Get(layout_.object.ob_size) == 1 && out_.ends_with(",)")) {
    out_.erase(out_.size() - 2, 1);
  }
}

void ValueRepr::AppendFunction(const Subject& subject) {
  const CallableLayout& fields = layout_.callable;
  const PointerField& name = fields.qualname.present() ? fields.qualname : fields.name;
  Write(absl::StrCat("<function ", StringOf(subject.header, name), " at ", Hex(subject.address()),
                     ">"));
}

// meth_repr (Objects/methodobject.c).
void ValueRepr::AppendBuiltin(const Subject& subject) {
  const CallableLayout& fields = layout_.callable;
  const auto method = subject.header.Get(fields.m_ml);
  const auto text = method ? memory_.ReadPointer(*method) : std::nullopt;
  const std::string name =
      objects_.CString(text.value_or(RemoteAddress()), kMaxShortName).value_or("?");
  const RemoteAddress self = subject.header.Get(fields.m_self).value_or(RemoteAddress());
  const TypeInfo* type = self ? TypeOf(ObjectHeader(memory_, self)) : nullptr;
  if (type == nullptr || type->kind == TypeKind::kModule) {
    return Write(absl::StrCat("<built-in function ", name, ">"));
  }
  const std::string full = type->on_heap ? type->name : type->FullName();
  Write(absl::StrCat("<built-in method ", name, " of ", full, " object at ", Hex(self), ">"));
}

void ValueRepr::AppendMethod(const Subject& subject) {
  const CallableLayout& fields = layout_.callable;
  const ObjectHeader function(memory_,
                              subject.header.Get(fields.im_func).value_or(RemoteAddress()));
  const TypeInfo* type = TypeOf(function);
  std::string name = "?";
  if (type != nullptr && type->kind == TypeKind::kFunction) {
    name = StringOf(function, fields.qualname.present() ? fields.qualname : fields.name);
  }
  if (fields.im_class.present()) {
    const RemoteAddress owner = subject.header.Get(fields.im_class).value_or(RemoteAddress());
    const TypeInfo* info = types_.Find(owner);
    const ObjectHeader old_class(memory_, owner);
    name = absl::StrCat(
        info != nullptr ? info->name : StringOf(old_class, layout_.old_style.cl_name), ".", name);
  }
  const RemoteAddress self = subject.header.Get(fields.im_self).value_or(RemoteAddress());
  if (!self) return Write(absl::StrCat("<unbound method ", name, ">"));
  Write(absl::StrCat("<bound method ", name, " of "));
  Append(self, subject.depth + 1);
  Write(">");
}

void ValueRepr::AppendGenerator(const Subject& subject) {
  const GeneratorLayout& fields = layout_.generator;
  const bool qualified = fields.gi_qualname.present();
  const ObjectHeader code(memory_, subject.header.Get(fields.gi_code).value_or(RemoteAddress()));
  const std::string name =
      qualified ? StringOf(subject.header, fields.gi_qualname) : StringOf(code, layout_.code.name);
  Write(absl::StrCat("<", AbslView(subject.type.name), " object ", name, " at ",
                     Hex(subject.address()), ">"));
}

void ValueRepr::AppendCode(const Subject& subject) {
  const CodeLayout& fields = layout_.code;
  const auto line = subject.header.Get(fields.firstlineno);
  Write(absl::StrCat("<code object ", StringOf(subject.header, fields.name), " at ",
                     Hex(subject.address()), ", file \"", StringOf(subject.header, fields.filename),
                     "\", line ", line.value_or(0), ">"));
}

// _module_repr_from_spec (Lib/importlib/_bootstrap.py), module_repr of 2.7. Up to 3.8 the spec of a
// built-in module does not say so, only its loader.
void ValueRepr::AppendModule(const Subject& subject) {
  const auto dict = objects_.ModuleDict(subject.address());
  if (!dict) return Write(kUnreadableValue);
  const auto text = [&](std::optional<RemoteAddress> object) {
    return object ? objects_.String(*object, kMaxPath).value_or("") : "";
  };
  Write(absl::StrCat("<module '", text(objects_.Item(*dict, "__name__")), "'"));
  const auto spec = objects_.Item(*dict, "__spec__");
  const auto origin = spec ? objects_.Attribute(*spec, "origin") : std::nullopt;
  const std::string place = text(origin);
  const std::string file = text(objects_.Item(*dict, "__file__"));
  const auto located = spec ? objects_.Attribute(*spec, "_set_fileattr") : std::nullopt;
  const TypeInfo* loader =
      types_.Find(objects_.Item(*dict, "__loader__").value_or(RemoteAddress()));
  if (!place.empty() && !(located && objects_.Integer(*located) == 1)) {
    Write(absl::StrCat(" (", place, ")"));
  } else if (!place.empty() || !file.empty()) {
    Write(absl::StrCat(" from '", place.empty() ? file : place, "'"));
  } else if (python2() || (loader != nullptr && loader->name == "BuiltinImporter")) {
    Write(" (built-in)");
  }
  Write(">");
}

// type_repr (Objects/typeobject.c), EnumType.__repr__ (Lib/enum.py).
void ValueRepr::AppendType(const Subject& subject) {
  const TypeInfo* type = types_.Find(subject.address());
  if (type == nullptr) return Write(kUnreadableValue);
  if (subject.type.own_repr && subject.type.module == "enum") {
    return Write(absl::StrCat("<enum '", type->name, "'>"));
  }
  const bool old = python2() && !type->on_heap;
  Write(absl::StrCat(old ? "<type '" : "<class '", type->FullName(), "'>"));
}

void ValueRepr::AppendCell(const Subject& subject) {
  const RemoteAddress held = subject.header.Get(layout_.simple.cell_ref).value_or(RemoteAddress());
  const TypeInfo* type = held ? TypeOf(ObjectHeader(memory_, held)) : nullptr;
  Write(absl::StrCat("<cell at ", Hex(subject.address()), ": "));
  if (type == nullptr) return Write("empty>");
  Write(absl::StrCat(type->on_heap ? type->name : type->FullName(), " object at ", Hex(held), ">"));
}

// PyArrayObject and PyArray_Descr of numpy's C API (numpy/ndarraytypes.h): data, nd, dimensions,
// strides, base, descr; typeobj first in the descriptor.
void ValueRepr::AppendArray(const Subject& subject) {
  const uint32_t head = layout_.object.size;
  const auto count = subject.header.Get(Field<uint32_t>{head + 8});
  const auto shape = subject.header.Get(PointerField{head + 16});
  const auto descriptor = subject.header.Get(PointerField{head + 40});
  if (!count || !shape || !descriptor || *count > kMaxDimensions) return Write(kUnreadableValue);
  std::vector<int64_t> sizes(*count);
  if (!memory_.ReadAll(*shape, sizes.data(), sizes.size() * sizeof(int64_t))) {
    return Write(kUnreadableValue);
  }
  const auto type = memory_.ReadPointer(descriptor->Plus(head));
  const TypeInfo* info = types_.Find(type.value_or(RemoteAddress()));
  Write(absl::StrCat("<numpy.ndarray shape=(", absl::StrJoin(sizes, ", "),
                     sizes.size() == 1 ? ",)" : ")",
                     " dtype=", info == nullptr ? "?" : AbslView(info->name), ">"));
}

// object_repr (Objects/typeobject.c).
void ValueRepr::AppendShort(const Subject& subject) {
  Write(absl::StrCat("<", subject.type.FullName(), " object at ", Hex(subject.address()), ">"));
}

}  // namespace spyhop
