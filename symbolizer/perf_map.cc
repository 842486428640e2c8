#include "symbolizer/perf_map.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>
#include <utility>

namespace spyhop {
namespace {

// A hexadecimal number and the blank behind it, both taken off `line`.
std::optional<uint64_t> TakeHex(std::string_view& line) {
  if (line.substr(0, 2) == "0x") line.remove_prefix(2);
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value, 16);
  const auto digits = static_cast<size_t>(end - line.data());
  if (error != std::errc() || digits == line.size() || line[digits] != ' ') return std::nullopt;
  line.remove_prefix(digits + 1);
  return value;
}

std::optional<PerfMap::Function> ParseLine(std::string_view line) {
  const std::optional<uint64_t> begin = TakeHex(line);
  const std::optional<uint64_t> size = begin ? TakeHex(line) : std::nullopt;
  if (!size || *size == 0 || line.empty()) return std::nullopt;
  const AddressRange range = AddressRange::OfSize(RemoteAddress(*begin), *size);
  if (range.size() != *size) return std::nullopt;
  return PerfMap::Function{range, std::string(line)};
}

}  // namespace

size_t PerfMap::Add(std::string_view text) {
  size_t added = 0;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    std::optional<Function> function = ParseLine(line);
    if (!function) continue;
    Insert(*std::move(function));
    ++added;
  }
  return added;
}

// What begins before the new range and reaches into it ends there; what begins in it is gone.
void PerfMap::Insert(Function function) {
  const RemoteAddress begin = function.range.begin();
  const RemoteAddress end = function.range.end();
  auto next = functions_.lower_bound(begin);
  if (next != functions_.begin()) {
    Function& before = std::prev(next)->second;
    if (before.range.end() > begin) before.range = AddressRange(before.range.begin(), begin);
  }
  while (next != functions_.end() && next->first < end) next = functions_.erase(next);
  functions_.insert_or_assign(begin, std::move(function));
}

const PerfMap::Function* PerfMap::Find(RemoteAddress address) const {
  const auto after = functions_.upper_bound(address);
  if (after == functions_.begin()) return nullptr;
  const Function& function = std::prev(after)->second;
  return function.range.Contains(address) ? &function : nullptr;
}

}  // namespace spyhop
