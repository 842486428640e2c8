// ValueRepr: lists, tuples, dicts, sets, deques.
#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "base/absl_view.h"
#include "sampler/python/text_repr.h"
#include "sampler/python/value_repr.h"

namespace spyhop {
namespace {

constexpr size_t kMaxKeyName = 256;
constexpr size_t kMaxFields = 256;
constexpr size_t kMaxEntries = 1 << 20;

}  // namespace

// The items of one container, and what belongs between them.
class ValueRepr::Elements {
 public:
  Elements(ValueRepr& repr, const Subject& subject)
      : repr_(repr), opened_(repr, subject.address()), depth_(subject.depth) {}

  // False when there is no room for another one.
  bool Begin() {
    if (count_++ != 0) repr_.Write(", ");
    if (depth_ < repr_.limits_.depth && !repr_.full()) return true;
    repr_.Write(kLeftOut);
    return false;
  }
  bool Add(RemoteAddress item) {
    if (!Begin()) return false;
    repr_.Append(item, depth_ + 1);
    return true;
  }
  // After the last one; `whole` is false when not all could be read.
  void End(bool whole) {
    if (whole) return;
    broken_ = true;
    repr_.Write(count_ == 0 ? "" : ", ");
    repr_.Write(kUnreadableValue);
  }

  size_t count() const { return count_; }
  bool empty() const { return count_ == 0 && !broken_; }

