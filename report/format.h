// The table of output formats: name, file name suffixes, writer. Adding a format is one file and a
// row here.
#ifndef SPYHOP_REPORT_FORMAT_H_
#define SPYHOP_REPORT_FORMAT_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "report/sink.h"
#include "report/view.h"
#include "sampler/profile/profile.h"

namespace spyhop {

struct Format {
  std::string_view name;                   // of `-f`
  std::vector<std::string_view> suffixes;  // of `-o`
  // Null for recordings.
  void (*write)(const Profile& profile, const ViewOptions& options, Sink& sink) = nullptr;
  bool for_terminals = false;   // heeds width and colour
  bool is_binary = false;       // not for a terminal
  bool is_recording = false;    // written while sampling: RecordingFile
  bool wants_timeline = false;  // shows samples in the order of time, where the profile has them
};

// The format of that name. kInvalidArgument, with a list of all, when there is none.
absl::StatusOr<const Format*> FindFormat(std::string_view name);

// The format a file name asks for; the table when its suffix says nothing.
const Format* GuessFormat(std::string_view file_name);

// "table html json ...".
std::string FormatNames();

}  // namespace spyhop

#endif  // SPYHOP_REPORT_FORMAT_H_
