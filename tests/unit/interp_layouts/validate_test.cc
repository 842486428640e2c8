#include "interp_layouts/validate.h"

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "interp_layouts/registry.h"

namespace spyhop {
namespace {

using ::testing::HasSubstr;

struct FieldReference {
  std::string name;
  uint32_t* offset = nullptr;
  uint32_t width = 0;
};

// Every field of `layout`, to be broken.
std::vector<FieldReference> Fields(Layout& layout) {
  std::vector<FieldReference> fields;
#define SPYHOP_LAYOUT_GROUP(group, size)
#define SPYHOP_LAYOUT_FIELD(group, member)                           \
  fields.push_back({#group "." #member, &layout.group.member.offset, \
                    layout.group.member.end() - layout.group.member.offset});
#include "interp_layouts/generated/fields.inc"
#undef SPYHOP_LAYOUT_FIELD
#undef SPYHOP_LAYOUT_GROUP
  return fields;
}

std::string Message(const Layout& layout) { return std::string(ValidateLayout(layout).message()); }

// Calls `check` with a copy of each table and each field that it has.
template <typename Check>
void ForEachPresentField(Check check) {
  for (const Layout& original : AllLayouts()) {
    Layout layout = original;
    const size_t count = Fields(layout).size();
    for (size_t i = 0; i < count; ++i) {
      layout = original;
      FieldReference field = Fields(layout)[i];
      if (*field.offset != kAbsent) check(layout, field);
    }
  }
}

TEST(ValidateLayout, RefusesAFieldFarOutsideItsStruct) {
  ForEachPresentField([](Layout& layout, FieldReference& field) {
    *field.offset = (1 << 20) + 8;
    EXPECT_FALSE(ValidateLayout(layout).ok()) << field.name;
    EXPECT_THAT(Message(layout), HasSubstr(field.name));
  });
}

TEST(ValidateLayout, RefusesAnOffsetThatWrapsAround) {
  ForEachPresentField([](Layout& layout, FieldReference& field) {
    *field.offset = kAbsent - 7;
    EXPECT_THAT(Message(layout), HasSubstr(field.name));
  });
}

TEST(ValidateLayout, RefusesAFieldThatIsNotAligned) {
  ForEachPresentField([](Layout& layout, FieldReference& field) {
    if (field.width == 1) return;
    *field.offset += 1;
    EXPECT_THAT(Message(layout), HasSubstr(field.name));
  });
}

TEST(ValidateLayout, RefusesAFieldThatEndsBehindItsStruct) {
  Layout layout = **FindLayout({3, 14, 10}, {});
  layout.thread.current_frame.offset = layout.thread.size - 8;
  EXPECT_TRUE(ValidateLayout(layout).ok()) << Message(layout);
  layout.thread.current_frame.offset = layout.thread.size;
  EXPECT_THAT(Message(layout), HasSubstr("thread.current_frame"));
}

TEST(ValidateLayout, RefusesFieldsThatOverlap) {
  Layout layout = **FindLayout({3, 14, 10}, {});
  layout.thread.current_frame = layout.thread.interp;
  EXPECT_THAT(Message(layout), HasSubstr("overlaps"));
}

// What each model cannot do without. A field missing from this list may be absent.
std::set<std::string> NeededBy(PyVersion version, AbiFlags flags) {
  std::set<std::string> needed;
  Layout original = **FindLayout(version, flags);
  for (size_t i = 0; i < Fields(original).size(); ++i) {
    Layout layout = original;
    FieldReference field = Fields(layout)[i];
    if (*field.offset == kAbsent) continue;
    *field.offset = kAbsent;
    if (ValidateLayout(layout).ok()) continue;
    needed.insert(field.name);
    EXPECT_THAT(Message(layout), HasSubstr(field.name + " is missing"));
  }
  return needed;
}

TEST(ValidateLayout, EachFrameModelNeedsItsFields) {
  const std::set<std::string> classic = NeededBy({3, 8, 18}, {});
  for (const char* name : {"thread.frame", "frame_object.f_back", "frame_object.f_code",
                           "frame_object.f_lasti", "code.code", "runtime.gil", "dict.dk_size"}) {
    EXPECT_TRUE(classic.contains(name)) << name;
  }
  const std::set<std::string> cframe = NeededBy({3, 11, 7}, {});
  for (const char* name : {"thread.cframe", "cframe.current_frame", "iframe.is_entry",
                           "code.code_adaptive", "chunk.allocated", "runtime.tstate_current"}) {
    EXPECT_TRUE(cframe.contains(name)) << name;
  }
  const std::set<std::string> current = NeededBy({3, 14, 10}, {.free_threaded = true});
  for (const char* name : {"thread.current_frame", "iframe.owner", "interpreter.gil",
                           "gil.last_holder", "gil.enabled", "thread.native_thread_id"}) {
    EXPECT_TRUE(current.contains(name)) << name;
  }
}

TEST(ValidateLayout, EveryModelNeedsTheListsAndTheCode) {
  for (const PyVersion version : {PyVersion{2, 7, 18}, PyVersion{3, 6, 15}, PyVersion{3, 15, 2}}) {
    const std::set<std::string> needed = NeededBy(version, {});
    for (const char* name : {"interpreter.next", "interpreter.threads_head", "thread.next",
                             "thread.interp", "code.filename", "code.name", "code.firstlineno",
                             "code.linetable", "object.ob_type", "bytes.ob_sval"}) {
      EXPECT_TRUE(needed.contains(name)) << name << " of " << version.ToString();
    }
  }
}

TEST(ValidateLayout, CapsTheSizes) {
  Layout layout = **FindLayout({3, 14, 10}, {});
  layout.interpreter.size = (1 << 20) + 1;
  EXPECT_THAT(Message(layout), HasSubstr("interpreter.size"));
  layout = **FindLayout({3, 14, 10}, {});
  layout.iframe.size = 1 << 16;
  EXPECT_THAT(Message(layout), HasSubstr("iframe.size"));
}

TEST(ValidateLayout, RefusesARangeThatIsNone) {
  Layout layout = **FindLayout({3, 14, 10}, {});
  layout.last = {3, 13, 0};
  EXPECT_THAT(Message(layout), HasSubstr("not a range"));
  layout.last = {3, 15, 0};
  EXPECT_THAT(Message(layout), HasSubstr("not a range"));
}

TEST(ValidateLayout, RefusesATagMaskThatCoversAddressBits) {
  Layout layout = **FindLayout({3, 14, 10}, {});
  for (const uint64_t mask : {uint64_t{2}, uint64_t{8}, uint64_t{15}, ~uint64_t{0}}) {
    layout.features.code_tag_mask = mask;
    EXPECT_THAT(Message(layout), HasSubstr("code_tag_mask"));
  }
}

TEST(ValidateLayout, RefusesStringsThatCannotBe) {
  Layout layout = **FindLayout({3, 14, 10}, {});
  layout.unicode.compact_size = layout.unicode.ascii_size;
  EXPECT_THAT(Message(layout), HasSubstr("compact_size"));
  layout = **FindLayout({3, 14, 10}, {});
  layout.unicode.kind_shift = 30;
  EXPECT_THAT(Message(layout), HasSubstr("shifts"));
  layout = **FindLayout({2, 7, 18}, {});
  layout.unicode.unit_size = 3;
  EXPECT_THAT(Message(layout), HasSubstr("unit_size"));
}

TEST(ValidateLayout, RefusesAGilOutsideTheRuntime) {
  Layout layout = **FindLayout({3, 11, 7}, {});
  layout.runtime.gil.offset = layout.runtime.size - layout.gil.size + 8;
  EXPECT_THAT(Message(layout), HasSubstr("runtime.gil"));
}

}  // namespace
}  // namespace spyhop
