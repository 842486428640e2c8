#include "interp_layouts/version.h"

#include "absl/strings/str_cat.h"

namespace spyhop {

std::string PyVersion::ToString() const {
  std::string text = absl::StrCat(int{major}, ".", int{minor}, ".", int{micro});
  switch (level) {
    case 0xA:
      return absl::StrCat(text, "a", int{serial});
    case 0xB:
      return absl::StrCat(text, "b", int{serial});
    case 0xC:
      return absl::StrCat(text, "rc", int{serial});
    default:
      return text;
  }
}

std::string FlavourName(AbiFlags flags) {
  std::string name = flags.free_threaded ? "free-threaded" : "";
  if (flags.ucs2) absl::StrAppend(&name, name.empty() ? "" : " ", "ucs2");
  if (flags.debug) absl::StrAppend(&name, name.empty() ? "" : " ", "debug");
  return name.empty() ? "release" : name;
}

std::string MainFlavour(AbiFlags flags) {
  if (flags.free_threaded) return "free-threaded";
  return flags.debug ? "debug" : "release";
}

}  // namespace spyhop
