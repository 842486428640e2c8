#include "sampler/python/version_detect.h"

#include <algorithm>
#include <string>

#include "sampler/python/object_reader.h"

namespace spyhop {
namespace {

constexpr size_t kLongestVersion = 16;  // "3.100.100rc100+" and its NUL

// PY_RELEASE_LEVEL_*, Include/patchlevel.h.
enum ReleaseLevel : uint8_t { kAlpha = 0xA, kBeta = 0xB, kCandidate = 0xC, kFinal = 0xF };

std::optional<PyVersion> IfPlausible(PyVersion version) {
  const bool known_level =
      version.level == kFinal || (version.level >= kAlpha && version.level <= kCandidate);
  const bool known_major = version.major == 3 || (version.major == 2 && version.minor >= 6);
  if (!known_major || version.minor >= 100 || !known_level) {
    return std::nullopt;
  }
  return version;
}

// Takes a decimal number below 256 off the front.
std::optional<uint8_t> TakeNumber(std::string_view& text) {
  unsigned value = 0;
  size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') {
    value = value * 10 + static_cast<unsigned>(text[digits++] - '0');
    if (value > 255) return std::nullopt;
  }
  if (digits == 0) return std::nullopt;
  text.remove_prefix(digits);
  return static_cast<uint8_t>(value);
}

bool Take(std::string_view& text, std::string_view prefix) {
  if (text.substr(0, prefix.size()) != prefix) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// "a1", "b2", "rc1" or nothing.
bool TakeLevel(std::string_view& text, PyVersion& version) {
  if (Take(text, "rc") || Take(text, "c")) {
    version.level = kCandidate;
  } else if (Take(text, "a")) {
    version.level = kAlpha;
  } else if (Take(text, "b")) {
    version.level = kBeta;
  } else {
    return true;
  }
  const std::optional<uint8_t> serial = TakeNumber(text);
  version.serial = serial.value_or(0);
  return serial.has_value();
}

}  // namespace

std::optional<PyVersion> ParseVersion(std::string_view text) {
  PyVersion version;
  const std::optional<uint8_t> major = TakeNumber(text);
  if (!major || !Take(text, ".")) return std::nullopt;
  const std::optional<uint8_t> minor = TakeNumber(text);
  if (!minor || !Take(text, ".")) return std::nullopt;
  const std::optional<uint8_t> micro = TakeNumber(text);
  if (!micro) return std::nullopt;
  version = {*major, *minor, *micro};
  if (!TakeLevel(text, version)) return std::nullopt;
  Take(text, "+");  // built from a checkout
  if (!text.empty() && text.front() != ' ') return std::nullopt;
  return IfPlausible(version);
}

std::optional<PyVersion> ReadHexVersion(RemoteMemory& memory, const Layout& layout,
                                        RemoteAddress sysdict) {
  ObjectReader reader(memory, layout);
  const std::optional<RemoteAddress> object = reader.Item(sysdict, "hexversion");
  if (!object) return std::nullopt;
  const std::optional<int64_t> hex = reader.Integer(*object);
  if (!hex || *hex < 0 || *hex > 0xFFFFFFFF) return std::nullopt;
  return IfPlausible(PyVersion::FromHex(static_cast<uint32_t>(*hex)));
}

std::optional<PyVersion> ReadVersionWord(RemoteMemory& memory, RemoteAddress symbol) {
  const std::optional<uint64_t> hex = memory.Read<uint64_t>(symbol);
  if (!hex || *hex > 0xFFFFFFFF) return std::nullopt;
  return IfPlausible(PyVersion::FromHex(static_cast<uint32_t>(*hex)));
}

std::optional<PyVersion> ReadVersionBuffer(RemoteMemory& memory, RemoteAddress symbol) {
  const std::optional<std::string> text = memory.ReadCString(symbol, 64);
  return text ? ParseVersion(*text) : std::nullopt;
}

std::optional<PyVersion> FindVersionConstant(absl::Span<const uint8_t> bytes) {
  std::optional<PyVersion> found;
  const auto* text = reinterpret_cast<const char*>(bytes.data());
  size_t begin = 0;
  while (begin < bytes.size()) {
    const auto end = static_cast<size_t>(
        std::find(bytes.begin() + static_cast<ptrdiff_t>(begin), bytes.end(), 0) - bytes.begin());
    const std::string_view whole(text + begin, end - begin);
    begin = end + 1;
    if (whole.size() >= kLongestVersion || whole.find(' ') != std::string_view::npos) continue;
    const std::optional<PyVersion> version = ParseVersion(whole);
    if (!version) continue;
    if (found && *found != *version) return std::nullopt;
    found = version;
  }
  return found;
}

}  // namespace spyhop
