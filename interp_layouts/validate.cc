#include "interp_layouts/validate.h"

#include <bit>
#include <cstdint>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace spyhop {
namespace {

// The runtime and the interpreter hold caches; the rest are a few hundred bytes.
constexpr uint32_t kMaxState = 1 << 20;
constexpr uint32_t kMaxThread = 1 << 16;
// Also for fields whose struct's size is not in the layout.
constexpr uint32_t kMaxHeader = 1 << 12;

struct FieldView {
  absl::string_view group;
  absl::string_view name;
  uint32_t offset = kAbsent;
  uint32_t width = 0;  // 1: a place, or a byte
};

absl::Status Bad(const FieldView& field, absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat(field.group, ".", field.name, " at offset ", field.offset, " ", what));
}

// Groups in which several CPython structs are described at once, or whose fields may lie behind
// the struct: their size does not bound them.
bool SizeBounds(absl::string_view group) {
  return group != "object" && group != "type" && group != "dict";
}

// Of these every field is a member of one struct, so no two may share bytes.
bool OneStruct(absl::string_view group) {
  return SizeBounds(group) && group != "integer" && group != "sequence" && group != "simple" &&
         group != "callable" && group != "old_style";
}

uint32_t MaxSize(absl::string_view group) {
  if (group == "runtime" || group == "interpreter") return kMaxState;
  return group == "thread" ? kMaxThread : kMaxHeader;
}

class Validator {
 public:
  explicit Validator(const Layout& layout) : layout_(layout) {}

  absl::Status Check() {
    CheckVersions();
    CheckFields();
    CheckNeeded();
    CheckParts();
    return status_;
  }

 private:
  void Fail(absl::Status status) { status_.Update(status); }

  void CheckVersions();
  void CheckFields();
  void CheckNeeded();
  void CheckFrames();
  void CheckGil();
  void CheckStrings();
  void CheckDicts();
  void CheckParts();

  void BeginGroup(absl::string_view group, uint32_t size);
  void CheckField(const FieldView& field);
  void CheckOverlap(const FieldView& field);
  void Need(bool present, absl::string_view name) {
    if (!present) Fail(absl::InvalidArgumentError(absl::StrCat(name, " is missing")));
  }

  const Layout& layout_;
  absl::Status status_;
  uint32_t group_size_ = 0;
  FieldView seen_[32];  // fields of the group at hand
  size_t seen_count_ = 0;
};

void Validator::CheckVersions() {
  const PyVersion first = layout_.first;
  const PyVersion last = layout_.last;
  if (first > last || first.major != last.major || first.minor != last.minor) {
    Fail(absl::InvalidArgumentError(
        absl::StrCat("versions ", first.ToString(), " to ", last.ToString(), " are not a range")));
  }
}

void Validator::BeginGroup(absl::string_view group, uint32_t size) {
  seen_count_ = 0;
  if (size > MaxSize(group)) {
    Fail(absl::InvalidArgumentError(
        absl::StrCat(group, ".size is ", size, ", over ", MaxSize(group))));
  }
  group_size_ = size != 0 && SizeBounds(group) ? size : kMaxHeader;
}

void Validator::CheckField(const FieldView& field) {
  if (field.offset == kAbsent) return;
  // A place may lie at the very end: what follows the header.
  const uint32_t width = field.width == 1 ? 0 : field.width;
  if (field.offset > group_size_ || width > group_size_ - field.offset) {
    Fail(Bad(field, absl::StrCat("does not lie in its struct of ", group_size_, " bytes")));
  } else if (field.offset % field.width != 0) {
    Fail(Bad(field, "is not aligned"));
  } else if (OneStruct(field.group)) {
    CheckOverlap(field);
  }
}

void Validator::CheckOverlap(const FieldView& field) {
  for (size_t i = 0; i < seen_count_; ++i) {
    const FieldView& other = seen_[i];
    if (field.offset < other.offset + other.width && other.offset < field.offset + field.width) {
      Fail(Bad(field, absl::StrCat("overlaps ", other.name, " at ", other.offset)));
    }
  }
  if (seen_count_ < std::size(seen_)) seen_[seen_count_++] = field;
}

template <typename T>
FieldView View(absl::string_view group, absl::string_view name, Field<T> field) {
  return {group, name, field.offset, sizeof(T)};
}

void Validator::CheckFields() {
  const Layout& layout = layout_;
#define SPYHOP_LAYOUT_GROUP(group, size) BeginGroup(#group, size);
#define SPYHOP_LAYOUT_FIELD(group, name) CheckField(View(#group, #name, layout.group.name));
#include "interp_layouts/generated/fields.inc"
#undef SPYHOP_LAYOUT_FIELD
#undef SPYHOP_LAYOUT_GROUP
}

#define SPYHOP_NEED(field) Need(layout_.field.present(), #field)

