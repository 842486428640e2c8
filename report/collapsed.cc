#include "report/collapsed.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "report/escape.h"

namespace spyhop {
namespace {

std::string Label(const Profile& profile, const Frame& frame) {
  const std::string function = EscapeForTerminal(profile.strings().Get(frame.function), ";");
  const std::string file = EscapeForTerminal(profile.strings().Get(frame.file), ";");
  if (file.empty()) return function;
  if (frame.line <= 0) return absl::StrCat(function, " (", file, ")");
  return absl::StrCat(function, " (", file, ":", frame.line, ")");
}

std::string ThreadLabel(const ThreadInfo& thread) {
  return absl::StrCat("thread ", thread.tid, " ", EscapeForTerminal(thread.name, ";"));
}

std::string ProcessLabel(const TargetInfo& target) {
  return absl::StrCat("process ", target.pid, " ",
                      EscapeForTerminal(absl::StrJoin(target.command, " "), ";"));
}

// What makes a line of its own: the stack, and before it the process and thread where asked for.
struct Line {
  uint32_t target;
  uint32_t thread;
  StackId stack;
  friend bool operator==(const Line&, const Line&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const Line& l) {
    return H::combine(std::move(h), l.target, l.thread, l.stack);
  }
};

absl::flat_hash_map<Line, uint64_t> CountLines(const Profile& profile, const ViewOptions& options) {
  absl::flat_hash_map<Line, uint64_t> counts;
  for (const auto& [key, times] : profile.buckets()) {
    if (key.time_class == TimeClass::kIdle && !options.idle) continue;
    if (key.stack == kNoStack || times.samples == 0) continue;
    const ThreadInfo& thread = profile.thread(key.thread);
    if (!options.filter.KeepsThread(thread)) continue;
    if (!options.filter.KeepsStack(profile, key.stack)) continue;
    const uint32_t thread_part = options.per_thread ? static_cast<uint32_t>(key.thread) : 0;
    counts[Line{thread.target, thread_part, key.stack}] += times.samples;
  }
  return counts;
}

}  // namespace

void WriteCollapsed(const Profile& profile, const ViewOptions& options, Sink& sink) {
  std::vector<std::string> labels;
  for (size_t i = 0; i < profile.frames().size(); ++i) {
    labels.push_back(Label(profile, profile.frames().Get(FrameId(i))));
  }
  std::vector<std::pair<Line, uint64_t>> lines;
  for (const auto& [line, count] : CountLines(profile, options)) lines.emplace_back(line, count);
  std::sort(lines.begin(), lines.end(), [](const auto& a, const auto& b) {
    return std::tuple(a.first.target, a.first.thread, a.first.stack) <
           std::tuple(b.first.target, b.first.thread, b.first.stack);
  });
  for (const auto& [line, count] : lines) {
    std::string text;
    if (profile.targets().size() > 1) {
      absl::StrAppend(&text, ProcessLabel(profile.targets()[line.target]), ";");
    }
    if (options.per_thread) {
      absl::StrAppend(&text, ThreadLabel(profile.thread(ThreadIndex(line.thread))), ";");
    }
    const std::vector<FrameId> frames = profile.stacks().Frames(line.stack);
    absl::StrAppend(&text, absl::StrJoin(frames, ";", [&](std::string* out, FrameId frame) {
      out->append(labels[static_cast<size_t>(frame)]);
    }));
    sink.Append(absl::StrCat(text, " ", count, "\n"));
  }
}

}  // namespace spyhop
