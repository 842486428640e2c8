#include "cli/option_parser.h"

#include <boost/program_options.hpp>
#include <exception>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/suggest.h"
#include "report/escape.h"

namespace spyhop {
namespace {

namespace po = boost::program_options;

constexpr char kPositional[] = "spyhop-positional";

// Boost refuses a value that is given twice, unless it is a list.
po::value_semantic* ValueOf(const Option& option) {
  if (option.repeatable) return po::value<Strings>()->value_name(option.value);
  auto* value = po::value<std::string>()->value_name(option.value);
  return option.value_if_bare.empty() ? value : value->implicit_value(option.value_if_bare);
}

po::options_description Describe(const OptionList& options) {
  po::options_description description;
  for (const Option& option : options) {
    if (option.value.empty()) {
      description.add_options()(option.names.c_str(), option.text.c_str());
    } else {
      description.add_options()(option.names.c_str(), ValueOf(option), option.text.c_str());
    }
  }
  return description;
}

Strings LongNames(const po::options_description& description) {
  Strings names;
  for (const auto& option : description.options()) names.push_back("--" + option->long_name());
  return names;
}

absl::Status Usage(const std::string& message) { return absl::InvalidArgumentError(message); }

}  // namespace

std::string Parsed::Text(const std::string& name) const {
  const auto value = values_.find(name);
  return value == values_.end() || value->second.empty() ? std::string() : value->second.back();
}

Strings Parsed::Texts(const std::string& name) const {
  const auto value = values_.find(name);
  return value == values_.end() ? Strings() : value->second;
}

absl::StatusOr<Parsed> ParseArguments(const OptionList& options, const Strings& arguments) {
  const po::options_description description = Describe(options);
  try {
    po::options_description all = description;
    all.add_options()(kPositional, po::value<Strings>());
    po::positional_options_description positional;
    positional.add(kPositional, -1);
    const int style =
        po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
    po::variables_map map;
    po::store(
        po::command_line_parser(arguments).options(all).positional(positional).style(style).run(),
        map);
    Parsed parsed;
    for (const auto& [name, value] : map) {
      Strings& texts = name == kPositional ? parsed.arguments_ : parsed.values_[name];
      if (const auto* list = boost::any_cast<Strings>(&value.value())) {
        texts = *list;
      } else if (const auto* text = boost::any_cast<std::string>(&value.value())) {
        texts = {*text};
      }
    }
    return parsed;
  } catch (const po::unknown_option& error) {
    const std::string name = error.get_option_name();
    return Usage(absl::StrCat("unknown option '", EscapeForTerminal(name), "'",
                              Suggestion(name, LongNames(description))));
  } catch (const std::exception& error) {
    return Usage(EscapeForTerminal(error.what()));
  }
}

absl::StatusOr<std::optional<Setting>> ParseSetting(const std::string& line) {
  try {
    std::istringstream text(line);
    const auto parsed = po::parse_config_file(text, po::options_description(), true);
    if (parsed.options.empty()) return std::nullopt;
    const po::option& option = parsed.options.front();
    if (option.string_key.empty()) return Usage("there is no key before the '='");
    return Setting{option.string_key, option.value.empty() ? "" : option.value.front()};
  } catch (const std::exception&) {
    return Usage(absl::StrCat("'", EscapeForTerminal(line),
                              "' is neither [SECTION], KEY = VALUE, nor a comment after '#'"));
  }
}

std::string DescribeOptions(const OptionList& options) {
  std::ostringstream text;
  text << Describe(options);
  return text.str();
}

}  // namespace spyhop
