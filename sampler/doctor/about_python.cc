// The interpreter that was found, and how far its stacks and their sources can be read.
#include <set>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/absl_view.h"
#include "interp_layouts/registry.h"
#include "sampler/doctor/findings.h"
#include "sampler/sampler.h"

namespace spyhop {
namespace {

using Verdict = Finding::Verdict;

constexpr size_t kMostSources = 200;

Remedy RemedyFor(SampleErrorCode cause) {
  switch (cause) {
    case SampleErrorCode::kNone:
      return {};
    case SampleErrorCode::kTooDeep:
      return {"nothing: the ends of such stacks are kept", {}};
    default:
      return {"try again; a sample that is not whole is counted, never guessed", {}};
  }
}

Finding AboutWholeness(const Snapshot& snapshot) {
  size_t python = 0;
  size_t whole = 0;
  SampleErrorCode cause = SampleErrorCode::kNone;
  for (const SnapshotThread& thread : snapshot.threads) {
    if (!thread.python) continue;
    ++python;
    whole += thread.truncated == SampleErrorCode::kNone;
    if (thread.truncated != SampleErrorCode::kNone) cause = thread.truncated;
  }
  const double stopped = static_cast<double>(snapshot.stopped) / kMicrosecond;
  std::string text =
      absl::StrFormat("%d of %d Python %s read whole; the process was stopped for %.0f us in all",
                      whole, python, python == 1 ? "thread" : "threads", stopped);
  if (whole < python) absl::StrAppend(&text, "; ", std::string(Meaning(cause)));
  return {whole == python ? Verdict::kOk : Verdict::kWarning,
          "stacks",
          std::move(text),
          RemedyFor(cause),
          {{"python_threads", static_cast<double>(python)},
           {"whole", static_cast<double>(whole)},
           {"stopped_us", stopped}}};
}

// "<frozen importlib._bootstrap>", "<string>" are no files.
bool NamesFile(const SnapshotFrame& frame) {
  return frame.kind == FrameKind::kPython && !frame.file.empty() && frame.file.front() != '<';
}

bool CanOpen(const ProcessFiles& files, const std::string& path) {
  return path.front() == '/' ? files.OpenInRoot(path).ok() : files.OpenInCwd(path).ok();
}

Finding AboutSources(const ProcessFiles& files, const Snapshot& snapshot) {
  std::set<std::string> names;
  for (const SnapshotThread& thread : snapshot.threads) {
    for (const SnapshotFrame& frame : thread.frames) {
      if (NamesFile(frame) && names.size() < kMostSources) names.insert(frame.file);
    }
  }
  std::string missing;
  size_t there = 0;
  for (const std::string& name : names) {
    const bool found = CanOpen(files, name);
    there += found;
    if (!found && missing.empty()) missing = name;
  }
  std::string text =
      absl::StrFormat("%d of %d source files of these stacks can be read", there, names.size());
  Finding finding{Verdict::kOk, "sources", std::move(text)};
  finding.figures = {{"named", static_cast<double>(names.size())},
                     {"readable", static_cast<double>(there)}};
  if (missing.empty()) return finding;
  absl::StrAppend(&finding.text, "; not ", missing);
  finding.remedy = {
      "lines have their numbers all the same; for their text, put the source there, as "
      "the process sees that path",
      {}};
  return finding;
}

std::string LayoutText(const Interpreter& python) {
  const std::string_view provenance = python.layout.provenance;
  const absl::StatusOr<const Layout*> table = FindLayout(python.version, python.flags);
  if (!table.ok() || provenance != (*table)->provenance) return std::string(provenance);
  return absl::StrCat("a table made from ", AbslView(provenance));
}

}  // namespace

void AboutPython(const Attachment& attachment, Findings& findings) {
  const Interpreter& python = attachment.interpreter();
  findings.push_back({Verdict::kOk, "target",
                      absl::StrFormat("process %d runs CPython %s (%s), in %s, found by %s",
                                      attachment.pid(), python.version.ToString(),
                                      FlavourName(python.flags), python.module, python.found_by)});
  findings.push_back({Verdict::kOk, "layout", LayoutText(python)});
}

void AboutStacks(const Attachment& attachment, Findings& findings) {
  const absl::StatusOr<Snapshot> snapshot = TakeSnapshot(attachment.pid(), {});
  if (!snapshot.ok()) {
    findings.push_back(
        {Verdict::kProblem, "stacks", std::string(snapshot.status().message()), {"try again", {}}});
    return;
  }
  findings.push_back(AboutWholeness(*snapshot));
  findings.push_back(AboutSources(ProcessFiles(attachment.pid()), *snapshot));
}

}  // namespace spyhop
