#include "report/gecko_tables.h"

#include <utility>

#include "report/viewer_names.h"

namespace spyhop {
namespace {

struct NamedColor {
  const char* name;
  const char* color;  // one of those which the Firefox Profiler knows; "transparent": idle
};

// First the one of no category, then those of the classes in their order, then garbage collection.
// A grey one there must be.
constexpr NamedColor kCategories[] = {
    {"Other", "grey"},
    {"Python", "yellow"},
    {"Native", "blue"},
    {"Kernel", "orange"},
    {"Waiting", "brown"},
    {"Waiting for the GIL", "red"},
    {"Ready, without a CPU", "purple"},
    {"Idle", "transparent"},
    {"Garbage collection", "green"},
};
constexpr uint32_t kFirstClass = 1;
constexpr uint32_t kGarbageCollection = kFirstClass + kTimeClasses;
static_assert(std::size(kCategories) == kGarbageCollection + 1);

uint32_t CategoryOf(TimeClass time_class) {
  return kFirstClass + static_cast<uint32_t>(time_class);
}

// A column of a table: `"name":[...]`.
template <typename Table, typename WriteValue>
void WriteColumn(const char* name, const Table& table, JsonWriter& json, WriteValue write) {
  json.Key(name).BeginArray();
  for (const auto& row : table) write(row);
  json.EndArray();
}

template <typename Table, typename T>
void WriteConstant(const char* name, const Table& table, JsonWriter& json, T value) {
  WriteColumn(name, table, json, [&](const auto&) { json.Value(value); });
}

template <typename Table>
void WriteNulls(const char* name, const Table& table, JsonWriter& json) {
  WriteColumn(name, table, json, [&](const auto&) { json.Null(); });
}

void WriteOptional(std::optional<size_t> index, JsonWriter& json) {
  index ? json.Value(*index) : json.Null();
}

// A table that is of no use here, but must be there.
void WriteEmptyTable(const char* name, std::initializer_list<const char*> columns,
                     JsonWriter& json) {
  json.Key(name).BeginObject().Field("length", 0);
  for (const char* column : columns) json.Key(column).BeginArray().EndArray();
  json.EndObject();
}

}  // namespace

GeckoCategory GeckoCategories::Of(FrameKind kind) {
  switch (kind) {
    case FrameKind::kPython:
      return {CategoryOf(TimeClass::kPython)};
    case FrameKind::kNative:
      return {CategoryOf(TimeClass::kNative)};
    case FrameKind::kKernel:
      return {CategoryOf(TimeClass::kKernel)};
    case FrameKind::kGc:
      return {kGarbageCollection};
  }
  return {};
}

GeckoCategory GeckoCategories::Of(const SampleSlice& slice) {
  GeckoCategory category{CategoryOf(slice.time_class)};
  if (slice.wait_reason == StringId{}) return category;
  Reasons& reasons = reasons_[static_cast<size_t>(slice.time_class)];
  const auto known = reasons.indexes.find(slice.wait_reason);
  if (known != reasons.indexes.end()) {
    category.subcategory = known->second;
  } else if (reasons.ids.size() < kMostSubcategories) {
    reasons.ids.push_back(slice.wait_reason);
    category.subcategory = static_cast<uint32_t>(reasons.ids.size());
    reasons.indexes[slice.wait_reason] = category.subcategory;
  }
  return category;
}

void GeckoCategories::Write(const Profile& profile, JsonWriter& json) const {
  json.BeginArray();
  for (uint32_t i = 0; i < std::size(kCategories); ++i) {
    json.BeginObject()
        .Field("name", kCategories[i].name)
        .Field("color", kCategories[i].color)
        .Key("subcategories")
        .BeginArray()
        .Value("Other");
    if (i >= kFirstClass && i < kGarbageCollection) {
      for (const StringId reason : reasons_[i - kFirstClass].ids) {
        json.Value(std::string_view(ViewerName(profile.strings().Get(reason))));
      }
    }
    json.EndArray().EndObject();
  }
  json.EndArray();
}

size_t GeckoTables::String(const std::string& text) {
  const auto [known, is_new] = string_indexes_.try_emplace(text, strings_.size());
  if (is_new) strings_.push_back(text);
  return known->second;
}

size_t GeckoTables::FrameOf(size_t frame, GeckoCategory category) {
  const auto [known, is_new] = frame_indexes_.try_emplace({frame, category}, frames_.size());
  if (!is_new) return known->second;
  const ViewerFrame described = FrameForViewers(profile_, frame);
  Func func{.name = String(described.function)};
  if (!described.file.empty()) func.file = String(described.file);
  const auto [known_func, is_new_func] = func_indexes_.try_emplace(func, funcs_.size());
  if (is_new_func) funcs_.push_back(func);
  frames_.push_back({known_func->second, described.line, category});
  return frames_.size() - 1;
}

size_t GeckoTables::Push(std::optional<size_t> prefix, size_t frame, const StackKey& key) {
  stacks_.push_back({FrameOf(frame, key.second), prefix});
  stack_indexes_[key] = stacks_.size() - 1;
  return stacks_.size() - 1;
}

GeckoCategory GeckoTables::KindOf(StackId stack) const {
  if (stack == kNoStack) return {};
  return GeckoCategories::Of(profile_.frames().Get(profile_.stacks().Leaf(stack)).kind);
}

size_t GeckoTables::Stack(StackId stack, GeckoCategory leaf) {
  std::vector<StackKey> missing;
  std::optional<size_t> index;
  StackKey key{stack, leaf};
  do {
    const auto known = stack_indexes_.find(key);
    if (known != stack_indexes_.end()) {
      index = known->second;
      break;
    }
    missing.push_back(key);
    const StackId parent = key.first == kNoStack ? kNoStack : profile_.stacks().Parent(key.first);
    key = {parent, KindOf(parent)};
  } while (key.first != kNoStack);
  for (; !missing.empty(); missing.pop_back()) {
    index = Push(index, FramesForViewers(profile_, missing.back().first).back(), missing.back());
  }
  return *index;
}

void GeckoTables::Write(JsonWriter& json) const {
  WriteStacks(json);
  WriteFrames(json);
  WriteFuncs(json);
  WriteEmptyTable("resourceTable", {"lib", "name", "host", "type"}, json);
  WriteEmptyTable("nativeSymbols", {"libIndex", "address", "name", "functionSize"}, json);
  WriteColumn("stringArray", strings_, json,
              [&](const std::string& text) { json.Value(std::string_view(text)); });
}

void GeckoTables::WriteStacks(JsonWriter& json) const {
  json.Key("stackTable").BeginObject().Field("length", stacks_.size());
  WriteColumn("frame", stacks_, json, [&](const Node& node) { json.Value(node.frame); });
  WriteColumn("prefix", stacks_, json, [&](const Node& node) { WriteOptional(node.prefix, json); });
  WriteColumn("category", stacks_, json,
              [&](const Node& node) { json.Value(frames_[node.frame].category.category); });
  WriteColumn("subcategory", stacks_, json,
              [&](const Node& node) { json.Value(frames_[node.frame].category.subcategory); });
  json.EndObject();
}

void GeckoTables::WriteFrames(JsonWriter& json) const {
  json.Key("frameTable").BeginObject().Field("length", frames_.size());
  WriteConstant("address", frames_, json, -1);
  WriteConstant("inlineDepth", frames_, json, 0);
  WriteColumn("category", frames_, json,
              [&](const Place& frame) { json.Value(frame.category.category); });
  WriteColumn("subcategory", frames_, json,
              [&](const Place& frame) { json.Value(frame.category.subcategory); });
  WriteColumn("func", frames_, json, [&](const Place& frame) { json.Value(frame.func); });
  WriteNulls("nativeSymbol", frames_, json);
  WriteConstant("innerWindowID", frames_, json, 0);
  WriteNulls("implementation", frames_, json);
  WriteColumn("line", frames_, json,
              [&](const Place& frame) { frame.line > 0 ? json.Value(frame.line) : json.Null(); });
  WriteNulls("column", frames_, json);
  json.EndObject();
}

void GeckoTables::WriteFuncs(JsonWriter& json) const {
  json.Key("funcTable").BeginObject().Field("length", funcs_.size());
  WriteColumn("name", funcs_, json, [&](const Func& func) { json.Value(func.name); });
  WriteConstant("isJS", funcs_, json, false);
  WriteConstant("relevantForJS", funcs_, json, false);
  WriteConstant("resource", funcs_, json, -1);
  WriteColumn("fileName", funcs_, json, [&](const Func& func) { WriteOptional(func.file, json); });
  WriteNulls("lineNumber", funcs_, json);
  WriteNulls("columnNumber", funcs_, json);
  json.EndObject();
}

}  // namespace spyhop
