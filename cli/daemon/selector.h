// Which rule of the configuration a process falls under: the first whose selectors all match.
//
// Globs are fnmatch(3)'s over the whole text, `/` included; at most 4,096 bytes of a process's text
// count. Made anew at each reload, for it looks up users' names then: in /etc/passwd alone, so that
// a static program does, too. Immutable: any thread may ask it. Microseconds a process.
#ifndef SPYHOP_CLI_DAEMON_SELECTOR_H_
#define SPYHOP_CLI_DAEMON_SELECTOR_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/daemon/config.h"
#include "sampler/discovery.h"

namespace spyhop {

// Ids of users by name.
using UserIds = std::map<std::string, unsigned>;
// Of a file as /etc/passwd; empty when it cannot be read.
UserIds ReadUserIds(const std::string& path = "/etc/passwd");

class Selector {
 public:
  Selector(std::vector<WatchRule> rules, const UserIds& users);

  struct Choice {
    const WatchRule* rule = nullptr;  // of this Selector; null: none matches
    // `rule` is the first that may match, but whether it does hangs on the version of Python: learn
    // it (PythonVersionOf) and choose again. Not so where a version was given.
    bool needs_version = false;

    bool watched() const { return rule != nullptr && !rule->ignore; }
  };
  Choice Choose(const ProcessFacts& facts, std::optional<std::string_view> python) const;

  const std::vector<WatchRule>& rules() const { return rules_; }
  // Names of rules' users that nobody has; such rules match nothing. For a warning.
  const std::vector<std::string>& unknown_users() const { return unknown_users_; }

 private:
  bool Matches(size_t rule, const ProcessFacts& facts) const;

  std::vector<WatchRule> rules_;
  std::vector<std::optional<unsigned>> user_ids_;  // of each rule
  std::vector<std::string> unknown_users_;
};

}  // namespace spyhop

#endif  // SPYHOP_CLI_DAEMON_SELECTOR_H_
