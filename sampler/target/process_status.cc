#include "sampler/target/process_status.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "base/absl_view.h"

namespace spyhop {
namespace {

using Words = std::vector<absl::string_view>;

bool ReadIds(const Words& words, Ids& ids) {
  return words.size() >= 4 && absl::SimpleAtoi(words[1], &ids.real) &&
         absl::SimpleAtoi(words[2], &ids.effective) && absl::SimpleAtoi(words[3], &ids.saved);
}

bool ReadNamespaceIds(const Words& words, std::vector<int>& ids) {
  ids.clear();
  for (size_t i = 1; i < words.size(); ++i) {
    int id = 0;
    if (!absl::SimpleAtoi(words[i], &id)) return false;
    ids.push_back(id);
  }
  return true;
}

bool ReadFlag(absl::string_view word, bool& flag) {
  int value = 0;
  if (!absl::SimpleAtoi(word, &value)) return false;
  flag = value != 0;
  return true;
}

// False when the line has a name of ours and cannot be understood.
bool ReadLine(const Words& words, ProcessStatus& status) {
  const absl::string_view name = words[0];
  CapabilitySets& capabilities = status.capabilities;
  if (name == "Tgid:") return absl::SimpleAtoi(words[1], &status.process);
  if (name == "Uid:") return ReadIds(words, status.user);
  if (name == "Gid:") return ReadIds(words, status.group);
  if (name == "CapPrm:") return absl::SimpleHexAtoi(words[1], &capabilities.permitted);
  if (name == "CapEff:") return absl::SimpleHexAtoi(words[1], &capabilities.effective);
  if (name == "CapBnd:") return absl::SimpleHexAtoi(words[1], &capabilities.bounding);
  if (name == "NoNewPrivs:") return ReadFlag(words[1], status.no_new_privileges);
  if (name == "Seccomp:") return absl::SimpleAtoi(words[1], &status.seccomp_mode);
  if (name == "TracerPid:") return absl::SimpleAtoi(words[1], &status.tracer_pid);
  const bool only_id = name == "Pid:" && status.namespace_ids.empty();
  if (name == "NSpid:" || only_id) return ReadNamespaceIds(words, status.namespace_ids);
  return true;
}

}  // namespace

std::optional<ProcessStatus> ParseStatus(std::string_view text) {
  ProcessStatus status;
  for (absl::string_view line : absl::StrSplit(AbslView(text), '\n')) {
    const Words words = absl::StrSplit(line, absl::ByAnyChar("\t "), absl::SkipEmpty());
    if (words.size() >= 2 && !ReadLine(words, status)) return std::nullopt;
  }
  if (status.namespace_ids.empty()) return std::nullopt;
  return status;
}

}  // namespace spyhop
