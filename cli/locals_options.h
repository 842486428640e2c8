// The options of `snapshot --locals`: what is shown of local variables, and what is hidden.
#ifndef SPYHOP_CLI_LOCALS_OPTIONS_H_
#define SPYHOP_CLI_LOCALS_OPTIONS_H_

#include <optional>

#include "cli/option_parser.h"
#include "sampler/sampler.h"

namespace spyhop {

OptionList LocalsOptionList();

// None when locals were not asked for.
std::optional<LocalsOptions> GetLocals(Parsed& parsed);

}  // namespace spyhop

#endif  // SPYHOP_CLI_LOCALS_OPTIONS_H_
