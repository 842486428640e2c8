// Gives a target its labels. Later ones of these win:
//
//   service         the name of its rule
//   python_version  "3.11.7"
//   container_id, pod_uid, cgroup, unit   where known (label-container)
//   service         service.name of its OTEL_CTX (label-otel)
//   app_name, ...   variables of its environment, in lower case (label-env)
//   label.NAME      of the rule
//
// Values are the target's: made valid UTF-8, and cut at 256 bytes. An empty one gives no label.
#ifndef SPYHOP_CLI_DAEMON_LABEL_MAKER_H_
#define SPYHOP_CLI_DAEMON_LABEL_MAKER_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "cli/daemon/config.h"
#include "cli/daemon/labels.h"
#include "sampler/discovery.h"

namespace spyhop {

inline constexpr size_t kLongestLabelName = 64;
inline constexpr size_t kLongestLabelValue = 256;

bool IsLabelName(std::string_view name);

// What labels are made from beside the facts; asked only for what the rule names.
struct LabelSources {
  std::function<std::optional<std::string>(const std::string& name)> environment;
  std::function<std::optional<std::string>()> otel_service;
};

Labels MakeLabels(const WatchRule& rule, const ProcessFacts& facts, std::string_view python_version,
                  const LabelSources& sources);
// Asks the live process: some files of /proc, 0.1 ms.
Labels MakeLabels(const WatchRule& rule, const ProcessFacts& facts,
                  std::string_view python_version);

}  // namespace spyhop

#endif  // SPYHOP_CLI_DAEMON_LABEL_MAKER_H_