void Validator::CheckNeeded() {
  SPYHOP_NEED(interpreter.next);
  SPYHOP_NEED(interpreter.threads_head);
  SPYHOP_NEED(interpreter.modules);
  SPYHOP_NEED(thread.next);
  SPYHOP_NEED(thread.interp);
  SPYHOP_NEED(thread.thread_id);
  SPYHOP_NEED(code.argcount);
  SPYHOP_NEED(code.flags);
  SPYHOP_NEED(code.firstlineno);
  SPYHOP_NEED(code.filename);
  SPYHOP_NEED(code.name);
  SPYHOP_NEED(code.linetable);
  SPYHOP_NEED(object.ob_type);
  SPYHOP_NEED(type.tp_name);
  SPYHOP_NEED(type.tp_flags);
  SPYHOP_NEED(module.md_dict);
  CheckFrames();
  CheckGil();
  CheckStrings();
  CheckDicts();
}

void Validator::CheckFrames() {
  const FrameModel model = layout_.features.frame_model;
  if (model == FrameModel::kFrameObjects) {
    SPYHOP_NEED(thread.frame);
    SPYHOP_NEED(frame_object.f_back);
    SPYHOP_NEED(frame_object.f_code);
    SPYHOP_NEED(frame_object.f_lasti);
    SPYHOP_NEED(code.code);
    return;
  }
  if (model == FrameModel::kCFrame) {
    SPYHOP_NEED(thread.cframe);
    SPYHOP_NEED(cframe.current_frame);
  } else {
    SPYHOP_NEED(thread.current_frame);
  }
  SPYHOP_NEED(thread.datastack_chunk);
  SPYHOP_NEED(thread.native_thread_id);
  SPYHOP_NEED(chunk.previous);
  SPYHOP_NEED(chunk.allocated);
  SPYHOP_NEED(chunk.data);
  SPYHOP_NEED(iframe.code);
  SPYHOP_NEED(iframe.previous);
  SPYHOP_NEED(iframe.instr_ptr);
  SPYHOP_NEED(iframe.localsplus);
  SPYHOP_NEED(iframe.owner);
  SPYHOP_NEED(code.code_adaptive);
  if (layout_.features.entry_marker == EntryMarker::kIsEntry) SPYHOP_NEED(iframe.is_entry);
}

void Validator::CheckGil() {
  const GilModel model = layout_.features.gil_model;
  if (model == GilModel::kCurrentThreadGlobal) return;
  SPYHOP_NEED(runtime.interpreters_head);
  SPYHOP_NEED(gil.last_holder);
  SPYHOP_NEED(gil.locked);
  if (model == GilModel::kInterpreter) {
    SPYHOP_NEED(interpreter.gil);
  } else {
    SPYHOP_NEED(runtime.gil);
    SPYHOP_NEED(runtime.tstate_current);
  }
  if (layout_.flags.free_threaded) SPYHOP_NEED(gil.enabled);
}

void Validator::CheckStrings() {
  const UnicodeLayout& unicode = layout_.unicode;
  SPYHOP_NEED(bytes.ob_size);
  SPYHOP_NEED(bytes.ob_sval);
  SPYHOP_NEED(unicode.length);
  SPYHOP_NEED(unicode.data);
  if (layout_.features.string_model == StringModel::kPython2) {
    Need(unicode.unit_size == 2 || unicode.unit_size == 4, "unicode.unit_size of 2 or 4");
    return;
  }
  SPYHOP_NEED(unicode.state);
  Need(unicode.state.offset < unicode.ascii_size, "unicode.ascii_size that holds the state");
  Need(unicode.ascii_size < unicode.compact_size && unicode.compact_size <= kMaxHeader,
       "unicode.compact_size over ascii_size");
  Need(unicode.kind_shift <= 29 && unicode.compact_shift <= 31 && unicode.ascii_shift <= 31,
       "unicode's shifts within 32 bits");
}

void Validator::CheckDicts() {
  if (layout_.features.dict_model == DictModel::kOpenTable) {
    SPYHOP_NEED(dict.ma_table);
    SPYHOP_NEED(dict.ma_mask);
    return;
  }
  SPYHOP_NEED(dict.ma_keys);
  SPYHOP_NEED(dict.ma_values);
  SPYHOP_NEED(dict.dk_nentries);
  SPYHOP_NEED(dict.dk_indices);
  SPYHOP_NEED(dict.values);
  if (layout_.features.dict_model == DictModel::kCompact) {
    SPYHOP_NEED(dict.dk_size);
  } else {
    SPYHOP_NEED(dict.dk_log2_size);
    SPYHOP_NEED(dict.dk_log2_index_bytes);
    SPYHOP_NEED(dict.dk_kind);
  }
}

#undef SPYHOP_NEED

// Structs inside structs, and masks.
void Validator::CheckParts() {
  const RuntimeLayout& runtime = layout_.runtime;
  if (runtime.gil.present() && runtime.gil.offset + uint64_t{layout_.gil.size} > runtime.size) {
    Fail(absl::InvalidArgumentError("runtime.gil does not lie in the runtime"));
  }
  if (layout_.chunk.data.present() && layout_.chunk.data.offset != layout_.chunk.size) {
    Fail(absl::InvalidArgumentError("chunk.data does not follow the chunk's header"));
  }
  const uint64_t mask = layout_.features.code_tag_mask;
  if (mask >= alignof(uint64_t) || !std::has_single_bit(mask + 1)) {
    Fail(absl::InvalidArgumentError("features.code_tag_mask covers more than the low bits"));
  }
}

}  // namespace

absl::Status ValidateLayout(const Layout& layout) { return Validator(layout).Check(); }

}  // namespace spyhop
