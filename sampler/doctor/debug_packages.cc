#include "sampler/doctor/debug_packages.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/absl_view.h"

namespace spyhop {
namespace {

constexpr size_t kShortestId = 4;

std::string_view BaseName(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// What distributions install; all else was built or put there by somebody.
bool IsOfDistribution(std::string_view path) {
  for (const std::string_view folder :
       {"/usr/bin/", "/usr/lib/", "/usr/lib64/", "/bin/", "/lib/", "/lib64/", "/usr/sbin/"}) {
    if (path.starts_with(folder)) return true;
  }
  return false;
}

// "python3.11" of "python3.11", "python3.11d" and "libpython3.11.so.1.0"; else empty.
std::string PythonOf(std::string_view name) {
  absl::string_view rest = AbslView(name);
  absl::ConsumePrefix(&rest, "lib");
  if (!absl::ConsumePrefix(&rest, "python")) return "";
  const auto is_part = [](unsigned char c) { return absl::ascii_isdigit(c) || c == '.'; };
  absl::string_view version(
      rest.data(),
      static_cast<size_t>(std::find_if_not(rest.begin(), rest.end(), is_part) - rest.begin()));
  absl::ConsumeSuffix(&version, ".");
  return version.empty() ? "" : absl::StrCat("python", version);
}

bool IsLibc(std::string_view name) {
  return name.starts_with("libc.so") || name.starts_with("libc-2") ||
         name.starts_with("libpthread") || name.starts_with("ld-linux");
}

bool IsLike(std::string_view distribution, absl::string_view name) {
  for (const absl::string_view each : absl::StrSplit(AbslView(distribution), ' ')) {
    if (each == name) return true;
  }
  return false;
}

std::string InstallCommand(std::string_view distribution, std::string_view path) {
  const std::string python = PythonOf(BaseName(path));
  const bool libc = IsLibc(BaseName(path));
  if (!IsOfDistribution(path) || (python.empty() && !libc)) return "";
  if (IsLike(distribution, "debian")) {
    return absl::StrCat("sudo apt-get install ", libc ? "libc6-dbg" : python + "-dbg");
  }
  if (IsLike(distribution, "fedora") || IsLike(distribution, "rhel")) {
    return absl::StrCat("sudo dnf debuginfo-install ", libc ? "glibc" : "python3");
  }
  if (IsLike(distribution, "suse")) {
    return absl::StrCat("sudo zypper install ", libc ? "glibc" : "python3", "-debuginfo");
  }
  return "";
}

}  // namespace

std::string ParseDistribution(std::string_view os_release) {
  std::string found;
  for (absl::string_view line : absl::StrSplit(AbslView(os_release), '\n')) {
    if (!absl::ConsumePrefix(&line, "ID=") && !absl::ConsumePrefix(&line, "ID_LIKE=")) continue;
    absl::ConsumePrefix(&line, "\"");
    absl::ConsumeSuffix(&line, "\"");
    absl::StrAppend(&found, found.empty() ? "" : " ", line);
  }
  return found;
}

Remedy HowToGetDebugFile(std::string_view distribution, std::string_view path,
                         std::string_view build_id) {
  Remedy remedy;
  const std::string command = InstallCommand(distribution, path);
  if (!command.empty()) {
    remedy.lines.push_back(command);
  } else if (IsOfDistribution(path)) {
    remedy.text = "install the distribution's debug symbols of that file";
  } else {
    remedy.text = "build that file with -g, and do not strip it";
  }
  if (build_id.size() < kShortestId) return remedy;
  absl::StrAppend(&remedy.text, remedy.text.empty() ? "" : "; ",
                  "its debug file is looked for at /usr/lib/debug/.build-id/",
                  AbslView(build_id.substr(0, 2)), "/", AbslView(build_id.substr(2)), ".debug");
  return remedy;
}

}  // namespace spyhop
