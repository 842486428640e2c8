#include "cli/daemon/live_page.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "report/escape.h"
#include "report/html_report.h"
#include "report/table_header.h"
#include "sampler/profile/line_profile.h"
#include "sampler/profile/profile_sum.h"

namespace spyhop {
namespace {

constexpr size_t kTopLines = 3;
constexpr const char* kHtml = "text/html; charset=utf-8";

constexpr const char* kPolicy =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";
// The report's own policy, in the page, allows its script and style by their hashes.
constexpr const char* kReportPolicy = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

constexpr const char* kStyle =
    ":root { color-scheme: light dark; }\n"
    "body { font: 14px/1.45 system-ui, sans-serif; margin: 1.5rem; }\n"
    "h1 { font-size: 1.25rem; margin: 0 0 .25rem; }\n"
    "p { margin: .25rem 0 1rem; }\n"
    "table { border-collapse: collapse; width: 100%; }\n"
    "th, td { text-align: left; vertical-align: top; padding: .3rem .75rem .3rem 0;\n"
    "  border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); }\n"
    ".n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }\n"
    ".c { word-break: break-word; max-width: 40rem; }\n"
    "code { font: 12px/1.45 ui-monospace, monospace; }\n";

std::string Page(const std::string& title, const std::string& body, bool refreshed) {
  return absl::StrCat("<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">\n",
                      "<meta name=\"viewport\" content=\"width=device-width\">\n",
                      refreshed ? "<meta http-equiv=\"refresh\" content=\"5\">\n" : "", "<title>",
                      title, "</title>\n<link rel=\"stylesheet\" href=\"/style.css\"></head>\n",
                      "<body>\n", body, "</body>\n</html>\n");
}

HttpReply HtmlReply(std::string body, const char* policy) {
  HttpReply reply;
  reply.type = kHtml;
  reply.body = std::move(body);
  reply.headers.emplace_back("Content-Security-Policy", policy);
  return reply;
}

struct TopLine {
  std::string place;  // "f (app.py:3)"; not escaped
  Nanos self = 0;
};

// Of all parts; idle time is not work.
std::vector<TopLine> TopLines(const std::vector<FleetPart>& parts, Nanos& all) {
  std::map<std::tuple<std::string_view, std::string_view, int32_t>, Nanos> sums;
  for (const FleetPart& part : parts) {
    const Profile& profile = *part.profile;
    for (const LineRow& row : MakeLineProfile(profile, {.per_thread = false})) {
      const Nanos self = row.self.Wall(false);
      sums[{profile.strings().Get(row.file), profile.strings().Get(row.function), row.line}] += self;
      all += self;
    }
  }
  std::vector<TopLine> lines;
  for (const auto& [place, self] : sums) {
    if (self <= 0) continue;
    const auto& [file, function, line] = place;
    lines.push_back(
        {absl::StrCat(std::string(function), " (", std::string(file), ":", line, ")"), self});
  }
  const size_t kept = std::min(lines.size(), kTopLines);
  std::partial_sort(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(kept), lines.end(),
                    [](const TopLine& a, const TopLine& b) { return a.self > b.self; });
  lines.resize(kept);
  return lines;
}

std::string TopLineCells(const std::vector<FleetPart>& parts) {
  Nanos all = 0;
  std::string cell;
  for (const TopLine& line : TopLines(parts, all)) {
    absl::StrAppend(&cell, cell.empty() ? "" : "<br>",
                    absl::StrFormat("%.0f%% ", 100.0 * static_cast<double>(line.self) /
                                                   static_cast<double>(all)),
                    "<code>", EscapeForHtml(line.place), "</code>");
  }
  return cell.empty() ? "-" : cell;
}

std::string Row(const LiveTarget& live, absl::Time now) {
  const FleetTarget& target = live.target;
  const int pid = target.info.pid;
  return absl::StrCat(
      "<tr><td class=\"n\"><a href=\"/profile?pid=", pid, "\">", pid, "</a></td><td class=\"n\">",
      Since(target.since, now), "</td><td class=\"n\">", ShortNumber(target.rate_hz),
      "</td><td class=\"n\">", target.samples, "</td><td>",
      EscapeForHtml(target.info.python_version), "</td><td>", EscapeForHtml(StateText(target)),
      "</td><td class=\"c\">", EscapeForHtml(LabelText(target.labels)), "</td><td class=\"c\"><code>",
      EscapeForHtml(absl::StrJoin(target.info.command, " ").substr(0, 500)),
      "</code></td><td class=\"c\">", TopLineCells(live.parts), "</td></tr>\n");
}

std::string Headline(const FleetState& state) {
  const FleetFigures& figures = state.figures;
  return absl::StrCat(
      "<h1>Spyhop: ", Counted(state.targets.size(), "process", "processes"), " watched</h1>\n<p>up ",
      Since(figures.started, state.now), "; CPU ",
      absl::StrFormat("%.2f%%", figures.cpu_share * 100), " of a core; memory ",
      BytesText(figures.resident_bytes), "; history ", BytesText(figures.history_bytes),
      "; <a href=\"/metrics\">metrics</a>, <a href=\"/debug/pprof/\">pprof</a></p>\n");
}

}  // namespace

std::string EscapeForHtml(std::string_view text) {
  return absl::StrReplaceAll(
      EscapeForTerminal(text),
      {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&#39;"}});
}

HttpReply LivePage(const FleetState& state, const std::vector<LiveTarget>& targets) {
  std::string body = Headline(state);
  if (!targets.empty()) {
    body +=
        "<table>\n<tr><th class=\"n\">pid<th class=\"n\">watched<th class=\"n\">hz"
        "<th class=\"n\">samples<th>python<th>state<th>labels<th>command"
        "<th>lines of the last minutes, by their own time</tr>\n";
    for (const LiveTarget& live : targets) body += Row(live, state.now);
    body += "</table>\n";
  }
  if (state.targets.size() > targets.size()) {
    absl::StrAppend(&body, "<p>and ", state.targets.size() - targets.size(),
                    " more; <code>spyhop ctl status</code> lists all</p>\n");
  }
  return HtmlReply(Page("Spyhop", body, true), kPolicy);
}

HttpReply LiveStyle() {
  HttpReply reply;
  reply.type = "text/css; charset=utf-8";
  reply.body = kStyle;
  return reply;
}

HttpReply PprofIndex(const std::vector<FleetTarget>& targets) {
  std::string body =
      "<h1>Profiles</h1>\n<p>Each link records 10 s and gives a pprof file: "
      "<code>go tool pprof http://HOST/debug/pprof/profile?pid=PID&amp;seconds=10</code></p>\n<ul>\n";
  for (size_t i = 0; i < std::min(targets.size(), kMostLiveTargets); ++i) {
    const TargetInfo& info = targets[i].info;
    absl::StrAppend(&body, "<li><a href=\"/debug/pprof/profile?pid=", info.pid, "&amp;seconds=10\">",
                    info.pid, "</a> <code>",
                    EscapeForHtml(absl::StrJoin(info.command, " ").substr(0, 500)),
                    "</code></li>\n");
  }
  return HtmlReply(Page("Spyhop: profiles", body + "</ul>\n", false), kPolicy);
}

HttpReply ProfilePage(int pid, const std::vector<FleetPart>& parts) {
  ProfileSum sum;
  for (const FleetPart& part : parts) {
    sum.Add(*part.profile);
    sum.Bound();
  }
  if (sum.profile().figures().samples == 0) {
    return TextReply(404, absl::StrCat("there is no sample of process ", pid,
                                       " yet; / lists the processes that are watched"));
  }
  sum.profile().set_start(parts.front().profile->start());
  StringSink sink;
  WriteHtmlReport(sum.profile(), {}, sink);
  return HtmlReply(sink.text(), kReportPolicy);
}

}  // namespace spyhop
