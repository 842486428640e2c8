// Texts of options to values: pids, rates, durations, words of a list. Pure; errors
// (kInvalidArgument) say what is accepted.
#ifndef SPYHOP_CLI_OPTION_VALUES_H_
#define SPYHOP_CLI_OPTION_VALUES_H_

#include <string>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "cli/options.h"

namespace spyhop {

absl::StatusOr<int> ParsePid(const std::string& text);         // "1234", "0x4d2"
absl::StatusOr<double> ParseRate(const std::string& text);     // "100", "100hz", "1khz"
absl::StatusOr<Nanos> ParseDuration(const std::string& text);  // "10", "0.5", "500ms", "2m", "1h"
absl::StatusOr<Nanos> ParseInstant(const std::string& text);   // a duration since the start, or 0
absl::StatusOr<Nanos> ParseEvery(const std::string& text);     // a duration, between snapshots
absl::StatusOr<size_t> ParseLimit(const std::string& text);    // "30"; 0 = all
absl::StatusOr<size_t> ParseRepeat(const std::string& text);   // "5"; 0 = no end
absl::StatusOr<Nanos> ParseDelay(const std::string& text);     // a duration
absl::StatusOr<Nanos> ParseWindow(const std::string& text);    // a duration up to 60 s, or 0
absl::StatusOr<uint64_t> ParseIterations(const std::string& text);
absl::StatusOr<double> ParsePercent(const std::string& text);  // "10", "2.5%"
absl::StatusOr<PauseMode> ParsePause(const std::string& text);
absl::StatusOr<NativeDetail> ParseNative(const std::string& text);
absl::StatusOr<SortKey> ParseSort(const std::string& text);
absl::StatusOr<TableView> ParseView(const std::string& text);
absl::StatusOr<TableView> ParseDiffView(const std::string& text);
absl::StatusOr<TopView> ParseTopView(const std::string& text);
absl::StatusOr<ColorMode> ParseColor(const std::string& text);

// The words which those take, like FormatNames(): "auto never".
std::string PauseModes();
std::string NativeDetails();
std::string SortKeys();
std::string TableViews();
std::string ColorModes();

// Which format goes where. One format serves all files; as many as files go pairwise; none: by the
// files' names. Without files stdout.
absl::StatusOr<std::vector<OutputSpec>> PairOutputs(const std::vector<std::string>& files,
                                                    const std::vector<std::string>& formats);

// A view asked for must have a table to be shown in, and heed the order asked for.
absl::Status CheckView(const std::string& view, bool sorted,
                       const std::vector<OutputSpec>& outputs);

}  // namespace spyhop

#endif  // SPYHOP_CLI_OPTION_VALUES_H_
