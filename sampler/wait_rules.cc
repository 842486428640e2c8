#include "sampler/wait_rules.h"

#include <algorithm>

namespace spyhop {
namespace {

struct MachineryRule {
  std::string_view file;
  std::string_view function;
  const char* below;
  const char* name;
};

constexpr MachineryRule kMachinery[] = {
#define SPYHOP_WAIT_FRAME(file, function, below, name) {file, function, below, name},
#include "sampler/wait_rules.inc"
};

struct IdleRule {
  TimeClass time_class;
  std::string_view calls;
  std::string_view file;
  std::string_view function;
  std::string_view under;
};

constexpr IdleRule kIdleRules[] = {
#define SPYHOP_IDLE_RULE(class, calls, file, function, under) \
  {TimeClass::class, calls, file, function, under},
#include "sampler/wait_rules.inc"
};

char LetterOf(CallKind kind) {
  switch (kind) {
    case CallKind::kRead:
      return 'r';
    case CallKind::kPoll:
      return 'p';
    case CallKind::kAccept:
      return 'a';
    case CallKind::kLock:
      return 'l';
    case CallKind::kSleep:
      return 's';
    case CallKind::kOther:
      break;
  }
  return '-';
}

// 3.11+ gives "Event.wait" where older ones give "wait".
std::string_view LastPart(std::string_view function) {
  return function.substr(function.rfind('.') + 1);
}

bool IsFunction(std::string_view function, std::string_view rule) {
  if (rule.empty()) return true;
  const bool qualified = function.find('.') != function.npos;
  return qualified && rule.find('.') != rule.npos ? function.ends_with(rule)
                                                  : LastPart(function) == LastPart(rule);
}

const MachineryRule* FindMachinery(const WaitFrame& frame, std::string_view name) {
  const auto found =
      std::find_if(std::begin(kMachinery), std::end(kMachinery), [&](const MachineryRule& rule) {
        return (rule.below == nullptr || rule.below == name) &&
               IsFunction(frame.function, rule.function) && IsFile(frame.file, rule.file);
      });
  return found == std::end(kMachinery) ? nullptr : found;
}

bool HasCall(const IdleRule& rule, CallKind kind, bool named) {
  const auto has = [&](char letter) { return rule.calls.find(letter) != rule.calls.npos; };
  return has(LetterOf(kind)) || (kind == CallKind::kLock && named && has('n'));
}

bool Fits(const IdleRule& rule, absl::Span<const WaitFrame> frames, size_t waiter) {
  if (!rule.file.empty()) {
    if (waiter == frames.size() || !IsFunction(frames[waiter].function, rule.function) ||
        !IsFile(frames[waiter].file, rule.file)) {
      return false;
    }
  }
  if (rule.under.empty()) return true;
  return std::any_of(frames.begin() + waiter, frames.end(),
                     [&](const WaitFrame& frame) { return IsFile(frame.file, rule.under); });
}

bool IsThreadStart(const WaitFrame& frame) {
  const std::string_view function = LastPart(frame.function);
  const bool start = function == "run" || function == "_bootstrap" ||
                     function == "_bootstrap_inner" || function == "__bootstrap" ||
                     function == "__bootstrap_inner";
  return start && IsFile(frame.file, "threading.py");
}

// The thread's own function is at frame `at`: the target of a Thread, the run method of a class
// derived from it, or what that calls; or the first frame of a thread that C code has started.
bool IsThreadFunction(absl::Span<const WaitFrame> frames, size_t at) {
  if (at >= frames.size()) return false;
  if (at + 1 == frames.size() || IsThreadStart(frames[at + 1])) return true;
  return LastPart(frames[at + 1].function) == "run" && at + 2 < frames.size() &&
         IsThreadStart(frames[at + 2]);
}

// A worker waits for work in its outermost function. A Condition with a timeout may be anything.
bool IsWorkerWithoutWork(absl::Span<const WaitFrame> frames, const Waiter& waiter,
                         const WaitFacts& facts) {
  if (facts.main_thread || facts.kind != CallKind::kLock) return false;
  const std::string_view lock = waiter.name.empty() ? facts.lock : waiter.name;
  const bool for_work =
      lock == "queue.get" || (lock == "threading.Condition" && !facts.has_timeout);
  return for_work && IsThreadFunction(frames, waiter.frame);
}

}  // namespace

bool IsFile(std::string_view path, std::string_view file) {
  if (file.ends_with('/')) {
    const size_t at = path.find(file);
    return at != path.npos && (at == 0 || path[at - 1] == '/');
  }
  if (!path.ends_with(file)) return false;
  path.remove_suffix(file.size());
  if (path.empty()) return true;
  if (path.back() != '/') return false;
  if (file.find('/') != file.npos) return true;
  // The standard library's folder: lib/python3.11, python38.zip, or a source tree's Lib.
  path.remove_suffix(1);
  const std::string_view folder = path.substr(path.rfind('/') + 1);
  return folder.starts_with("python") || folder == "Lib";
}

Waiter FindWaiter(absl::Span<const WaitFrame> frames) {
  Waiter waiter;
  bool selectors_only = true;
  for (; waiter.frame < frames.size(); ++waiter.frame) {
    const MachineryRule* rule = FindMachinery(frames[waiter.frame], waiter.name);
    if (rule == nullptr) break;
    if (rule->name != nullptr) waiter.name = rule->name;
    selectors_only = selectors_only && rule->file == "selectors.py";
  }
  waiter.by_selector = selectors_only && waiter.frame > 0;
  return waiter;
}

TimeClass ClassOfWait(absl::Span<const WaitFrame> frames, const Waiter& waiter,
                      const WaitFacts& facts) {
  if (frames.empty()) return TimeClass::kIdle;
  for (const IdleRule& rule : kIdleRules) {
    if (HasCall(rule, facts.kind, !waiter.name.empty()) && Fits(rule, frames, waiter.frame)) {
      return rule.time_class;
    }
  }
  if (waiter.by_selector && facts.kind == CallKind::kPoll) return TimeClass::kIdle;
  return IsWorkerWithoutWork(frames, waiter, facts) ? TimeClass::kIdle : TimeClass::kWait;
}

}  // namespace spyhop
