#include "symbolizer/demangle.h"

#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace spyhop {
namespace {

// The demangler recurses into what the name says.
constexpr size_t kLongest = 2000;
// What two references name, a third can name again: so each two may double the text, and a pack
// multiplies it (Itanium C++ ABI, 5.1.10 Compression; 5.1.5.10 Pack expansion).
constexpr size_t kMostText = 16 << 20;
constexpr int kMostPacks = 2;

bool StaysSmall(std::string_view name) {
  size_t text = name.size();
  int references = 0;
  int packs = 0;
  for (size_t at = 0; at + 1 < name.size(); ++at) {
    if (name[at] != 'S' && name[at] != 'T') {
      if (name.substr(at, 2) == "Dp" || name.substr(at, 2) == "sp") ++packs;
      continue;
    }
    const size_t end = name.find_first_not_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", at + 1);
    if (end == std::string_view::npos || name[end] != '_') continue;
    if (++references % 2 == 0) text *= 2;
    if (text > kMostText) return false;
  }
  return packs <= kMostPacks;
}

bool IsHexDigit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

// Rust's compiler ends each name with a part "h" and 16 digits of a hash
// (rustc_symbol_mangling::legacy).
std::string_view WithoutRustHash(std::string_view name) {
  constexpr std::string_view kMark = "::h";
  constexpr size_t kDigits = 16;
  if (name.size() <= kMark.size() + kDigits) return name;
  const std::string_view digits = name.substr(name.size() - kDigits);
  const std::string_view rest = name.substr(0, name.size() - kDigits);
  const bool is_hash = rest.substr(rest.size() - kMark.size()) == kMark &&
                       std::all_of(digits.begin(), digits.end(), IsHexDigit);
  return is_hash ? rest.substr(0, rest.size() - kMark.size()) : name;
}

}  // namespace

std::string Demangle(std::string_view name) {
  if (name.substr(0, 2) != "_Z" || name.size() > kLongest || !StaysSmall(name)) {
    return std::string(name);
  }
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> plain(
      abi::__cxa_demangle(std::string(name).c_str(), nullptr, nullptr, &status), &std::free);
  if (plain == nullptr || status != 0) return std::string(name);
  return std::string(WithoutRustHash(plain.get()));
}

}  // namespace spyhop
