// Reads a command line by a list of options, and lines of a configuration file. The only user of
// Boost.Program_options; its exceptions end here.
#ifndef SPYHOP_CLI_OPTION_PARSER_H_
#define SPYHOP_CLI_OPTION_PARSER_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace spyhop {

using Strings = std::vector<std::string>;

// A row of a command's help.
struct Option {
  std::string names;  // "rate,r"
  std::string value;  // "HZ"; empty: a switch
  std::string text;
  bool repeatable = false;
  std::string value_if_bare;  // what the name alone means; empty: it needs a value
  std::string words;          // all its values, where they are few: "auto never"
};
using OptionList = std::vector<Option>;

// What was typed, by long name; converts with the functions of option_values.h and keeps the first
// error.
class Parsed {
 public:
  bool Has(const std::string& name) const { return values_.count(name) > 0; }
  // The value; empty when the option was not given.
  std::string Text(const std::string& name) const;
  Strings Texts(const std::string& name) const;
  // What is no option.
  const Strings& arguments() const { return arguments_; }

  template <typename T, typename Target>
  void Convert(const char* name, absl::StatusOr<T> (*parse)(const std::string&), Target& target) {
    if (Has(name)) Keep(parse(Text(name)), target);
  }
  template <typename T, typename Target>
  void Keep(absl::StatusOr<T> value, Target& target) {
    if (value.ok()) {
      target = *std::move(value);
    } else {
      Fail(value.status());
    }
  }
  void Fail(const absl::Status& status) {
    if (status_.ok()) status_ = status;
  }
  const absl::Status& status() const { return status_; }

 private:
  friend absl::StatusOr<Parsed> ParseArguments(const OptionList&, const Strings&);

  std::map<std::string, Strings> values_;
  Strings arguments_;
  absl::Status status_;
};

// kInvalidArgument: an option that does not exist, or lacks its value; suggests a near one.
absl::StatusOr<Parsed> ParseArguments(const OptionList& options, const Strings& arguments);

// `key = value` of a configuration file.
struct Setting {
  std::string key;
  std::string value;
};

// One line of it that is no section's head; what follows a `#` is a comment. Nothing: there is
// nothing else. kInvalidArgument: it is no such line.
absl::StatusOr<std::optional<Setting>> ParseSetting(const std::string& line);

// The list for a person, two columns.
std::string DescribeOptions(const OptionList& options);

}  // namespace spyhop

#endif  // SPYHOP_CLI_OPTION_PARSER_H_
