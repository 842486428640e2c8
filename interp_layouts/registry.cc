#include "interp_layouts/registry.h"

#include <cstdint>
#include <string>
#include <tuple>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace spyhop {
namespace {

constexpr Layout kLayouts[] = {
#include "interp_layouts/generated/tables.inc"
};

bool SameSeries(PyVersion a, PyVersion b) { return a.major == b.major && a.minor == b.minor; }

// How far `version` is from the range of `layout`: 0 inside, else in releases.
int Distance(const Layout& layout, PyVersion version) {
  if (version < layout.first) {
    const int patches = layout.first.micro - version.micro;
    return patches > 0 ? patches : 1;  // a beta of the first release
  }
  return version > layout.last ? version.micro - layout.last.micro + 1 : 0;
}

std::string SeriesName(PyVersion version) {
  return absl::StrCat(int{version.major}, ".", int{version.minor});
}

absl::Status Unsupported(PyVersion version, AbiFlags flags, bool known_series) {
  const std::string flavour = known_series ? absl::StrCat(" (", FlavourName(flags), " build)") : "";
  return absl::UnimplementedError(absl::StrCat("CPython ", version.ToString(), flavour,
                                               " is not supported; supported are ",
                                               SupportedVersions()));
}

}  // namespace

absl::Span<const Layout> AllLayouts() { return kLayouts; }

absl::StatusOr<const Layout*> FindLayout(PyVersion version, AbiFlags flags) {
  const Layout* best = nullptr;
  bool known_series = false;
  for (const Layout& layout : kLayouts) {
    if (!SameSeries(layout.first, version)) continue;
    known_series = true;
    if (!(layout.flags == flags)) continue;
    if (best == nullptr || Distance(layout, version) < Distance(*best, version)) best = &layout;
  }
  if (best == nullptr) return Unsupported(version, flags, known_series);
  return best;
}

std::string SupportedVersions() {
  std::string text;
  PyVersion begin;  // of the run of consecutive minor versions at hand
  PyVersion end;
  const auto flush = [&] {
    if (begin.major == 0) return;
    absl::StrAppend(&text, text.empty() ? "" : ", ", SeriesName(begin));
    if (!SameSeries(begin, end)) absl::StrAppend(&text, " to ", SeriesName(end));
  };
  for (const Layout& layout : kLayouts) {
    if (SameSeries(layout.first, end)) continue;
    if (layout.first.major != end.major || layout.first.minor != end.minor + 1) {
      flush();
      begin = layout.first;
    }
    end = layout.first;
  }
  flush();
  return text;
}

}  // namespace spyhop
