#include "sampler/python/interpreter_scan.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

#include "interp_layouts/debug_offsets.h"
#include "sampler/python/object_reader.h"
#include "sampler/python/version_detect.h"

namespace spyhop {
namespace {

constexpr uint64_t kMaxBytes = 64 << 20;  // per range; the largest CPython has some 2 MiB
// Python/initconfig.c and its forerunners have the two as one word in every version. In pieces, so
// that Spyhop's own executable is not taken for a Python.
constexpr std::string_view kPythonStringBegin = "PYTHON";
constexpr std::string_view kPythonStringEnd = "DONTWRITEBYTECODE";
// The smallest CPython is over 2 MiB.
constexpr uint64_t kSmallestObject = 1 << 20;

bool IsReadOnlyData(const Mapping& mapping) { return mapping.readable && !mapping.writable; }

}  // namespace

template <typename Visit>
void InterpreterScan::ForEachReadOnlyPiece(Visit visit) {
  for (const Mapping& mapping : object_.mappings) {
    if (!IsReadOnlyData(mapping)) continue;
    std::vector<uint8_t> bytes(std::min(mapping.range.size(), kMaxBytes));
    bytes.resize(memory_.ReadSome(mapping.range.begin(), bytes.data(), bytes.size()));
    if (!visit(bytes)) return;
  }
}

bool InterpreterScan::HasPythonStrings() {
  uint64_t size = 0;
  for (const Mapping& mapping : object_.mappings) size += mapping.range.size();
  if (size < kSmallestObject) return false;
  const std::string wanted = std::string(kPythonStringBegin).append(kPythonStringEnd);
  bool found = false;
  ForEachReadOnlyPiece([&](const std::vector<uint8_t>& bytes) {
    found = memmem(bytes.data(), bytes.size(), wanted.data(), wanted.size()) != nullptr;
    return !found;
  });
  return found;
}

std::optional<PyVersion> InterpreterScan::VersionConstant() {
  std::optional<PyVersion> version;
  ForEachReadOnlyPiece([&version](const std::vector<uint8_t>& bytes) {
    version = FindVersionConstant(bytes);
    return !version;
  });
  return version;
}

const std::vector<InterpreterScan::Words>& InterpreterScan::WritableWords() {
  if (words_) return *words_;
  words_.emplace();
  for (const AddressRange& range : map_.WritableRanges(object_)) {
    Words piece{.begin = range.begin()};
    piece.words.resize(std::min(range.size(), kMaxBytes) / sizeof(uint64_t));
    const size_t got =
        memory_.ReadSome(range.begin(), piece.words.data(), piece.words.size() * sizeof(uint64_t));
    piece.words.resize(got / sizeof(uint64_t));
    words_->push_back(std::move(piece));
  }
  return *words_;
}

std::vector<RemoteAddress> InterpreterScan::CookiePlaces() {
  uint64_t cookie;
  static_assert(sizeof(kDebugOffsetsCookie) - 1 == sizeof(cookie));
  std::memcpy(&cookie, kDebugOffsetsCookie, sizeof(cookie));
  std::vector<RemoteAddress> places;
  for (const Words& piece : WritableWords()) {
    for (size_t i = 0; i < piece.words.size(); ++i) {
      if (piece.words[i] == cookie) places.push_back(piece.begin.Plus(i * sizeof(uint64_t)));
    }
  }
  return places;
}

bool InterpreterScan::PointsToInterpreter(const Layout& layout, RemoteAddress value) {
  const Mapping* mapping = value.MayHoldPointer() ? map_.Find(value) : nullptr;
  if (mapping == nullptr || !mapping->writable) return false;
  const auto tstate = memory_.ReadPointer(layout.interpreter.threads_head.At(value));
  if (!tstate || !tstate->MayHoldPointer()) return false;
  return memory_.ReadPointer(layout.thread.interp.At(*tstate)) == value;
}

// Among static data are strangers: a type object is its own type's type.
bool InterpreterScan::HasDicts(const Layout& layout, RemoteAddress interpreter) {
  ObjectReader reader(memory_, layout);
  for (const PointerField field : {layout.interpreter.modules, layout.interpreter.sysdict}) {
    const auto dict = memory_.ReadPointer(field.At(interpreter));
    if (!dict || reader.TypeName(*dict) != "dict") return false;
  }
  return true;
}

std::vector<RemoteAddress> InterpreterScan::InterpreterVariables(const Layout& layout) {
  const std::pair offsets(layout.interpreter.threads_head.offset, layout.thread.interp.offset);
  const auto [known, is_new] = variables_.try_emplace(offsets);
  absl::flat_hash_map<uint64_t, bool> seen;
  for (const Words& piece : WritableWords()) {
    for (size_t i = 0; is_new && i < piece.words.size(); ++i) {
      const auto [value, is_first] = seen.try_emplace(piece.words[i], false);
      if (is_first) value->second = PointsToInterpreter(layout, RemoteAddress(piece.words[i]));
      if (value->second) known->second.push_back(piece.begin.Plus(i * sizeof(uint64_t)));
    }
  }
  std::vector<RemoteAddress> places;
  for (const RemoteAddress place : known->second) {
    const auto interpreter = memory_.ReadPointer(place);
    if (interpreter && HasDicts(layout, *interpreter)) places.push_back(place);
  }
  return places;
}

}  // namespace spyhop
