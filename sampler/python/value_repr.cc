#include "sampler/python/value_repr.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>

#include "absl/strings/str_cat.h"
#include "base/absl_view.h"
#include "sampler/python/number_repr.h"
#include "sampler/python/text_repr.h"

namespace spyhop {
namespace {

// A text gets so much even where others have used up the room.
constexpr size_t kLeastText = 24;
// Some 9,000 decimal digits; Python itself refuses to write more than 4,300 (sys.int_info).
constexpr uint64_t kMaxDigits = 1024;
constexpr uint64_t kMaxDigitsClaimed = uint64_t{1} << 40;

}  // namespace

ValueRepr::ValueRepr(RemoteMemory& memory, const Layout& layout, const ReprLimits& limits,
                     const NameMask& mask)
    : memory_(memory),
      layout_(layout),
      limits_(limits),
      mask_(mask),
      objects_(memory, layout),
      containers_(memory, layout),
      types_(memory, layout) {}

ValueRepr::Result ValueRepr::Of(RemoteAddress object) {
  out_.clear();
  open_.clear();
  Append(object, 0);
  const TypeInfo* type = TypeOf(ObjectHeader(memory_, object));
  return {std::move(out_), type == nullptr ? "" : type->FullName()};
}

ValueRepr::Result ValueRepr::Masked(RemoteAddress object) {
  const TypeInfo* type = TypeOf(ObjectHeader(memory_, object));
  return {kMasked, type == nullptr ? "" : type->FullName()};
}

const TypeInfo* ValueRepr::TypeOf(const ObjectHeader& header) {
  const auto type = header.Get(layout_.object.ob_type);
  return type ? types_.Find(*type) : nullptr;
}

size_t ValueRepr::room() const {
  return std::max(limits_.length - std::min(limits_.length, out_.size()), kLeastText);
}

// PyObject_Repr (Objects/object.c) writes <NULL>, too.
void ValueRepr::Append(RemoteAddress object, int depth) {
  if (object.is_null()) return Write("<NULL>");
  if (depth > limits_.depth + 1 || (depth > 0 && full())) return Write(kLeftOut);
  const ObjectHeader header(memory_, object);
  const TypeInfo* type = TypeOf(header);
  if (type == nullptr) return Write(kUnreadableValue);
  const Subject subject{header, *type, depth};
  if (type->own_repr) return AppendWithOwnRepr(subject);
  AppendSubject(subject);
}

void ValueRepr::AppendSubject(const Subject& subject) {
  if (AppendAtom(subject) || AppendContainer(subject) || AppendCallable(subject)) return;
  AppendInstance(subject);
}

bool ValueRepr::AppendAtom(const Subject& subject) {
  switch (subject.type.kind) {
    case TypeKind::kNone:
      Write("None");
      return true;
    case TypeKind::kEllipsis:
      Write("Ellipsis");
      return true;
    case TypeKind::kNotImplemented:
      Write("NotImplemented");
      return true;
    case TypeKind::kBool:
    case TypeKind::kInt:
    case TypeKind::kLong:
      AppendInteger(subject);
      return true;
    case TypeKind::kFloat:
      AppendFloat(subject);
      return true;
    case TypeKind::kComplex:
      AppendComplex(subject);
      return true;
    case TypeKind::kStr:
    case TypeKind::kUnicode:
      AppendText(subject);
      return true;
    case TypeKind::kBytes:
      AppendBytes(subject, "b");
      return true;
    case TypeKind::kByteArray:
      AppendByteArray(subject);
      return true;
    case TypeKind::kRange:
      AppendRange(subject);
      return true;
    case TypeKind::kSlice:
      AppendSlice(subject);
      return true;
    default:
      return false;
  }
}

bool ValueRepr::AppendContainer(const Subject& subject) {
  switch (subject.type.kind) {
    case TypeKind::kList:
      AppendList(subject);
      return true;
    case TypeKind::kTuple:
      AppendTuple(subject);
      return true;
    case TypeKind::kDict:
      AppendDict(subject);
      return true;
    case TypeKind::kOrderedDict:
      AppendOrderedDict(subject);
      return true;
    case TypeKind::kDefaultDict:
      AppendDefaultDict(subject);
      return true;
    case TypeKind::kSet:
    case TypeKind::kFrozenSet:
      AppendSet(subject);
      return true;
    case TypeKind::kDeque:
      AppendDeque(subject);
      return true;
    case TypeKind::kException:
      AppendException(subject);
      return true;
    default:
      return false;
  }
}

bool ValueRepr::AppendCallable(const Subject& subject) {
  switch (subject.type.kind) {
    case TypeKind::kFunction:
      AppendFunction(subject);
      return true;
    case TypeKind::kBuiltin:
      AppendBuiltin(subject);
      return true;
    case TypeKind::kMethod:
      AppendMethod(subject);
      return true;
    case TypeKind::kGenerator:
      AppendGenerator(subject);
      return true;
    case TypeKind::kCode:
      AppendCode(subject);
      return true;
    case TypeKind::kModule:
      AppendModule(subject);
      return true;
    case TypeKind::kType:
      AppendType(subject);
      return true;
    case TypeKind::kCell:
      AppendCell(subject);
      return true;
    case TypeKind::kOldInstance:
    case TypeKind::kOldClass:
      AppendOldInstance(subject);
      return true;
    default:
      return false;
  }
}

void ValueRepr::AppendInteger(const Subject& subject) {
  const LongLayout& fields = layout_.integer;
  const TypeKind kind = subject.type.kind;
  std::string text;
  if (fields.ival.present() && kind != TypeKind::kLong) {
    const auto value = subject.header.Get(fields.ival);
    if (!value) return Write(kUnreadableValue);
    text = absl::StrCat(*value);
  } else {
    // Include/cpython/longintrepr.h, 3.12: sign in the low bits (0, 1 = zero, 2 = negative).
    const auto tag = subject.header.Get(fields.lv_tag);
    const auto size = subject.header.Get(fields.ob_size);
    if (!tag && !size) return Write(kUnreadableValue);
    const bool negative = tag ? (*tag & 3) == 2 : *size < 0;
    const uint64_t count = tag         ? *tag >> 3
                           : *size < 0 ? ~static_cast<uint64_t>(*size) + 1
                                       : static_cast<uint64_t>(*size);
    if (count > kMaxDigitsClaimed) return Write(kUnreadableValue);
    if (count > kMaxDigits) return Write(absl::StrCat("<int of ", count * 30, " bits>"));
    std::vector<uint32_t> digits(count);
    const RemoteAddress first = fields.ob_digit.At(subject.address());
    if (!memory_.ReadAll(first, digits.data(), count * sizeof(uint32_t))) {
      return Write(kUnreadableValue);
    }
    text = Decimal(digits, negative);
  }
  if (kind == TypeKind::kBool) return Write(text == "0" ? "False" : "True");
  if (text.size() > room()) return Write(absl::StrCat(text.substr(0, room()), kLeftOut));
  Write(kind == TypeKind::kLong ? absl::StrCat(text, "L") : text);
}

void ValueRepr::AppendFloat(const Subject& subject) {
  const auto bits = subject.header.Get(layout_.simple.real);
  Write(bits ? FloatRepr(std::bit_cast<double>(*bits)) : kUnreadableValue);
}

void ValueRepr::AppendComplex(const Subject& subject) {
  const auto real = subject.header.Get(layout_.simple.real);
  const auto imag = subject.header.Get(layout_.simple.imag);
  if (!real || !imag) return Write(kUnreadableValue);
  Write(ComplexRepr(std::bit_cast<double>(*real), std::bit_cast<double>(*imag)));
}

void ValueRepr::AppendText(const Subject& subject) {
  if (python2() && subject.type.kind == TypeKind::kStr) return AppendBytes(subject, "");
  const size_t most = room();
  const std::optional<TextCopy> text = objects_.Text(subject.address(), most);
  if (!text) return Write(kUnreadableValue);
  if (python2()) Write("u");
  Write(StrRepr(text->bytes, text->units, python2(), text->more, most));
}

void ValueRepr::AppendBytes(const Subject& subject, const char* prefix) {
  const auto size = subject.header.Get(layout_.bytes.ob_size);
  if (!size || *size < 0) return Write(kUnreadableValue);
  const size_t most = room();
  std::vector<uint8_t> bytes(std::min(static_cast<uint64_t>(*size), uint64_t{most}));
  const RemoteAddress first = layout_.bytes.ob_sval.At(subject.address());
  if (!memory_.ReadAll(first, bytes.data(), bytes.size())) return Write(kUnreadableValue);
  Write(prefix);
  Write(BytesRepr(bytes, false, static_cast<uint64_t>(*size) > bytes.size(), most));
}

void ValueRepr::AppendByteArray(const Subject& subject) {
  const auto size = subject.header.Get(layout_.object.ob_size);
  const auto first = subject.header.Get(layout_.simple.bytearray);
  if (!size || !first || *size < 0) return Write(kUnreadableValue);
  const size_t most = room();
  const bool escape_single = layout_.features.repr_style < ReprStyle::kByteArrayAsBytes;
  std::vector<uint8_t> bytes(std::min(static_cast<uint64_t>(*size), uint64_t{most}));
  if (!bytes.empty() && !memory_.ReadAll(*first, bytes.data(), bytes.size())) {
    return Write(kUnreadableValue);
  }
  const bool more = static_cast<uint64_t>(*size) > bytes.size();
  Write(absl::StrCat(AbslView(subject.type.name), "(b", BytesRepr(bytes, escape_single, more, most),
                     ")"));
}

// range_repr (Objects/rangeobject.c); 2.7 keeps numbers, and gives up those it can.
void ValueRepr::AppendRange(const Subject& subject) {
  const RangeLayout& fields = layout_.range;
  const auto start = subject.header.Get(fields.start);
  const auto step = subject.header.Get(fields.step);
  if (!start || !step) return Write(kUnreadableValue);
  if (fields.length.present()) {
    const auto length = subject.header.Get(fields.length);
    if (!length) return Write(kUnreadableValue);
    const auto stop =
        static_cast<int64_t>(start->value() + static_cast<uint64_t>(*length) * step->value());
    const auto first = static_cast<int64_t>(start->value());
    const auto by = static_cast<int64_t>(step->value());
    if (first == 0 && by == 1) return Write(absl::StrCat("xrange(", stop, ")"));
    if (by == 1) return Write(absl::StrCat("xrange(", first, ", ", stop, ")"));
    return Write(absl::StrCat("xrange(", first, ", ", stop, ", ", by, ")"));
  }
  const auto stop = subject.header.Get(fields.stop);
  if (!stop) return Write(kUnreadableValue);
  Write("range(");
  Append(*start, subject.depth + 1);
  Write(", ");
  Append(*stop, subject.depth + 1);
  if (objects_.Integer(*step) != 1) {
    Write(", ");
    Append(*step, subject.depth + 1);
  }
  Write(")");
}

void ValueRepr::AppendSlice(const Subject& subject) {
  const SimpleLayout& fields = layout_.simple;
  const char* separator = "slice(";
  for (const PointerField& field : {fields.start, fields.stop, fields.step}) {
    Write(separator);
    Append(subject.header.Get(field).value_or(RemoteAddress()), subject.depth + 1);
    separator = ", ";
  }
  Write(")");
}

}  // namespace spyhop
