#include "interp_layouts/debug_offsets.h"

#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "interp_layouts/registry.h"
#include "interp_layouts/validate.h"

namespace spyhop {
namespace {

using ::testing::HasSubstr;
using Bytes = std::vector<uint8_t>;

struct Capture {
  const char* file;
  PyVersion version;
  bool free_threaded;
  size_t size;  // of the table
};

constexpr Capture kCaptures[] = {
    {"pyenv-3.13.0", {3, 13, 0}, false, 584},     {"debian-3.13.5", {3, 13, 5}, false, 584},
    {"headers-3.13.18t", {3, 13, 18}, true, 584}, {"headers-3.14.0", {3, 14, 0}, false, 760},
    {"headers-3.14.0t", {3, 14, 0}, true, 760},   {"debian-3.14.10", {3, 14, 10}, false, 760},
    {"headers-3.14.10t", {3, 14, 10}, true, 760}, {"debian-3.15.2", {3, 15, 2}, false, 888},
    {"headers-3.15.2t", {3, 15, 2}, true, 888},
};

Bytes Load(const std::string& name) {
  std::ifstream in(SPYHOP_SOURCE_DIR "/tests/unit/interp_layouts/data/" + name + ".debug_offsets",
                   std::ios::binary);
  EXPECT_TRUE(in) << name;
  return Bytes{std::istreambuf_iterator<char>(in), {}};
}

const Layout& Base(PyVersion version, bool free_threaded) {
  const absl::StatusOr<const Layout*> layout =
      FindLayout(version, {.free_threaded = free_threaded});
  EXPECT_TRUE(layout.ok()) << layout.status();
  return **layout;
}

const Layout& Base(const Capture& capture) { return Base(capture.version, capture.free_threaded); }

void Put(Bytes& bytes, size_t position, uint64_t value) {
  std::memcpy(bytes.data() + position, &value, sizeof(value));
}

std::map<std::string, uint32_t> Offsets(const Layout& layout) {
  std::map<std::string, uint32_t> offsets;
#define SPYHOP_LAYOUT_GROUP(group, size)
#define SPYHOP_LAYOUT_FIELD(group, name) offsets[#group "." #name] = layout.group.name.offset;
#include "interp_layouts/generated/fields.inc"
#undef SPYHOP_LAYOUT_FIELD
#undef SPYHOP_LAYOUT_GROUP
  return offsets;
}

TEST(DebugOffsets, ReadsVersionAndFlavourOfRealTables) {
  for (const Capture& capture : kCaptures) {
    const absl::StatusOr<DebugOffsets> header = ReadDebugOffsetsHeader(Load(capture.file));
    ASSERT_TRUE(header.ok()) << capture.file << ": " << header.status();
    EXPECT_EQ(header->version, capture.version) << capture.file;
    EXPECT_EQ(header->free_threaded, capture.free_threaded) << capture.file;
  }
}

// The generated tables and the interpreters' own descriptions come from different places: each
// field that both have must be equal.
TEST(DebugOffsets, EqualTheGeneratedTableFieldByField) {
  for (const Capture& capture : kCaptures) {
    const Layout& base = Base(capture);
    const absl::StatusOr<Layout> layout = LayoutFromDebugOffsets(Load(capture.file), base);
    ASSERT_TRUE(layout.ok()) << capture.file << ": " << layout.status();
    EXPECT_EQ(Offsets(*layout), Offsets(base)) << capture.file;
    EXPECT_EQ(layout->iframe.size, base.iframe.size);
    EXPECT_EQ(layout->code.size, base.code.size);
    EXPECT_EQ(layout->object.size, base.object.size);
    EXPECT_EQ(layout->type.size, base.type.size);
    EXPECT_EQ(layout->dict.size, base.dict.size);
    EXPECT_EQ(layout->unicode.ascii_size, base.unicode.ascii_size);
    EXPECT_EQ(layout->unicode.compact_size, base.unicode.compact_size);
  }
}

// Fields that come out right though `base` has them wrong: those the target's table decides.
std::set<std::string> DecidedByTable(const Capture& capture) {
  const Bytes bytes = Load(capture.file);
  std::set<std::string> decided;
#define SPYHOP_LAYOUT_GROUP(group, size)
#define SPYHOP_LAYOUT_FIELD(group, name)                                       \
  {                                                                            \
    Layout base = Base(capture);                                               \
    const uint32_t right = base.group.name.offset;                             \
    base.group.name.offset = right == kAbsent ? 8 : right + 4096;              \
    const absl::StatusOr<Layout> layout = LayoutFromDebugOffsets(bytes, base); \
    if (right != kAbsent && layout.ok() && layout->group.name.offset == right) \
      decided.insert(#group "." #name);                                        \
  }
#include "interp_layouts/generated/fields.inc"
#undef SPYHOP_LAYOUT_FIELD
#undef SPYHOP_LAYOUT_GROUP
  return decided;
}

TEST(DebugOffsets, DecideEachFieldTheyHave) {
  const std::set<std::string> always = {"runtime.interpreters_head",
                                        "interpreter.next",
                                        "interpreter.threads_head",
                                        "interpreter.id",
                                        "interpreter.modules",
                                        "interpreter.sysdict",
                                        "interpreter.builtins",
                                        "interpreter.gil",
                                        "interpreter.gc_collecting",
                                        "thread.next",
                                        "thread.interp",
                                        "thread.current_frame",
                                        "thread.thread_id",
                                        "thread.native_thread_id",
                                        "iframe.code",
                                        "iframe.previous",
                                        "iframe.instr_ptr",
                                        "iframe.localsplus",
                                        "iframe.owner",
                                        "code.firstlineno",
                                        "code.filename",
                                        "code.name",
                                        "code.qualname",
                                        "code.linetable",
                                        "code.localsplusnames",
                                        "code.localspluskinds",
                                        "code.code_adaptive",
                                        "gil.last_holder",
                                        "object.ob_type",
                                        "object.ob_size",
                                        "type.tp_name",
                                        "type.tp_flags",
                                        "type.tp_repr",
                                        "simple.real",
                                        "unicode.length",
                                        "unicode.state",
                                        "bytes.ob_size",
                                        "bytes.ob_sval",
                                        "integer.lv_tag",
                                        "integer.ob_digit",
                                        "dict.ma_keys",
                                        "dict.ma_values",
                                        "sequence.list_ob_item",
                                        "sequence.tuple_ob_item"};
  std::set<std::string> in_314 = always;
  in_314.insert({"interpreter.code_object_generation", "generator.gi_iframe",
                 "generator.gi_frame_state", "set.used", "set.table", "set.mask"});
  std::set<std::string> in_315 = in_314;
  in_315.insert({"thread.base_frame", "thread.holds_gil", "thread.gil_requested",
                 "type.tp_basicsize", "type.tp_dictoffset", "type.ht_cached_keys"});
  const std::set<std::string> free_threaded = {"gil.enabled", "interpreter.tlbc_generation",
                                               "iframe.tlbc_index", "code.tlbc"};
  for (const Capture& capture : kCaptures) {
    std::set<std::string> wanted = capture.version.minor == 13   ? always
                                   : capture.version.minor == 14 ? in_314
                                                                 : in_315;
    if (capture.free_threaded && capture.version.minor > 13)
      wanted.insert(free_threaded.begin(), free_threaded.end());
    if (capture.free_threaded && capture.version.minor == 13) wanted.insert("gil.enabled");
    EXPECT_EQ(DecidedByTable(capture), wanted) << capture.file;
  }
}

TEST(DebugOffsets, LayoutIsOfTheTargetsVersionAlone) {
  const absl::StatusOr<Layout> layout =
      LayoutFromDebugOffsets(Load("debian-3.13.5"), Base({3, 13, 18}, false));
  ASSERT_TRUE(layout.ok()) << layout.status();
  EXPECT_EQ(layout->first, (PyVersion{3, 13, 5}));
  EXPECT_EQ(layout->last, (PyVersion{3, 13, 5}));
  EXPECT_STRNE(layout->provenance, Base({3, 13, 18}, false).provenance);
}

// 3.14.5 moved fields: a table of 3.14.4 must win over the registry's newest.
TEST(DebugOffsets, OverrideTheRegistry) {
  const absl::StatusOr<Layout> layout =
      LayoutFromDebugOffsets(Load("headers-3.14.0"), Base({3, 14, 10}, false));
  ASSERT_TRUE(layout.ok()) << layout.status();
  EXPECT_EQ(layout->interpreter.modules.offset, 7664u);
}

TEST(DebugOffsets, MoveNeighboursThatTheTableDoesNotList) {
  Bytes bytes = Load("debian-3.14.10");
  Put(bytes, 232, 240);       // thread_state.datastack_chunk, 8 bytes on
  Put(bytes, 360, 44);        // code_object.argcount, 8 bytes before
  Put(bytes, 144, 7800 + 8);  // gil_runtime_state_locked
  Layout base = Base({3, 14, 10}, false);
  const absl::StatusOr<Layout> layout = LayoutFromDebugOffsets(bytes, base);
  ASSERT_TRUE(layout.ok()) << layout.status();
  EXPECT_EQ(layout->thread.datastack_top.offset, base.thread.datastack_top.offset + 8);
  EXPECT_EQ(layout->thread.datastack_limit.offset, base.thread.datastack_limit.offset + 8);
  EXPECT_EQ(layout->code.flags.offset, base.code.flags.offset - 8);
  EXPECT_EQ(layout->gil.switch_number.offset, base.gil.switch_number.offset + 8);
}

TEST(DebugOffsets, ZeroMeansAbsentInBuildsWithAGil) {
  const absl::StatusOr<Layout> layout =
      LayoutFromDebugOffsets(Load("debian-3.14.10"), Base({3, 14, 10}, false));
  ASSERT_TRUE(layout.ok()) << layout.status();
  EXPECT_FALSE(layout->code.tlbc.present());
  EXPECT_FALSE(layout->iframe.tlbc_index.present());
  EXPECT_FALSE(layout->interpreter.tlbc_generation.present());
  EXPECT_FALSE(layout->gil.enabled.present());
}

TEST(DebugOffsets, FreeThreadedBuildsHaveThreadLocalBytecode) {
  const absl::StatusOr<Layout> layout =
      LayoutFromDebugOffsets(Load("headers-3.15.2t"), Base({3, 15, 2}, true));
  ASSERT_TRUE(layout.ok()) << layout.status();
  EXPECT_EQ(layout->code.tlbc.offset, 224u);
  EXPECT_EQ(layout->iframe.tlbc_index.offset, 72u);
  EXPECT_EQ(layout->interpreter.tlbc_generation.offset, 17252u);
  EXPECT_EQ(layout->gil.enabled.offset, 0u);
  EXPECT_EQ(layout->gil.last_holder.offset, 16u);
}

TEST(DebugOffsets, RefuseATableOfTheOtherFlavour) {
  EXPECT_FALSE(LayoutFromDebugOffsets(Load("debian-3.14.10"), Base({3, 14, 10}, true)).ok());
  EXPECT_FALSE(LayoutFromDebugOffsets(Load("headers-3.14.10t"), Base({3, 14, 10}, false)).ok());
}

TEST(DebugOffsets, RefuseABaseOfAnotherMinorVersion) {
  EXPECT_FALSE(LayoutFromDebugOffsets(Load("debian-3.14.10"), Base({3, 15, 2}, false)).ok());
  EXPECT_FALSE(LayoutFromDebugOffsets(Load("debian-3.13.5"), Base({3, 14, 10}, false)).ok());
}

TEST(DebugOffsets, AcceptANewerMinorVersionWhoseTableValidates) {
  Bytes bytes = Load("debian-3.15.2");
  Put(bytes, 8, 0x031000F0);
  const absl::StatusOr<Layout> layout = LayoutFromDebugOffsets(bytes, Base({3, 15, 2}, false));
  ASSERT_TRUE(layout.ok()) << layout.status();
  EXPECT_EQ(layout->first, (PyVersion{3, 16, 0}));
  EXPECT_EQ(layout->features.opcodes, OpcodeSet::kUnknown);  // renumbered in each minor version
  Put(bytes, 208, 0);  // thread_state.current_frame on top of thread_state.prev's neighbour
  Put(bytes, 240, 8);  // thread_state.thread_id on top of thread_state.next
  EXPECT_FALSE(LayoutFromDebugOffsets(bytes, Base({3, 15, 2}, false)).ok());
}

TEST(DebugOffsets, RefuseVersionsThatHadNone) {
  Bytes bytes = Load("debian-3.13.5");
  for (const uint64_t version : {0x030C01F0u, 0x020712F0u, 0x040000F0u, 0x030D0010u, 0u}) {
    Put(bytes, 8, version);
    EXPECT_EQ(ReadDebugOffsetsHeader(bytes).status().code(), absl::StatusCode::kInvalidArgument);
  }
  Put(bytes, 8, uint64_t{0x030D05F0} << 32);
  EXPECT_FALSE(ReadDebugOffsetsHeader(bytes).ok());
}

TEST(DebugOffsets, RefuseAFlavourThatIsNeither) {
  Bytes bytes = Load("debian-3.13.5");
  Put(bytes, 16, 2);
  EXPECT_THAT(std::string(ReadDebugOffsetsHeader(bytes).status().message()),
              HasSubstr("free_threaded is 2"));
}

TEST(DebugOffsets, WithoutTheCookieThereAreNone) {
  Bytes bytes = Load("debian-3.13.5");
  EXPECT_TRUE(HasDebugOffsets(bytes));
  bytes[3] ^= 1;
  EXPECT_FALSE(HasDebugOffsets(bytes));
  EXPECT_EQ(ReadDebugOffsetsHeader(bytes).status().code(), absl::StatusCode::kNotFound);
  EXPECT_FALSE(HasDebugOffsets(Bytes(7)));
}

TEST(DebugOffsets, RefuseATableCutShortAnywhere) {
  for (const Capture& capture : kCaptures) {
    const Bytes whole = Load(capture.file);
    for (size_t size = 0; size < capture.size; ++size) {
      const Bytes cut(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
      EXPECT_FALSE(LayoutFromDebugOffsets(cut, Base(capture)).ok()) << capture.file << " " << size;
    }
    const Bytes exact(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(capture.size));
    EXPECT_TRUE(LayoutFromDebugOffsets(exact, Base(capture)).ok()) << capture.file;
  }
}

TEST(DebugOffsets, NameTheWordThatIsTooLarge) {
  Bytes bytes = Load("debian-3.14.10");
  Put(bytes, 208, (1 << 20) + 8);
  const absl::Status status = LayoutFromDebugOffsets(bytes, Base({3, 14, 10}, false)).status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("thread_state.current_frame"));
}

// A word behind the header that is set to nonsense is refused, or is one Spyhop does not use.
TEST(DebugOffsets, HugeWordsAreRefusedEverywhere) {
  for (const Capture& capture : kCaptures) {
    for (size_t position = 24; position < capture.size; position += 8) {
      for (const uint64_t value : {~uint64_t{0}, uint64_t{1} << 63, uint64_t{1} << 32}) {
        Bytes bytes = Load(capture.file);
        Put(bytes, position, value);
        EXPECT_FALSE(LayoutFromDebugOffsets(bytes, Base(capture)).ok())
            << capture.file << " at " << position;
      }
    }
  }
}

// A flipped low bit can give another possible layout; what is accepted must keep every bound.
TEST(DebugOffsets, WhatIsAcceptedAfterABitFlipIsStillValid) {
  for (const Capture& capture : kCaptures) {
    const Bytes whole = Load(capture.file);
    int accepted_in_header = 0;
    for (size_t bit = 0; bit < capture.size * 8; ++bit) {
      Bytes bytes = whole;
      bytes[bit / 8] = static_cast<uint8_t>(bytes[bit / 8] ^ (1u << (bit % 8)));
      const absl::StatusOr<Layout> layout = LayoutFromDebugOffsets(bytes, Base(capture));
      if (!layout.ok()) continue;
      EXPECT_TRUE(ValidateLayout(*layout).ok()) << capture.file << " bit " << bit;
      if (bit < 64) ++accepted_in_header;
    }
    EXPECT_EQ(accepted_in_header, 0);
  }
}

TEST(DebugOffsets, RandomTablesAreRefused) {
  std::mt19937_64 random(20241);
  for (const Capture& capture : kCaptures) {
    for (int round = 0; round < 2000; ++round) {
      Bytes bytes = Load(capture.file);
      // Half the rounds: words of a plausible size, so that more than the cap is tried.
      const uint64_t mask = round % 2 == 0 ? ~uint64_t{0} : 0xFFF8;
      for (size_t position = 24; position < capture.size; position += 8) {
        Put(bytes, position, random() & mask);
      }
      EXPECT_FALSE(LayoutFromDebugOffsets(bytes, Base(capture)).ok()) << capture.file;
    }
  }
}

}  // namespace
}  // namespace spyhop
