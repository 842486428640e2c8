#include "report/html_names.h"

#include <utility>

#include "report/escape.h"
#include "report/utf8.h"

namespace spyhop {
namespace {

constexpr size_t kLongestName = 1000;

}  // namespace

std::string HtmlText(std::string_view name) {
  const std::string_view kept = Utf8Prefix(name, kLongestName);
  std::string text = EscapeForTerminal(kept);
  if (kept.size() < name.size()) text += "…";
  return text;
}

HtmlNames::HtmlNames(const Profile& profile, const Filter& filter) : profile_(profile) {
  uint32_t kept = 0;
  for (const ThreadInfo& thread : profile.threads()) {
    threads_.push_back(kept);
    if (filter.KeepsThread(thread)) ++kept;
  }
}

uint32_t HtmlNames::String(StringId id) {
  if (const auto known = by_id_.find(id); known != by_id_.end()) return known->second;
  return by_id_[id] = String(profile_.strings().Get(id));
}

uint32_t HtmlNames::String(std::string_view text) {
  const auto [entry, fresh] =
      by_text_.try_emplace(HtmlText(text), static_cast<uint32_t>(strings_.size()));
  if (fresh) strings_.push_back(entry->first);
  return entry->second;
}

uint32_t HtmlNames::FrameOf(FrameId id) {
  const auto [entry, fresh] = by_frame_.try_emplace(id, static_cast<uint32_t>(frames_.size()));
  if (fresh) {
    const Frame& frame = profile_.frames().Get(id);
    frames_.push_back({.name = String(frame.function),
                       .file = String(frame.file),
                       .line = frame.line,
                       .kind = static_cast<uint32_t>(frame.kind)});
  }
  return entry->second;
}

uint32_t HtmlNames::OtherFrame() {
  frames_.push_back({.name = String("(other)"), .file = String(""), .line = 0, .kind = kOtherKind});
  return static_cast<uint32_t>(frames_.size() - 1);
}

void HtmlNames::Write(JsonWriter& json) const {
  const auto column = [&](std::string_view key, auto field) {
    json.Key(key).BeginArray();
    for (const Row& row : frames_) json.Value(row.*field);
    json.EndArray();
  };
  json.Key("frames").BeginObject();
  column("name", &Row::name);
  column("file", &Row::file);
  column("line", &Row::line);
  column("kind", &Row::kind);
  json.EndObject().Key("strings").BeginArray();
  for (const std::string& text : strings_) json.Value(std::string_view(text));
  json.EndArray();
}

}  // namespace spyhop
