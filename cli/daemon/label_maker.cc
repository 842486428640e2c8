#include "cli/daemon/label_maker.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "report/utf8.h"

namespace spyhop {
namespace {

void Put(const std::string& name, std::string_view value, Labels& labels) {
  if (value.empty() || !IsLabelName(name)) return;
  const std::string valid = ReplaceInvalidUtf8(value.substr(0, 4 * kLongestLabelValue));
  labels[name] = std::string(Utf8Prefix(valid, kLongestLabelValue));
}

}  // namespace

bool IsLabelName(std::string_view name) {
  const auto fits = [](unsigned char c) { return absl::ascii_isalnum(c) || c == '_'; };
  return !name.empty() && name.size() <= kLongestLabelName &&
         !absl::ascii_isdigit(static_cast<unsigned char>(name[0])) &&
         std::all_of(name.begin(), name.end(), fits);
}

Labels MakeLabels(const WatchRule& rule, const ProcessFacts& facts, std::string_view python_version,
                  const LabelSources& sources) {
  Labels labels;
  Put("service", rule.name, labels);
  Put("python_version", python_version, labels);
  if (rule.label_container) {
    Put("container_id", facts.container_id, labels);
    Put("pod_uid", facts.pod_uid, labels);
    Put("cgroup", facts.cgroup, labels);
    Put("unit", facts.unit, labels);
  }
  if (rule.label_otel) Put("service", sources.otel_service().value_or(""), labels);
  for (const std::string& variable : rule.label_env) {
    Put(absl::AsciiStrToLower(variable), sources.environment(variable).value_or(""), labels);
  }
  for (const auto& [name, value] : rule.labels) Put(name, value, labels);
  return labels;
}

Labels MakeLabels(const WatchRule& rule, const ProcessFacts& facts,
                  std::string_view python_version) {
  const int pid = facts.pid;
  return MakeLabels(
      rule, facts, python_version,
      {.environment = [pid](const std::string& name) { return EnvironmentOf(pid, name); },
       .otel_service = [pid] { return OtelServiceOf(pid); }});
}

}  // namespace spyhop