 private:
  ValueRepr& repr_;
  const Opened opened_;
  const int depth_;
  size_t count_ = 0;
  bool broken_ = false;
};

bool ValueRepr::IsOpen(RemoteAddress object) const {
  return std::find(open_.begin(), open_.end(), object) != open_.end();
}

void ValueRepr::AppendList(const Subject& subject) {
  if (IsOpen(subject.address())) return Write("[...]");
  Write("[");
  Elements elements(*this, subject);
  elements.End(containers_.ForEachOfList(
      subject.header, [&elements](RemoteAddress item) { return elements.Add(item); }));
  Write("]");
}

void ValueRepr::AppendTuple(const Subject& subject) {
  if (IsOpen(subject.address())) return Write("(...)");
  Write("(");
  Elements elements(*this, subject);
  std::string name;  // of a pair's first item
  elements.End(containers_.ForEachOfTuple(subject.header, [&](RemoteAddress item) {
    const bool second = elements.count() == 1;
    if (second && !name.empty() && mask_.Covers(name)) {
      if (elements.Begin()) Write(kMasked);
      return false;
    }
    if (!second) name = NameIn(item);
    return elements.Add(item);
  }));
  Write(elements.count() == 1 ? ",)" : ")");
}

// typing.NamedTuple, too.
void ValueRepr::AppendNamedTuple(const Subject& subject, const std::vector<std::string>& fields) {
  Write(absl::StrCat(AbslView(subject.type.name), "("));
  if (IsOpen(subject.address())) return Write("...)");
  Elements elements(*this, subject);
  elements.End(containers_.ForEachOfTuple(subject.header, [&](RemoteAddress item) {
    const size_t index = elements.count();
    if (!elements.Begin()) return false;
    const std::string name = index < fields.size() ? fields[index] : "";
    if (!name.empty()) Write(absl::StrCat(name, "="));
    if (mask_.Covers(name)) {
      Write(kMasked);
    } else {
      Append(item, subject.depth + 1);
    }
    return true;
  }));
  Write(")");
}

std::vector<std::string> ValueRepr::FieldsOf(const TypeInfo& type) {
  const std::optional<RemoteAddress> fields = types_.Attribute(type.address, "_fields");
  if (!fields) return {};
  const ObjectHeader header(memory_, *fields);
  const TypeInfo* tuple = TypeOf(header);
  std::vector<std::string> names;
  if (tuple == nullptr || tuple->kind != TypeKind::kTuple) return {};
  containers_.ForEachOfTuple(header, [&](RemoteAddress name) {
    names.push_back(objects_.String(name, kMaxKeyName).value_or("?"));
    return names.size() < kMaxFields;
  });
  return names;
}

// What the mask is asked about; empty for a key that is no text.
std::string ValueRepr::NameIn(RemoteAddress key) {
  const ObjectHeader header(memory_, key);
  const TypeInfo* type = TypeOf(header);
  if (type == nullptr) return "";
  if (type->kind == TypeKind::kBytes) {
    const auto bytes = objects_.Bytes(key, kMaxKeyName).value_or(std::vector<uint8_t>());
    return std::string(bytes.begin(), bytes.end());
  }
  const bool text = type->kind == TypeKind::kStr || type->kind == TypeKind::kUnicode;
  return text ? objects_.String(key, kMaxKeyName).value_or("") : "";
}

void ValueRepr::AppendUnderKey(RemoteAddress key, RemoteAddress value, int depth) {
  if (mask_.Covers(NameIn(key))) return Write(kMasked);
  Append(value, depth);
}

void ValueRepr::AppendDict(const Subject& subject) {
  if (IsOpen(subject.address())) return Write("{...}");
  Write("{");
  Elements elements(*this, subject);
  const auto add = [&](RemoteAddress key, RemoteAddress value) {
    if (!elements.Begin()) return false;
    Append(key, subject.depth + 1);
    Write(": ");
    AppendUnderKey(key, value, subject.depth + 1);
    return true;
  };
  elements.End(objects_.ForEachItem(subject.address(), kMaxEntries, add));
  Write("}");
}

// In the dict's order, which move_to_end() does not change.
void ValueRepr::AppendOrderedDict(const Subject& subject) {
  if (IsOpen(subject.address())) return Write("...");
  Write(absl::StrCat(AbslView(subject.type.name), "("));
  const size_t begin = out_.size();
  const bool as_dict = layout_.features.repr_style >= ReprStyle::kOrderedDictOfDict;
  if (as_dict) {
    AppendDict(subject);
  } else {
    Write("[");
    Elements elements(*this, subject);
    const auto add = [&](RemoteAddress key, RemoteAddress value) {
      if (!elements.Begin()) return false;
      Write("(");
      Append(key, subject.depth + 1);
      Write(", ");
      AppendUnderKey(key, value, subject.depth + 1);
      Write(")");
      return true;
    };
    elements.End(objects_.ForEachItem(subject.address(), kMaxEntries, add));
    Write("]");
  }
  if (out_.size() == begin + 2) out_.resize(begin);
  Write(")");
}

// defdictobject (Modules/_collectionsmodule.c): the dict, then its factory.
void ValueRepr::AppendDefaultDict(const Subject& subject) {
  Write(absl::StrCat(AbslView(subject.type.name), "("));
  const auto factory = memory_.ReadPointer(subject.address().Plus(layout_.dict.size));
  if (!factory) {
    Write(kUnreadableValue);
  } else if (factory->is_null()) {
    Write("None");
  } else {
    Append(*factory, subject.depth + 1);
  }
  Write(", ");
  AppendDict(subject);
  Write(")");
}

// set_repr (Objects/setobject.c): `{1}`, with its name where that is not set, and in 2.7.
void ValueRepr::AppendSet(const Subject& subject) {
  const std::string& name = subject.type.name;
  const bool bare = !python2() && subject.type.kind == TypeKind::kSet && !subject.type.on_heap;
  if (IsOpen(subject.address())) return Write(absl::StrCat(AbslView(name), "(...)"));
  const size_t begin = out_.size();
  if (!bare) Write(absl::StrCat(AbslView(name), "("));
  Write(python2() ? "[" : "{");
  Elements elements(*this, subject);
  elements.End(containers_.ForEachOfSet(
      subject.header, [&elements](RemoteAddress item) { return elements.Add(item); }));
  Write(python2() ? "]" : "}");
  if (!bare) Write(")");
  if (!elements.empty() || python2()) return;
  out_.resize(begin);
  Write(absl::StrCat(AbslView(name), "()"));
}

// deque_repr (Modules/_collectionsmodule.c).
void ValueRepr::AppendDeque(const Subject& subject) {
  if (IsOpen(subject.address())) return Write("[...]");
  Write(absl::StrCat(AbslView(subject.type.name), "(["));
  Elements elements(*this, subject);
  elements.End(containers_.ForEachOfDeque(
      subject.header, [&elements](RemoteAddress item) { return elements.Add(item); }));
  Write("]");
  const auto most = subject.header.Get(layout_.deque.maxlen);
  if (most && *most >= 0) Write(absl::StrCat(", maxlen=", *most));
  Write(")");
}

}  // namespace spyhop
