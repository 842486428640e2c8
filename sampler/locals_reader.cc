#include "sampler/locals_reader.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace spyhop {
namespace {

constexpr Nanos kMostTime = 2 * kSecond;
constexpr size_t kMostBytes = size_t{128} << 20;

}  // namespace

LocalsReader::LocalsReader(RemoteMemory& memory, const Layout& layout, const LocalsOptions& options)
    : memory_(memory, kMostBytes, MonotonicClock().Now() + kMostTime),
      mask_(options.masks),
      frames_(memory_, layout),
      repr_(memory_, layout, {options.depth, options.length}, mask_) {}

std::vector<SnapshotLocals> LocalsReader::Read(WatchedThread& thread) {
  std::vector<SnapshotLocals> all;
  const std::vector<RawFrame>& frames = thread.stack.frames();
  for (const RawFrame& frame : frames) all.push_back(ReadFrame(frame, thread));
  if (!thread.settled) return all;
  const auto sched = thread.probe.ReadSchedStat();
  if (sched && sched->slices == thread.settled_slices) return all;
  for (size_t i = 0; i < frames.size(); ++i) {
    if (frames[i].code.is_null() || frames_.IsAt(frames[i])) continue;
    const bool left = memory_.exhausted();
    all[i] = {.variables = {}, .changed = !left, .not_read = left};
  }
  return all;
}

SnapshotLocals LocalsReader::ReadFrame(const RawFrame& frame, const WatchedThread& thread) {
  SnapshotLocals locals;
  if (frame.code.is_null()) return locals;
  const auto variables = frames_.Read(frame, *thread.walker);
  locals.not_read = memory_.exhausted();
  locals.changed = !variables && !locals.not_read;
  if (!variables || locals.not_read) return locals;
  for (const LocalVariable& variable : *variables) {
    ValueRepr::Result value = Value(variable);
    locals.variables.push_back(
        {variable.name, std::move(value.value), std::move(value.type), false});
  }
  FindChanged(*variables, thread.settled, locals.variables);
  return locals;
}

// A slot that holds the same address before and after does not prove that the value between was
// its own: a loop's number is freed and made anew where it was. So each value is read twice, and
// the slots after each time. All that has been freed looks alike, however (2.7's ints hang in a
// list by their type), so that much is only believed of a thread that rests.
void LocalsReader::FindChanged(const std::vector<LocalVariable>& variables, bool rests,
                               std::vector<SnapshotLocal>& told) {
  const std::vector<bool> same = frames_.Still(variables);
  std::vector<bool> equal(variables.size());
  for (size_t i = 0; i < variables.size(); ++i) {
    const bool sound = rests || told[i].value.find(kUnreadableValue) == std::string::npos;
    equal[i] = same[i] && sound && Value(variables[i]).value == told[i].value;
  }
  const std::vector<bool> same_again = frames_.Still(variables);
  const bool checked = !memory_.exhausted();
  for (size_t i = 0; i < variables.size(); ++i) {
    if (checked && equal[i] && same_again[i]) continue;
    told[i] = {std::move(told[i].name), checked ? "" : kNotRead, "", checked};
  }
}

ValueRepr::Result LocalsReader::Value(const LocalVariable& variable) {
  if (variable.number) return {absl::StrCat(*variable.number), "int"};
  if (mask_.Covers(variable.name)) return repr_.Masked(variable.object);
  return repr_.Of(variable.object);
}

}  // namespace spyhop
