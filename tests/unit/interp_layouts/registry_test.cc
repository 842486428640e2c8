#include "interp_layouts/registry.h"

#include <cstdint>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "interp_layouts/validate.h"

namespace spyhop {
namespace {

using ::testing::HasSubstr;

constexpr AbiFlags kRelease = {};
constexpr AbiFlags kDebug = {.debug = true};
constexpr AbiFlags kFreeThreaded = {.free_threaded = true};
constexpr AbiFlags kFreeThreadedDebug = {.debug = true, .free_threaded = true};
constexpr AbiFlags kUcs2 = {.ucs2 = true};

const Layout& Find(PyVersion version, AbiFlags flags = kRelease) {
  const absl::StatusOr<const Layout*> layout = FindLayout(version, flags);
  EXPECT_TRUE(layout.ok()) << layout.status();
  static constexpr Layout kNothing;
  return layout.ok() ? **layout : kNothing;
}

std::string Name(const Layout& layout) {
  return layout.first.ToString() + " " + FlavourName(layout.flags);
}

TEST(Registry, HasEverySupportedVersionInReleaseAndDebug) {
  std::vector<PyVersion> versions = {{2, 7, 18}};
  for (uint8_t minor = 6; minor <= 15; ++minor) versions.push_back({3, minor, 1});
  for (const PyVersion version : versions) {
    for (const AbiFlags flags : {kRelease, kDebug}) {
      const Layout& layout = Find(version, flags);
      EXPECT_EQ(layout.first.minor, version.minor);
      EXPECT_EQ(layout.flags, flags);
    }
  }
}

TEST(Registry, HasFreeThreadedBuildsFrom313On) {
  for (uint8_t minor = 13; minor <= 15; ++minor) {
    const PyVersion version{3, minor, 0};
    EXPECT_EQ(Find(version, kFreeThreaded).object.ob_type.offset, 24u);
    EXPECT_EQ(Find(version, kFreeThreadedDebug).object.ob_type.offset, 24u);
  }
  EXPECT_EQ(FindLayout({3, 12, 1}, kFreeThreaded).status().code(),
            absl::StatusCode::kUnimplemented);
}

TEST(Registry, TellsUcs2FromUcs4) {
  EXPECT_EQ(Find({2, 7, 18}).unicode.unit_size, 4u);
  EXPECT_EQ(Find({2, 7, 18}, kUcs2).unicode.unit_size, 2u);
}

TEST(Registry, NamesWhatIsSupportedForAnUnknownVersion) {
  for (const PyVersion version :
       {PyVersion{3, 5, 10}, PyVersion{3, 16, 0}, PyVersion{4, 0, 0}, PyVersion{2, 6, 9}}) {
    const absl::Status status = FindLayout(version, kRelease).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
    EXPECT_THAT(std::string(status.message()), HasSubstr(version.ToString()));
    EXPECT_THAT(std::string(status.message()), HasSubstr("2.7, 3.6 to 3.15"));
  }
}

TEST(Registry, NamesTheFlavourThatIsMissing) {
  const absl::Status status = FindLayout({3, 11, 7}, kFreeThreaded).status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("3.11.7 (free-threaded build)"));
}

TEST(Registry, TakesTheNearestPatchRelease) {
  EXPECT_EQ(&Find({3, 8, 20}), &Find({3, 8, 18}));
  EXPECT_EQ(&Find({3, 9, 0}), &Find({3, 9, 2}));
  EXPECT_EQ(&Find({3, 15, 0, 0xB, 2}), &Find({3, 15, 0}));
  EXPECT_EQ(&Find({3, 14, 200}), &Find({3, 14, 10}));
}

TEST(Registry, TellsPatchReleasesApartThatMovedAField) {
  EXPECT_EQ(Find({3, 7, 3}).runtime.tstate_current.offset, 1392u);
  EXPECT_EQ(Find({3, 7, 4}).runtime.tstate_current.offset, 1480u);
  EXPECT_EQ(Find({3, 14, 4}).interpreter.modules.offset, 7664u);
  EXPECT_EQ(Find({3, 14, 5}).interpreter.modules.offset, 7688u);
  EXPECT_EQ(Find({3, 14, 4}, kFreeThreaded).interpreter.modules.offset, 7712u);
  EXPECT_EQ(Find({3, 14, 5}, kFreeThreaded).interpreter.modules.offset, 7712u);
  EXPECT_EQ(Find({3, 13, 0}).line_monitoring.entry_size, 2u);
  EXPECT_FALSE(Find({3, 13, 0}).line_monitoring.bytes_per_entry.present());
  EXPECT_EQ(Find({3, 13, 5}).line_monitoring.entry_size, 0u);
  EXPECT_EQ(Find({3, 13, 5}).line_monitoring.bytes_per_entry.offset, 0u);
  EXPECT_EQ(Find({3, 14, 8}, kFreeThreaded).interpreter.tlbc_generation.offset, 17628u);
  EXPECT_EQ(Find({3, 14, 10}, kFreeThreaded).interpreter.tlbc_generation.offset, 17300u);
}

TEST(Registry, RangesOfOneFlavourDoNotOverlap) {
  for (const Layout& a : AllLayouts()) {
    EXPECT_LE(a.first, a.last) << Name(a);
    for (const Layout& b : AllLayouts()) {
      if (&a == &b || !(a.flags == b.flags)) continue;
      EXPECT_TRUE(a.last < b.first || b.last < a.first) << Name(a) << ", " << Name(b);
    }
  }
}

TEST(Registry, EveryTableIsValidAndSaysWhereItComesFrom) {
  for (const Layout& layout : AllLayouts()) {
    EXPECT_TRUE(ValidateLayout(layout).ok()) << Name(layout) << ": " << ValidateLayout(layout);
    EXPECT_STRNE(layout.provenance, "");
  }
}

// Measured apart from the generator, release builds with gcc 12 on x86-64. -1: not in this version.
struct Expectation {
  const char* name;
  uint32_t (*value)(const Layout&);
  int by_version[9];  // 2.7, 3.6, ... 3.13
};

constexpr PyVersion kSpotVersions[] = {{2, 7, 18},  {3, 6, 15}, {3, 7, 16}, {3, 8, 18}, {3, 9, 18},
                                       {3, 10, 13}, {3, 11, 7}, {3, 12, 1}, {3, 13, 0}};

#define SPYHOP_OFFSET(member) #member, [](const Layout& l) { return l.member.offset; }
#define SPYHOP_NUMBER(member) #member, [](const Layout& l) { return l.member; }

constexpr Expectation kSpots[] = {
    {SPYHOP_OFFSET(runtime.interpreters_head), {-1, -1, 24, 32, 32, 32, 40, 40, 632}},
    {SPYHOP_OFFSET(runtime.tstate_current), {-1, -1, 1480, 1368, 568, 568, 576, -1, -1}},
    {SPYHOP_OFFSET(runtime.autotss_key), {-1, -1, 1504, 1392, 584, 584, 592, 1544, 2160}},
    {SPYHOP_OFFSET(runtime.gil), {-1, -1, 1264, 1152, 352, 352, 360, -1, -1}},
    {SPYHOP_OFFSET(interpreter.next), {0, 0, 0, 0, 0, 0, 0, 0, 7264}},
    {SPYHOP_OFFSET(interpreter.threads_head), {8, 8, 8, 8, 8, 8, 16, 72, 7344}},
    {SPYHOP_OFFSET(interpreter.id), {-1, -1, 16, 16, 24, 24, 48, 8, 7272}},
    {SPYHOP_OFFSET(interpreter.modules), {16, 16, 40, 56, 856, 856, 888, 944, 7656}},
    {SPYHOP_OFFSET(interpreter.sysdict), {24, 32, 56, 72, 872, 872, 904, 352, 7640}},
    {SPYHOP_OFFSET(interpreter.gil), {-1, -1, -1, -1, -1, -1, -1, 384, 16}},
    {SPYHOP_NUMBER(thread.size), {168, 2272, 280, 264, 264, 280, 360, 288, -2}},
    {SPYHOP_OFFSET(thread.next), {0, 8, 8, 8, 8, 8, 8, 8, 8}},
    {SPYHOP_OFFSET(thread.interp), {8, 16, 16, 16, 16, 16, 16, 16, 16}},
    {SPYHOP_OFFSET(thread.frame), {16, 24, 24, 24, 24, 24, -1, -1, -1}},
    {SPYHOP_OFFSET(thread.cframe), {-1, -1, -1, -1, -1, 48, 56, 56, -1}},
    {SPYHOP_OFFSET(thread.current_frame), {-1, -1, -1, -1, -1, -1, -1, -1, 72}},
    {SPYHOP_OFFSET(thread.thread_id), {144, 152, 176, 176, 176, 176, 152, 136, 152}},
    {SPYHOP_OFFSET(thread.native_thread_id), {-1, -1, -1, -1, -1, -1, 160, 144, 160}},
    {SPYHOP_OFFSET(thread.datastack_chunk), {-1, -1, -1, -1, -1, -1, 296, 232, 232}},
    {SPYHOP_OFFSET(thread.datastack_limit), {-1, -1, -1, -1, -1, -1, 312, 248, 248}},
    {SPYHOP_OFFSET(cframe.current_frame), {-1, -1, -1, -1, -1, -1, 8, 0, -1}},
    {SPYHOP_OFFSET(cframe.previous), {-1, -1, -1, -1, -1, -1, 16, 8, -1}},
    {SPYHOP_NUMBER(code.size), {128, 144, 144, 176, 176, 176, 192, 200, 208}},
    {SPYHOP_OFFSET(code.filename), {80, 96, 96, 104, 104, 104, 112, 112, 112}},
    {SPYHOP_OFFSET(code.name), {88, 104, 104, 112, 112, 112, 120, 120, 120}},
    {SPYHOP_OFFSET(code.qualname), {-1, -1, -1, -1, -1, -1, 128, 128, 128}},
    {SPYHOP_OFFSET(code.firstlineno), {96, 36, 36, 40, 40, 40, 72, 68, 68}},
    {SPYHOP_OFFSET(code.argcount), {16, 16, 16, 16, 16, 16, 56, 52, 52}},
    {SPYHOP_OFFSET(code.flags), {28, 32, 32, 36, 36, 36, 48, 48, 48}},
    {SPYHOP_OFFSET(code.linetable), {104, 112, 112, 120, 120, 120, 136, 136, 136}},
    {SPYHOP_OFFSET(code.code), {32, 40, 40, 48, 48, 48, -1, -1, -1}},
    {SPYHOP_OFFSET(code.code_adaptive), {-1, -1, -1, -1, -1, -1, 184, 192, 200}},
    {SPYHOP_OFFSET(code.monitoring), {-1, -1, -1, -1, -1, -1, -1, 168, 176}},
    {SPYHOP_OFFSET(monitoring.lines), {-1, -1, -1, -1, -1, -1, -1, 40, 32}},
    {SPYHOP_OFFSET(frame_object.f_back), {24, 24, 24, 24, 24, 24, -1, -1, -1}},
    {SPYHOP_OFFSET(frame_object.f_code), {32, 32, 32, 32, 32, 32, -1, -1, -1}},
    {SPYHOP_OFFSET(frame_object.f_lasti), {120, 120, 104, 104, 104, 96, -1, -1, -1}},
    {SPYHOP_OFFSET(frame_object.f_lineno), {124, 124, 108, 108, 108, 100, -1, -1, -1}},
    {SPYHOP_OFFSET(iframe.code), {-1, -1, -1, -1, -1, -1, 32, 0, 0}},
    {SPYHOP_OFFSET(iframe.previous), {-1, -1, -1, -1, -1, -1, 48, 8, 8}},
    {SPYHOP_OFFSET(iframe.instr_ptr), {-1, -1, -1, -1, -1, -1, 56, 56, 56}},
    {SPYHOP_OFFSET(iframe.localsplus), {-1, -1, -1, -1, -1, -1, 72, 72, 72}},
    {SPYHOP_OFFSET(iframe.is_entry), {-1, -1, -1, -1, -1, -1, 68, -1, -1}},
    {SPYHOP_OFFSET(iframe.owner), {-1, -1, -1, -1, -1, -1, 69, 70, 70}},
    {SPYHOP_OFFSET(chunk.top), {-1, -1, -1, -1, -1, -1, 16, 16, 16}},
    {SPYHOP_OFFSET(chunk.data), {-1, -1, -1, -1, -1, -1, 24, 24, 24}},
    {SPYHOP_NUMBER(gil.size), {-2, -2, 208, 208, 208, 208, 208, 208, 208}},
    {SPYHOP_OFFSET(gil.last_holder), {-1, -1, 8, 8, 8, 8, 8, 8, 8}},
    {SPYHOP_OFFSET(gil.locked), {-1, -1, 16, 16, 16, 16, 16, 16, 16}},
    {SPYHOP_OFFSET(gil.switch_number), {-1, -1, 24, 24, 24, 24, 24, 24, 24}},
    {SPYHOP_NUMBER(unicode.ascii_size), {-2, 48, 48, 48, 48, 48, 48, 40, 40}},
    {SPYHOP_NUMBER(unicode.compact_size), {-2, 72, 72, 72, 72, 72, 72, 56, 56}},
    {SPYHOP_OFFSET(unicode.state), {-1, 32, 32, 32, 32, 32, 32, 32, 32}},
    {SPYHOP_OFFSET(unicode.data), {24, 72, 72, 72, 72, 72, 72, 56, 56}},
    {SPYHOP_OFFSET(bytes.ob_sval), {36, 32, 32, 32, 32, 32, 32, 32, 32}},
};

TEST(Registry, AgreesWithWhatWasMeasuredElsewhere) {
  for (const Expectation& spot : kSpots) {
    for (size_t i = 0; i < std::size(kSpotVersions); ++i) {
      if (spot.by_version[i] == -2) continue;  // a size that is 0 or differs by patch release
      EXPECT_EQ(spot.value(Find(kSpotVersions[i])), static_cast<uint32_t>(spot.by_version[i]))
          << spot.name << " of " << kSpotVersions[i].ToString();
    }
  }
}

TEST(Registry, FrameOwnersFollowTheirRenumbering) {
  EXPECT_EQ(Find({3, 11, 7}).features.owners.c_stack, FrameOwners::kNever);
  EXPECT_EQ(Find({3, 12, 1}).features.owners.c_stack, 3);
  EXPECT_EQ(Find({3, 13, 0}).features.owners.interpreter, FrameOwners::kNever);
  EXPECT_EQ(Find({3, 14, 0}).features.owners.interpreter, 3);
  EXPECT_EQ(Find({3, 14, 0}).features.owners.c_stack, 4);
}

TEST(Registry, OnlyCodeReferencesFrom314OnAreTagged) {
  EXPECT_EQ(Find({3, 13, 0}).features.code_tag_mask, 0u);
  EXPECT_EQ(Find({3, 14, 0}).features.code_tag_mask, 3u);
  EXPECT_EQ(Find({3, 14, 0}, kFreeThreaded).features.code_tag_mask, 1u);
}

TEST(Registry, DebugBuildsBefore38TraceReferences) {
  EXPECT_EQ(Find({3, 7, 16}, kDebug).object.size, 32u);
  EXPECT_EQ(Find({3, 8, 18}, kDebug).object.size, 16u);
}

}  // namespace
}  // namespace spyhop
