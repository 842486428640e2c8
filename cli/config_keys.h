// Every key of the daemon's configuration: what it is called, what it may be, what it is when it is
// not there, and where its value goes. Reading, checking and docs/daemon.md's tables come from
// here.
#ifndef SPYHOP_CLI_CONFIG_KEYS_H_
#define SPYHOP_CLI_CONFIG_KEYS_H_

#include <functional>
#include <string>
#include <vector>

#include "cli/daemon/config.h"

namespace spyhop {

struct ConfigKeyText {
  std::string name;      // "cpu-budget"; "label.NAME" stands for any name behind the dot
  std::string fallback;  // the value when it is not given; empty: nothing, or it must be given
  std::string allowed;   // "0 to 100%"
  std::string meaning;
};

template <typename Part>
struct ConfigKey : ConfigKeyText {
  // Puts a value into the part of the configuration that its section is. `name` is what stands for
  // NAME, else empty. False: it is not what is allowed.
  using Set = std::function<bool(Part& part, const std::string& name, const std::string& value)>;

  ConfigKey(ConfigKeyText text, Set setter)
      : ConfigKeyText(std::move(text)), set(std::move(setter)) {}

  Set set;
};

const std::vector<ConfigKey<DaemonConfig>>& DaemonKeys();  // [daemon]
const std::vector<ConfigKey<WatchRule>>& WatchKeys();      // [watch NAME]
const std::vector<ConfigKey<PushTarget>>& PushKeys();      // [push NAME]

// A section's table in docs/daemon.md.
template <typename Part>
std::vector<ConfigKeyText> KeyTexts(const std::vector<ConfigKey<Part>>& keys) {
  return {keys.begin(), keys.end()};
}
std::string KeysAsMarkdown(const std::vector<ConfigKeyText>& keys);

}  // namespace spyhop

#endif  // SPYHOP_CLI_CONFIG_KEYS_H_
