#include "report/otlp_dictionary.h"

#include <algorithm>
#include <protozero/pbf_builder.hpp>

#include "report/escape.h"
#include "report/otlp_fields.h"
#include "report/viewer_names.h"

namespace spyhop {
namespace {

template <typename Field>
using Message = protozero::pbf_builder<Field>;

// The index of `value`, which is given the next one when it is new.
template <typename Ids, typename Values, typename Value>
int32_t Intern(Ids& ids, Values& values, const Value& value) {
  const auto [entry, is_new] = ids.try_emplace(value, static_cast<int32_t>(values.size()) + 1);
  if (is_new) values.push_back(value);
  return entry->second;
}

// Values of the attribute `profile.frame.type` (semantic conventions 1.37).
std::string_view FrameType(FrameKind kind) {
  switch (kind) {
    case FrameKind::kNative:
      return "native";
    case FrameKind::kKernel:
      return "kernel";
    default:
      return "cpython";
  }
}

}  // namespace

OtlpDictionary::Index OtlpDictionary::String(std::string_view text) {
  return static_cast<Index>(strings_.Intern(EscapeForTerminal(text)));
}

OtlpDictionary::Index OtlpDictionary::Attribute(std::string_view key, Value value) {
  if (auto* text = std::get_if<std::string>(&value)) *text = EscapeForTerminal(*text);
  return Intern(attribute_ids_, attributes_, AttributeKey(String(key), std::move(value)));
}

OtlpDictionary::Index OtlpDictionary::Stack(uint32_t target, StackId stack) {
  const auto [entry, is_new] =
      stack_ids_.try_emplace({target, stack}, static_cast<Index>(stacks_.size()) + 1);
  if (is_new) {
    std::vector<Index> leaf_first;
    for (const size_t frame : FramesForViewers(profile_, stack)) {
      leaf_first.push_back(LocationOf(target, frame));
    }
    std::reverse(leaf_first.begin(), leaf_first.end());
    stacks_.push_back(std::move(leaf_first));
  }
  return entry->second;
}

OtlpDictionary::Index OtlpDictionary::LocationOf(uint32_t target, size_t frame) {
  const auto [entry, is_new] =
      location_ids_.try_emplace({target, frame}, static_cast<Index>(locations_.size()) + 1);
  if (is_new) {
    const ViewerFrame shown = FrameForViewers(profile_, frame);
    const bool known = frame < profile_.frames().size();
    const FrameKind kind = known ? profile_.frames().Get(FrameId(frame)).kind : FrameKind::kPython;
    const Function function(String(shown.function), String(shown.file));
    locations_.push_back(
        {.mapping = MappingOf(target, kind, shown.file),
         .function = Intern(function_ids_, functions_, function),
         .line = shown.line,
         .frame_type = Attribute("profile.frame.type", std::string(FrameType(kind)))});
  }
  return entry->second;
}

OtlpDictionary::Index OtlpDictionary::MappingOf(uint32_t target, FrameKind kind,
                                                std::string_view file) {
  const bool is_python = kind == FrameKind::kPython || kind == FrameKind::kGc;
  const std::string_view name = is_python ? profile_.targets()[target].executable : file;
  return name.empty() ? 0 : Intern(mapping_ids_, mappings_, String(name));
}

template <typename Builder>
void OtlpDictionary::WriteZeroValues(Builder& dictionary) {
  using Field = otlp::Dictionary;
  for (const Field table :
       {Field::kMapping, Field::kLocation, Field::kFunction, Field::kAttribute, Field::kStack}) {
    dictionary.add_message(table, "", 0);
  }
  Message<otlp::Link> link(dictionary, Field::kLink);
  link.add_bytes(otlp::Link::kTraceId, std::string(16, '\0'));
  link.add_bytes(otlp::Link::kSpanId, std::string(8, '\0'));
}

template <typename Builder>
void OtlpDictionary::WriteStacks(Builder& dictionary) {
  for (const std::vector<Index>& leaf_first : stacks_) {
    Message<otlp::Stack> message(dictionary, otlp::Dictionary::kStack);
    message.add_packed_int32(otlp::Stack::kLocations, leaf_first.begin(), leaf_first.end());
  }
}

template <typename Builder>
void OtlpDictionary::WriteLocations(Builder& dictionary) {
  for (const Location& location : locations_) {
    Message<otlp::Location> message(dictionary, otlp::Dictionary::kLocation);
    if (location.mapping != 0) message.add_int32(otlp::Location::kMapping, location.mapping);
    {
      Message<otlp::Line> line(message, otlp::Location::kLines);
      line.add_int32(otlp::Line::kFunction, location.function);
      if (location.line > 0) line.add_int64(otlp::Line::kLine, location.line);
    }
    message.add_packed_int32(otlp::Location::kAttributes, &location.frame_type,
                             &location.frame_type + 1);
  }
}

template <typename Builder>
void OtlpDictionary::WriteNames(Builder& dictionary) {
  for (const auto& [name, file] : functions_) {
    Message<otlp::Function> message(dictionary, otlp::Dictionary::kFunction);
    message.add_int32(otlp::Function::kName, name);
    if (file != 0) message.add_int32(otlp::Function::kFile, file);
  }
  for (const Index name : mappings_) {
    Message<otlp::Mapping> message(dictionary, otlp::Dictionary::kMapping);
    message.add_int32(otlp::Mapping::kFile, name);
  }
  for (size_t i = 0; i < strings_.size(); ++i) {
    const std::string_view text = strings_.Get(StringId(i));
    dictionary.add_string(otlp::Dictionary::kString, text.data(), text.size());
  }
}

template <typename Builder>
void OtlpDictionary::WriteAttributes(Builder& dictionary) {
  for (const auto& [key, value] : attributes_) {
    Message<otlp::Attribute> message(dictionary, otlp::Dictionary::kAttribute);
    message.add_int32(otlp::Attribute::kKey, key);
    Message<otlp::AnyValue> any(message, otlp::Attribute::kValue);
    if (const auto* text = std::get_if<std::string>(&value)) {
      any.add_string(otlp::AnyValue::kString, *text);
    } else {
      any.add_int64(otlp::AnyValue::kInteger, std::get<int64_t>(value));
    }
  }
}

void OtlpDictionary::Write(std::string& out) {
  Message<otlp::Dictionary> dictionary(out);
  WriteZeroValues(dictionary);
  WriteStacks(dictionary);
  WriteLocations(dictionary);
  WriteAttributes(dictionary);
  WriteNames(dictionary);
}

}  // namespace spyhop
