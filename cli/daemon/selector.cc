#include "cli/daemon/selector.h"

#include <fnmatch.h>
#include <pwd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"

namespace spyhop {
namespace {

constexpr size_t kLongestText = 4096;

bool MatchesGlob(const std::string& glob, std::string_view text) {
  return fnmatch(glob.c_str(), std::string(text.substr(0, kLongestText)).c_str(), 0) == 0;
}

// An empty selector is none.
bool Fits(const std::string& glob, std::string_view text) {
  return glob.empty() || MatchesGlob(glob, text);
}

std::optional<unsigned> IdOf(const std::string& user, const UserIds& users) {
  unsigned id = 0;
  if (absl::SimpleAtoi(user, &id)) return id;
  const auto found = users.find(user);
  if (found == users.end()) return std::nullopt;
  return found->second;
}

}  // namespace

// fgetpwent(3) reads this very file; getpwnam(3) would load libraries by nsswitch.conf, which a
// static program cannot.
UserIds ReadUserIds(const std::string& path) {
  UserIds ids;
  const std::unique_ptr<FILE, int (*)(FILE*)> file(fopen(path.c_str(), "re"), &fclose);
  if (!file) return ids;
  while (const passwd* user = fgetpwent(file.get())) ids.emplace(user->pw_name, user->pw_uid);
  return ids;
}

Selector::Selector(std::vector<WatchRule> rules, const UserIds& users) : rules_(std::move(rules)) {
  for (const WatchRule& rule : rules_) {
    user_ids_.push_back(IdOf(rule.user, users));
    if (!rule.user.empty() && !user_ids_.back()) unknown_users_.push_back(rule.user);
  }
}

bool Selector::Matches(size_t index, const ProcessFacts& facts) const {
  const WatchRule& rule = rules_[index];
  if (rule.pid && *rule.pid != facts.pid) return false;
  if (!rule.user.empty() && user_ids_[index] != facts.user) return false;
  if (!facts.container_id.starts_with(rule.container)) return false;
  return Fits(rule.cgroup, facts.cgroup) && Fits(rule.unit, facts.unit) &&
         (rule.command.empty() || MatchesGlob(rule.command, absl::StrJoin(facts.command, " ")));
}

Selector::Choice Selector::Choose(const ProcessFacts& facts,
                                  std::optional<std::string_view> python) const {
  for (size_t i = 0; i < rules_.size(); ++i) {
    const WatchRule& rule = rules_[i];
    if (!Matches(i, facts)) continue;
    if (rule.python.empty()) return {&rule, false};
    if (!python) return {&rule, true};
    if (MatchesGlob(rule.python, *python)) return {&rule, false};
  }
  return {};
}

}  // namespace spyhop
