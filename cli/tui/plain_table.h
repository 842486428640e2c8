// `spyhop top` where there is no screen: a table, again and again.
#ifndef SPYHOP_CLI_TUI_PLAIN_TABLE_H_
#define SPYHOP_CLI_TUI_PLAIN_TABLE_H_

#include <atomic>
#include <functional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "cli/tui/source_texts.h"
#include "cli/tui/top_data.h"
#include "cli/tui/top_settings.h"
#include "cli/tui/top_source.h"

namespace spyhop {

// The lines of the screen's header, and the rows up to the limit. ASCII but for names.
std::string PlainTable(const TopData& data, const TopState& state, const TopSettings& settings,
                       absl::Time now, SourceTexts& sources);

// Writes one table each delay, to `write`, which returns false when it is not to be called again.
TopEnd PrintTables(const TopSettings& settings, const std::atomic<bool>& stop,
                   const std::function<bool(std::string_view)>& write, TopSource& source);

}  // namespace spyhop

#endif  // SPYHOP_CLI_TUI_PLAIN_TABLE_H_
