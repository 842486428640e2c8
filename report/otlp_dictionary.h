// The tables that the profiles of one OTLP request share: strings, stacks, locations, functions,
// mappings, attributes. Each thing is kept once, in the order in which it was first asked for;
// index 0 of each table is its zero value, as the definition wants.
//
// Names are as viewers are shown them (viewer_names.h). Memory grows with distinct stacks. Used by
// report/otlp.cc, by one thread.
#ifndef SPYHOP_REPORT_OTLP_DICTIONARY_H_
#define SPYHOP_REPORT_OTLP_DICTIONARY_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "sampler/profile/profile.h"

namespace spyhop {

class OtlpDictionary {
 public:
  using Index = int32_t;
  using Value = std::variant<std::string, int64_t>;

  explicit OtlpDictionary(const Profile& profile) : profile_(profile) {}

  Index String(std::string_view text);
  Index Attribute(std::string_view key, Value value);
  // Python's frames belong to the executable of `target`.
  Index Stack(uint32_t target, StackId stack);

  // The message ProfilesDictionary, appended. Nothing may be asked for after it.
  void Write(std::string& out);

 private:
  using Function = std::pair<Index, Index>;  // name and file
  using AttributeKey = std::pair<Index, Value>;

  struct Location {
    Index mapping = 0;
    Index function = 0;
    int32_t line = 0;
    Index frame_type = 0;  // an attribute
  };

  Index LocationOf(uint32_t target, size_t frame);
  Index MappingOf(uint32_t target, FrameKind kind, std::string_view file);
  template <typename Builder>
  void WriteZeroValues(Builder& dictionary);
  template <typename Builder>
  void WriteStacks(Builder& dictionary);
  template <typename Builder>
  void WriteLocations(Builder& dictionary);
  template <typename Builder>
  void WriteNames(Builder& dictionary);
  template <typename Builder>
  void WriteAttributes(Builder& dictionary);

  const Profile& profile_;
  StringTable strings_;
  // What has the indexes from 1 on, and the index of each.
  std::vector<std::vector<Index>> stacks_;  // locations, leaf first
  std::vector<Location> locations_;
  std::vector<Function> functions_;
  std::vector<Index> mappings_;  // name of the file
  std::vector<AttributeKey> attributes_;
  absl::flat_hash_map<std::pair<uint32_t, StackId>, Index> stack_ids_;
  absl::flat_hash_map<std::pair<uint32_t, size_t>, Index> location_ids_;
  absl::flat_hash_map<Function, Index> function_ids_;
  absl::flat_hash_map<Index, Index> mapping_ids_;
  absl::flat_hash_map<AttributeKey, Index> attribute_ids_;
};

}  // namespace spyhop

#endif  // SPYHOP_REPORT_OTLP_DICTIONARY_H_
