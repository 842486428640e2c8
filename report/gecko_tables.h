// The tables of the Firefox Profiler's format (gecko.h): categories for the whole profile, and for
// each thread its strings, functions, frames and stacks, which name one another by index.
//
// Each entry is there once. A look-up costs a hash for each frame that the stack does not share
// with one that was looked up before.
#ifndef SPYHOP_REPORT_GECKO_TABLES_H_
#define SPYHOP_REPORT_GECKO_TABLES_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "report/json_writer.h"
#include "report/sample_series.h"
#include "sampler/profile/profile.h"

namespace spyhop {

struct GeckoCategory {
  uint32_t category = 0;
  uint32_t subcategory = 0;  // 0: none
  friend bool operator==(const GeckoCategory&, const GeckoCategory&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const GeckoCategory& c) {
    return H::combine(std::move(h), c.category, c.subcategory);
  }
};

class GeckoCategories {
 public:
  // Beyond so many wait reasons of a class, further ones are "Other".
  static constexpr size_t kMostSubcategories = 1000;

  static GeckoCategory Of(FrameKind kind);
  // Remembers the wait reason.
  GeckoCategory Of(const SampleSlice& slice);
  // The value of `meta.categories`.
  void Write(const Profile& profile, JsonWriter& json) const;

 private:
  struct Reasons {
    std::vector<StringId> ids;
    absl::flat_hash_map<StringId, uint32_t> indexes;
  };

  std::array<Reasons, kTimeClasses> reasons_;  // by TimeClass
};

class GeckoTables {
 public:
  explicit GeckoTables(const Profile& profile) : profile_(profile) {}

  // The index of the stack whose leaf has that category.
  size_t Stack(StackId stack, GeckoCategory leaf);
  // As fields of a thread.
  void Write(JsonWriter& json) const;

 private:
  struct Func {
    size_t name;
    std::optional<size_t> file;
    friend bool operator==(const Func&, const Func&) = default;
    template <typename H>
    friend H AbslHashValue(H h, const Func& f) {
      return H::combine(std::move(h), f.name, f.file);
    }
  };
  struct Place {
    size_t func;
    int32_t line;
    GeckoCategory category;
  };
  struct Node {
    size_t frame;
    std::optional<size_t> prefix;
  };
  using FrameKey = std::pair<size_t, GeckoCategory>;
  using StackKey = std::pair<StackId, GeckoCategory>;

  size_t String(const std::string& text);
  size_t FrameOf(size_t frame, GeckoCategory category);
  size_t Push(std::optional<size_t> prefix, size_t frame, const StackKey& key);
  GeckoCategory KindOf(StackId stack) const;

  void WriteFrames(JsonWriter& json) const;
  void WriteFuncs(JsonWriter& json) const;
  void WriteStacks(JsonWriter& json) const;

  const Profile& profile_;
  std::vector<std::string> strings_;
  std::vector<Func> funcs_;
  std::vector<Place> frames_;
  std::vector<Node> stacks_;
  absl::flat_hash_map<std::string, size_t> string_indexes_;
  absl::flat_hash_map<Func, size_t> func_indexes_;
  absl::flat_hash_map<FrameKey, size_t> frame_indexes_;
  absl::flat_hash_map<StackKey, size_t> stack_indexes_;
};

}  // namespace spyhop

#endif  // SPYHOP_REPORT_GECKO_TABLES_H_
