#include "cli/config_keys.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "cli/config_values.h"
#include "cli/daemon/label_maker.h"
#include "report/utf8.h"

namespace spyhop {
namespace {

constexpr uint64_t kKiB = 1 << 10;
constexpr uint64_t kMiB = 1 << 20;
constexpr uint64_t kTiB = uint64_t{1} << 40;
constexpr Nanos kHour = 3600 * kSecond;

template <typename T>
struct Range {
  T least;
  T most;
  bool or_zero = false;

  bool Has(T value) const { return (value >= least && value <= most) || (or_zero && value == T{}); }
};

// A parsed value, if it lies in the range.
template <typename Part, typename T>
auto In(Range<T> range, std::optional<T> (*parse)(const std::string&), T Part::*field) {
  return [=](Part& part, const std::string&, const std::string& value) {
    const std::optional<T> parsed = parse(value);
    if (!parsed || !range.Has(*parsed)) return false;
    part.*field = *parsed;
    return true;
  };
}

// A text that holds to `test`.
template <typename Part>
auto If(bool (*test)(std::string_view), std::string Part::*field) {
  return [=](Part& part, const std::string&, const std::string& value) {
    if (!test(value)) return false;
    part.*field = value;
    return true;
  };
}

template <typename Part>
auto YesNo(bool Part::*field) {
  return [=](Part& part, const std::string&, const std::string& value) {
    const std::optional<bool> yes = ParseYesNo(value);
    if (yes) part.*field = *yes;
    return yes.has_value();
  };
}

bool IsText(std::string_view text) { return !text.empty() && text.size() <= 4096; }
bool IsEmptyOrPath(std::string_view text) { return text.empty() || IsAbsolutePath(text); }
bool IsEmptyOrHost(std::string_view text) { return text.empty() || IsHostAndPort(text); }
bool IsEmptyOrText(std::string_view text) { return text.empty() || IsText(text); }

template <typename Part>
bool SetLabel(Part& part, const std::string& name, const std::string& value) {
  const bool fits = IsLabelName(name) && !value.empty() && value.size() <= kLongestLabelValue &&
                    ReplaceInvalidUtf8(value) == value;
  if (fits) part.labels[name] = value;
  return fits;
}

bool SetPid(WatchRule& rule, const std::string&, const std::string& value) {
  int pid = 0;
  if (!absl::SimpleAtoi(value, &pid) || pid <= 0) return false;
  rule.pid = pid;
  return true;
}

bool SetVariables(WatchRule& rule, const std::string&, const std::string& value) {
  std::optional<std::vector<std::string>> names = ParseVariableNames(value);
  if (names) rule.label_env = *std::move(names);
  return names.has_value();
}

bool SetType(PushTarget& push, const std::string&, const std::string& value) {
  if (value != "pyroscope" && value != "otlp") return false;
  push.type = value == "otlp" ? PushTarget::Type::kOtlp : PushTarget::Type::kPyroscope;
  return true;
}

bool SetHeader(PushTarget& push, const std::string& name, const std::string& value) {
  if (!IsHeaderName(name) || !IsHeaderValue(value)) return false;
  push.headers.emplace_back(name, value);
  return true;
}

constexpr char kPath[] = "a path from / on";
constexpr char kPathOrNone[] = "a path from / on; nothing: none";
constexpr char kGlob[] = "a glob";
constexpr char kYesNo[] = "yes, no";
constexpr char kLabel[] = "NAME: up to 64 letters, digits and _, no digit first; up to 256 bytes";

}  // namespace

const std::vector<ConfigKey<DaemonConfig>>& DaemonKeys() {
  using D = DaemonConfig;
  static const auto* const kKeys = new std::vector<ConfigKey<D>>{
      {{"cpu-budget", "1%", "0.01% to 6400%, or 0 for no limit",
        "CPU time the daemon may use, of one core; rates fall to keep it"},
       In<D, double>({0.0001, 64, true}, ParseShare, &D::cpu_budget)},
      {{"memory-budget", "256MiB", "32MiB to 1TiB, or 0 for no limit", "memory the daemon may use"},
       In<D, uint64_t>({32 * kMiB, kTiB, true}, ParseSize, &D::memory_budget)},
      {{"stopped-budget", "0.1%", "0.001% to 50%, or 0 for no limit",
        "of each target's time, how much its threads may be held stopped"},
       In<D, double>({0.00001, 0.5, true}, ParseShare, &D::stopped_budget)},
      {{"history", "/var/lib/spyhop", kPathOrNone, "folder for the last hours' recordings"},
       If(IsEmptyOrPath, &D::history)},
      {{"history-bytes", "1GiB", "16MiB to 1024TiB", "what the history of all targets may take"},
       In<D, uint64_t>({16 * kMiB, 1024 * kTiB}, ParseSize, &D::history_bytes)},
      {{"history-age", "24h", "1m to 8760h", "what is older is removed from it"},
       In<D, Nanos>({60 * kSecond, 8760 * kHour}, ParseConfigTime, &D::history_age)},
      {{"segment", "60s", "10s to 1h", "length of one recording in it"},
       In<D, Nanos>({10 * kSecond, kHour}, ParseConfigTime, &D::segment)},
      {{"control", "/run/spyhop/control.sock", kPathOrNone, "socket for `spyhop ctl`"},
       If(IsEmptyOrPath, &D::control)},
      {{"control-group", "", "a group's name; nothing: nobody else",
        "whose members may use it, beside root and the daemon's user"},
       If(IsEmptyOrText, &D::control_group)},
      {{"http", "", "HOST:PORT, as 127.0.0.1:7997; nothing: off",
        "where metrics, profiles and the live page are served"},
       If(IsEmptyOrHost, &D::http)},
      {{"http-token-file", "", kPathOrNone,
        "file whose first line clients must show; needed where HOST is not loopback"},
       If(IsEmptyOrPath, &D::http_token_file)},
      {{"snapshot-folder", "", "a path from / on; nothing: `snapshots` in the history's folder",
        "where SIGUSR1 leaves snapshots"},
       If(IsEmptyOrPath, &D::snapshot_folder)},
  };
  return *kKeys;
}

const std::vector<ConfigKey<WatchRule>>& WatchKeys() {
  using W = WatchRule;
  static const auto* const kKeys = new std::vector<ConfigKey<W>>{
      {{"pid", "", "a number above 0", "this process alone"}, SetPid},
      {{"command", "", kGlob, "the arguments, joined by spaces"}, If(IsText, &W::command)},
      {{"user", "", "a name of /etc/passwd, or a number", "its effective user"},
       If(IsText, &W::user)},
      {{"cgroup", "", kGlob, "the path of its control group"}, If(IsText, &W::cgroup)},
      {{"container", "", "an id or how it begins", "the container it runs in"},
       If(IsText, &W::container)},
      {{"unit", "", kGlob, "its systemd unit, as `gunicorn.service`"}, If(IsText, &W::unit)},
      {{"python", "", kGlob, "its version, as `3.11.7`"}, If(IsText, &W::python)},
      {{"rate", "20", "0.1 to 1000",
        "samples a second, of each process; the budget may grant less"},
       In<W, double>({0.1, 1000}, ParseHertz, &W::rate_hz)},
      {{"native", "no", kYesNo, "with native stacks"}, YesNo(&W::native)},
      {{"ignore", "no", kYesNo, "yes: what matches is not watched"}, YesNo(&W::ignore)},
      {{"label.NAME", "", kLabel, "a label for all that match"}, SetLabel<W>},
      {{"label-env", "", "up to 32 names, separated by commas",
        "environment variables that become labels, in lower case"},
       SetVariables},
      {{"label-container", "no", kYesNo,
        "labels `container_id`, `pod_uid`, `cgroup`, `unit`, where there are such"},
       YesNo(&W::label_container)},
      {{"label-otel", "no", kYesNo, "label `service` from OpenTelemetry's process context"},
       YesNo(&W::label_otel)},
  };
  return *kKeys;
}

const std::vector<ConfigKey<PushTarget>>& PushKeys() {
  using P = PushTarget;
  static const auto* const kKeys = new std::vector<ConfigKey<P>>{
      {{"type", "", "pyroscope, otlp", "what the server speaks; must be given"}, SetType},
      {{"url", "", "http://HOST[:PORT][/PATH] or https://...", "where it is; must be given"},
       If(IsHttpUrl, &P::url)},
      {{"label.NAME", "", kLabel, "added to the labels of all targets"}, SetLabel<P>},
      {{"header.NAME", "", "a text, or @FILE for the first line of that file",
        "sent with each request"},
       SetHeader},
      {{"interval", "60s", "1s to 1h", "time from one push to the next"},
       In<P, Nanos>({kSecond, kHour}, ParseConfigTime, &P::interval)},
      {{"spool-bytes", "16MiB", "64KiB to 1TiB", "what may wait in memory while the server fails"},
       In<P, uint64_t>({64 * kKiB, kTiB}, ParseSize, &P::spool_bytes)},
      {{"retry-for", "1h", "1s to 168h, or 0 for no retries",
        "then a profile is dropped, and counted"},
       In<P, Nanos>({kSecond, 168 * kHour, true}, ParseConfigTime, &P::retry_for)},
      {{"timeout", "10s", "100ms to 5m", "of one request"},
       In<P, Nanos>({100 * kMillisecond, 300 * kSecond}, ParseConfigTime, &P::timeout)},
  };
  return *kKeys;
}

std::string KeysAsMarkdown(const std::vector<ConfigKeyText>& keys) {
  std::string text = "| key | default | may be | what it is |\n|---|---|---|---|\n";
  for (const ConfigKeyText& key : keys) {
    const std::string fallback = key.fallback.empty() ? "" : absl::StrCat("`", key.fallback, "`");
    absl::StrAppend(&text, "| `", key.name, "` | ", fallback, " | ", key.allowed, " | ",
                    key.meaning, " |\n");
  }
  return text;
}

}  // namespace spyhop
