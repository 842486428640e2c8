#include "cli/tui/plain_table.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/absl_view.h"
#include "cli/tui/top_header.h"
#include "report/table_cells.h"
#include "report/table_header.h"
#include "report/text_table.h"

namespace spyhop {
namespace {

constexpr Nanos kLookEvery = 50 * kMillisecond;

std::string TextOf(const TopLine& line) {
  std::string text;
  for (const TopSpan& span : line) text += span.text;
  text.resize(text.find_last_not_of(' ') + 1);
  return text;
}

}  // namespace

std::string PlainTable(const TopData& data, const TopState& state, const TopSettings& settings,
                       absl::Time now, SourceTexts& sources) {
  StringSink sink;
  const std::string time = absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", now, absl::UTCTimeZone());
  sink.Append(absl::StrCat(TargetText(data, settings.width), "\n"));
  for (const std::string& line :
       {absl::StrCat(time, ": ", RateText(data)),
        absl::StrCat("Percent of one thread's time: ", TextOf(ClassLine(data, false))),
        absl::StrCat(AbslView(Name(state.view)), ", ", ChoiceText(data, state))}) {
    WriteWrapped(line, settings.width, sink);
  }
  TopTable table = MakeTopTable(data, state, settings.table);
  const size_t shown = Limited(table.rows.size(), settings.limit);
  sources.Fill(0, shown, table);
  if (shown == 0) {
    sink.Append(absl::StrCat(table.if_empty, "\n"));
    return sink.text();
  }
  TextTable text(table.columns);
  for (size_t i = 0; i < shown; ++i) text.AddRow(std::move(table.rows[i].cells));
  text.Write(sink, settings.width, false);
  WriteLeftOut(table.rows.size() - shown + table.left_out, "more row", sink);
  return sink.text();
}

TopEnd PrintTables(const TopSettings& settings, const std::atomic<bool>& stop,
                   const std::function<bool(std::string_view)>& write, TopSource& source) {
  MonotonicClock clock;
  SourceTexts sources(settings.table.open_source);
  const Nanos start = clock.Now();
  // Parts come a little before or after the delay is over.
  Nanos next = start;
  uint64_t printed = 0;
  while (!stop) {
    const bool is_new = source.Update();
    const Nanos now = clock.Now();
    const bool over = settings.duration && now - start >= *settings.duration;
    if (source.ended() || over) return TopEnd::kTargetsEnded;
    if (is_new && now >= next) {
      const std::string text = PlainTable(source.Make(settings.state.window), settings.state,
                                          settings, absl::Now(), sources);
      if (!write(printed == 0 ? text : "\n" + text)) return TopEnd::kOutputClosed;
      if (++printed == settings.iterations) return TopEnd::kQuit;
      next = now + settings.delay - settings.delay / 4;
    }
    clock.SleepUntil(now + kLookEvery);
  }
  return TopEnd::kQuit;
}

}  // namespace spyhop
