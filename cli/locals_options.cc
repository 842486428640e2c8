#include "cli/locals_options.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "report/escape.h"
#include "sampler/python/name_mask.h"

namespace spyhop {
namespace {

constexpr int kMaxDepth = 20;
constexpr int kMinLength = 10;
constexpr int kMaxLength = 1'000'000;

absl::StatusOr<int> ParseWithin(const char* option, const std::string& text, int least, int most) {
  int number = 0;
  if (absl::SimpleAtoi(text, &number) && number >= least && number <= most) return number;
  return absl::InvalidArgumentError(absl::StrCat(option, " '", EscapeForTerminal(text),
                                                 "': use a number from ", least, " to ", most));
}

absl::StatusOr<int> ParseDepth(const std::string& text) {
  return ParseWithin("--locals", text, 0, kMaxDepth);
}

absl::StatusOr<int> ParseLength(const std::string& text) {
  return ParseWithin("--value-length", text, kMinLength, kMaxLength);
}

}  // namespace

OptionList LocalsOptionList() {
  return {
      {"locals,l", "[=DEPTH]",
       "each Python frame's local variables, containers DEPTH deep; default 3", false, "3"},
      {"value-length", "N", "characters of a local's value, about; default 400"},
      {"mask", "GLOB", "hide the values of such names, too; repeatable", true},
      {"no-mask", "", "do not hide those of *password*, *token*, *secret* and the like"},
  };
}

std::optional<LocalsOptions> GetLocals(Parsed& parsed) {
  if (!parsed.Has("locals")) {
    for (const char* option : {"value-length", "mask", "no-mask"}) {
      if (!parsed.Has(option)) continue;
      parsed.Fail(absl::InvalidArgumentError(
          absl::StrCat("--", option, " is about local variables: add --locals")));
    }
    return std::nullopt;
  }
  LocalsOptions locals;
  parsed.Convert("locals", ParseDepth, locals.depth);
  parsed.Convert("value-length", ParseLength, locals.length);
  locals.masks = parsed.Texts("mask");
  if (!parsed.Has("no-mask")) {
    const std::vector<std::string>& usual = NameMask::UsualSecrets();
    locals.masks.insert(locals.masks.end(), usual.begin(), usual.end());
  }
  return locals;
}

}  // namespace spyhop
