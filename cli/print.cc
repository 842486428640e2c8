#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/help_page.h"

namespace spyhop {

int PrintHelp(const char* command) { return PrintData(HelpFor(command)); }

int PrintData(const std::string& text, const std::string& path) {
  absl::StatusOr<OutputFile> file = OutputFile::Open(path, nullptr);
  if (!file.ok()) return Report(file.status());
  file->sink().Append(text);
  return Report(file->Commit());
}

}  // namespace spyhop
