#include "symbolizer/memory_map.h"

#include <sys/sysmacros.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace spyhop {
namespace {

constexpr absl::string_view kDeletedSuffix = " (deleted)";

// Takes the text up to the next blank, and the blanks, off the front of `line`.
absl::string_view TakeWord(absl::string_view& line) {
  const size_t end = std::min(line.find(' '), line.size());
  const absl::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(line.find_first_not_of(' ', end), line.size()));
  return word;
}

// Two hexadecimal numbers with `separator` between them.
bool ParseHexPair(absl::string_view text, char separator, uint64_t& first, uint64_t& second) {
  const size_t at = text.find(separator);
  return at != absl::string_view::npos && absl::SimpleHexAtoi(text.substr(0, at), &first) &&
         absl::SimpleHexAtoi(text.substr(at + 1), &second);
}

void SetPath(absl::string_view text, Mapping& mapping) {
  mapping.deleted = mapping.has_file() && absl::ConsumeSuffix(&text, kDeletedSuffix);
  // The kernel escapes nothing but the end of line (fs/proc/task_mmu.c, show_map_vma).
  mapping.path = absl::StrReplaceAll(text, {{"\\012", "\n"}});
}

// proc(5): "begin-end perms offset major:minor inode      path".
std::optional<Mapping> ParseLine(absl::string_view line) {
  uint64_t begin = 0, end = 0, device_major = 0, device_minor = 0;
  if (!ParseHexPair(TakeWord(line), '-', begin, end) || begin >= end) return std::nullopt;
  const absl::string_view perms = TakeWord(line);
  if (perms.size() != 4) return std::nullopt;
  Mapping mapping{.range = {RemoteAddress(begin), RemoteAddress(end)},
                  .readable = perms[0] == 'r',
                  .writable = perms[1] == 'w',
                  .executable = perms[2] == 'x'};
  if (!absl::SimpleHexAtoi(TakeWord(line), &mapping.offset) ||
      !ParseHexPair(TakeWord(line), ':', device_major, device_minor) ||
      !absl::SimpleAtoi(TakeWord(line), &mapping.inode)) {
    return std::nullopt;
  }
  mapping.device =
      makedev(static_cast<unsigned>(device_major), static_cast<unsigned>(device_minor));
  SetPath(line, mapping);
  return mapping;
}

bool SameFile(const Mapping& mapping, const MappedObject& object) {
  return mapping.inode == object.inode && mapping.device == object.device &&
         mapping.path == object.path;
}

}  // namespace

bool MappedObject::has_code() const {
  return std::any_of(mappings.begin(), mappings.end(),
                     [](const Mapping& mapping) { return mapping.executable; });
}

MemoryMap MemoryMap::Parse(std::string_view maps_text) {
  MemoryMap map;
  const absl::string_view text(maps_text.data(), maps_text.size());
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    if (std::optional<Mapping> mapping = ParseLine(line)) {
      map.mappings_.push_back(*std::move(mapping));
    }
  }
  // The kernel's text is sorted already, except when it changed while it was being read.
  const auto begins_before = [](const Mapping& a, const Mapping& b) {
    return a.range.begin() < b.range.begin();
  };
  const auto overlaps = [](const Mapping& a, const Mapping& b) {
    return b.range.begin() < a.range.end();
  };
  std::stable_sort(map.mappings_.begin(), map.mappings_.end(), begins_before);
  map.mappings_.erase(std::unique(map.mappings_.begin(), map.mappings_.end(), overlaps),
                      map.mappings_.end());
  return map;
}

const Mapping* MemoryMap::Find(RemoteAddress address) const {
  const auto after = std::upper_bound(
      mappings_.begin(), mappings_.end(), address,
      [](RemoteAddress a, const Mapping& mapping) { return a < mapping.range.begin(); });
  if (after == mappings_.begin()) return nullptr;
  const Mapping& candidate = *std::prev(after);
  return candidate.range.Contains(address) ? &candidate : nullptr;
}

bool MemoryMap::ContainsReadable(RemoteAddress address, uint64_t size) const {
  while (const Mapping* mapping = Find(address)) {
    if (!mapping->readable) return false;
    const uint64_t here = mapping->range.end().value() - address.value();
    if (size <= here) return true;
    size -= here;
    address = mapping->range.end();
  }
  return false;
}

std::vector<MappedObject> MemoryMap::Objects() const {
  std::vector<MappedObject> objects;
  for (const Mapping& mapping : mappings_) {
    if (!mapping.has_file() || !absl::StartsWith(mapping.path, "/")) continue;
    // Within one copy, offsets only grow with the address.
    const bool continues = !objects.empty() && SameFile(mapping, objects.back()) &&
                           mapping.offset > objects.back().mappings.back().offset;
    if (!continues) {
      objects.push_back({mapping.path, mapping.device, mapping.inode, mapping.deleted, {}});
    }
    objects.back().mappings.push_back(mapping);
  }
  return objects;
}

std::vector<AddressRange> MemoryMap::WritableRanges(const MappedObject& object) const {
  std::vector<AddressRange> ranges;
  for (const Mapping& mapping : object.mappings) {
    if (!mapping.writable || !mapping.readable) continue;
    RemoteAddress end = mapping.range.end();
    const Mapping* next = Find(end);
    if (next != nullptr && next->writable && next->path.empty()) end = next->range.end();
    ranges.emplace_back(mapping.range.begin(), end);
  }
  return ranges;
}

}  // namespace spyhop
