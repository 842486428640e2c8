#include "sampler/python/interpreter_probe.h"

#include <unistd.h>

#include <array>
#include <utility>

#include "interp_layouts/debug_offsets.h"
#include "interp_layouts/registry.h"
#include "sampler/python/interpreter_finder.h"

namespace spyhop {
namespace {

constexpr int kThreadAttempts = 10;
constexpr int kThreadPolls = 40;
constexpr unsigned kThreadPollMicros = 500;
constexpr int kMaxInterpreters = 4096;
constexpr int kFrameAttempts = 20;
constexpr unsigned kFrameAttemptMicros = 300;

bool HasRuntime(const Layout& layout) { return layout.runtime.interpreters_head.present(); }

absl::Status NothingTried() {
  return absl::FailedPreconditionError("it is like no CPython that is known");
}

// The target's own sys module says what `layout` is for.
bool Agrees(const Trial& trial, const Layout& layout) {
  if (!trial.version || trial.debug != layout.flags.debug) return false;
  if (trial.max_unicode && layout.flags.ucs2 != (*trial.max_unicode == 0xFFFF)) return false;
  const absl::StatusOr<const Layout*> right = FindLayout(*trial.version, layout.flags);
  return right.ok() && *right == &layout;
}

// The tables of a version, the flavour that the hints speak for first.
std::vector<const Layout*> LayoutsOf(PyVersion version, bool debug_first, bool free_threaded) {
  std::vector<const Layout*> layouts;
  for (const bool debug : {debug_first, !debug_first}) {
    for (const bool ucs2 : {false, true}) {
      const AbiFlags flags{.debug = debug, .free_threaded = free_threaded, .ucs2 = ucs2};
      const absl::StatusOr<const Layout*> layout = FindLayout(version, flags);
      if (layout.ok()) layouts.push_back(*layout);
    }
  }
  return layouts;
}

std::vector<const Layout*> EveryLayout() {
  std::vector<const Layout*> layouts;
  for (const Layout& layout : AllLayouts()) layouts.push_back(&layout);
  return layouts;
}

// The newest table of a flavour: what an unknown version most likely looks like.
const Layout* NewestLayout(bool free_threaded) {
  const Layout* newest = nullptr;
  for (const Layout& layout : AllLayouts()) {
    if (layout.flags.free_threaded == free_threaded && !layout.flags.debug) newest = &layout;
  }
  return newest;
}

// All is right but the frames: they come and go while the target runs, so look again.
absl::StatusOr<Trial> UntilFramesAreWhole(
    const Layout& layout, absl::StatusOr<Trial> trial,
    absl::FunctionRef<absl::StatusOr<Trial>(const Layout&)> try_layout) {
  for (int i = 0; trial.ok() && trial->frames == TrialFrames::kBad; ++i) {
    if (i == kFrameAttempts) {
      return absl::FailedPreconditionError("no frame of its threads leads to a code object");
    }
    usleep(kFrameAttemptMicros);
    trial = try_layout(layout);
  }
  return trial;
}

ProbeResult MakeResult(const Trial& trial, const Layout& layout, PyVersion version) {
  ProbeResult result{.has_frames = trial.frames == TrialFrames::kGood};
  result.interpreter.version = version;
  result.interpreter.flags = layout.flags;
  result.interpreter.layout = layout;
  result.interpreter.first = trial.first;
  return result;
}

// Of several errors keeps the one that tells most: "still starting" above all, then the earlier.
void KeepTelling(const absl::Status& error, absl::Status& kept) {
  const auto weight = [](const absl::Status& status) {
    return status.ok() ? 0 : IsStarting(status) ? 3 : status == NothingTried() ? 1 : 2;
  };
  if (weight(error) > weight(kept)) kept = error;
}

// Whether `wanted` is in the list of interpreters from `first` on.
bool ListHas(RemoteMemory& memory, const Layout& layout, RemoteAddress first,
             RemoteAddress wanted) {
  RemoteAddress interpreter = first;
  for (int i = 0; interpreter.MayHoldPointer() && i < kMaxInterpreters; ++i) {
    if (interpreter == wanted) return true;
    interpreter =
        memory.ReadPointer(layout.interpreter.next.At(interpreter)).value_or(RemoteAddress());
  }
  return false;
}

// Whether the list at `head_variable` has the interpreter that the next word points to: head and
// main are neighbours in every _PyRuntimeState (struct pyinterpreters, pycore_runtime.h, 3.7+).
bool HeadLeadsToMain(RemoteMemory& memory, const Layout& layout, RemoteAddress head_variable) {
  const auto words = memory.Read<std::array<RemoteAddress, 2>>(head_variable);
  return words && ListHas(memory, layout, (*words)[0], (*words)[1]);
}

}  // namespace

absl::StatusOr<ProbeResult> InterpreterProbe::ByOneTable(const Layout& layout,
                                                         TryLayout try_layout) {
  absl::StatusOr<Trial> trial = try_layout(layout);
  if (!trial.ok()) return trial.status();
  if (!trial->version) return StartingError("its sys module is not filled yet");
  if (!Agrees(*trial, layout)) return NothingTried();
  trial = UntilFramesAreWhole(layout, *std::move(trial), try_layout);
  if (!trial.ok()) return trial.status();
  return MakeResult(*trial, layout, *trial->version);
}

absl::StatusOr<ProbeResult> InterpreterProbe::ByTablesAmong(absl::Span<const Layout* const> layouts,
                                                            TryLayout try_layout) {
  absl::Status error = absl::OkStatus();
  for (const Layout* layout : layouts) {
    absl::StatusOr<ProbeResult> result = ByOneTable(*layout, try_layout);
    if (result.ok()) return result;
    KeepTelling(result.status(), error);
  }
  return error.ok() ? NothingTried() : error;
}

absl::StatusOr<ProbeResult> InterpreterProbe::ByTables(TryLayout try_layout) {
  if (!hints_.version) return ByTablesAmong(EveryLayout(), try_layout);
  const absl::StatusOr<const Layout*> known = FindLayout(*hints_.version, AbiFlags());
  if (hints_.certain && !known.ok()) return known.status();
  const std::vector<const Layout*> likely = LayoutsOf(*hints_.version, hints_.debug, false);
  absl::StatusOr<ProbeResult> result = ByTablesAmong(likely, try_layout);
  if (result.ok() || hints_.certain) return result;
  // The hint may be wrong: then another table fits, and sys.hexversion says so.
  const absl::StatusOr<ProbeResult> other = ByTablesAmong(EveryLayout(), try_layout);
  if (other.ok()) return other;
  return known.ok() ? result : known.status();
}

absl::StatusOr<ProbeResult> InterpreterProbe::Runtime(RemoteAddress runtime) {
  std::vector<uint8_t> bytes(kDebugOffsetsMaxSize);
  bytes.resize(memory_.ReadSome(runtime, bytes.data(), bytes.size()));
  if (HasDebugOffsets(bytes)) return ByDebugOffsets(runtime, bytes);
  absl::StatusOr<ProbeResult> result = ByTables([&](const Layout& layout) -> absl::StatusOr<Trial> {
    if (!HasRuntime(layout)) return NothingTried();
    return TryInterpreterList(memory_, layout, layout.runtime.interpreters_head.At(runtime));
  });
  if (!result.ok()) return result;
  Interpreter& interpreter = result->interpreter;
  interpreter.runtime = runtime;
  interpreter.interpreters_head = interpreter.layout.runtime.interpreters_head.At(runtime);
  return result;
}

absl::StatusOr<ProbeResult> InterpreterProbe::ByDebugOffsets(RemoteAddress runtime,
                                                             absl::Span<const uint8_t> offsets) {
  const absl::StatusOr<DebugOffsets> header = ReadDebugOffsetsHeader(offsets);
  if (!header.ok()) return header.status();
  std::vector<const Layout*> bases =
      LayoutsOf(header->version, hints_.debug, header->free_threaded);
  absl::Status error = absl::OkStatus();
  if (bases.empty()) {
    error = FindLayout(header->version, {.free_threaded = header->free_threaded}).status();
    if (const Layout* newest = NewestLayout(header->free_threaded)) bases.push_back(newest);
  }
  std::optional<ProbeResult> second_best;  // right but for the build flavour, which has no table
  for (const Layout* base : bases) {
    absl::StatusOr<ProbeResult> result = ByOffsetsOver(*base, runtime, offsets, header->version);
    if (result.ok() && result->interpreter.flags == base->flags) return result;
    if (result.ok()) {
      second_best = *std::move(result);
    } else {
      KeepTelling(result.status(), error);
    }
  }
  if (second_best) return *std::move(second_best);
  return error;
}

absl::StatusOr<ProbeResult> InterpreterProbe::ByOffsetsOver(const Layout& base,
                                                            RemoteAddress runtime,
                                                            absl::Span<const uint8_t> offsets,
                                                            PyVersion version) {
  const absl::StatusOr<Layout> layout = LayoutFromDebugOffsets(offsets, base);
  if (!layout.ok()) return layout.status();
  const RemoteAddress head = layout->runtime.interpreters_head.At(runtime);
  const auto try_layout = [&](const Layout& l) { return TryInterpreterList(memory_, l, head); };
  const absl::StatusOr<Trial> trial = UntilFramesAreWhole(*layout, try_layout(*layout), try_layout);
  if (!trial.ok()) return trial.status();
  ProbeResult result = MakeResult(*trial, *layout, version);
  result.interpreter.runtime = runtime;
  result.interpreter.interpreters_head = head;
  result.interpreter.flags.debug = result.interpreter.layout.flags.debug = trial->debug;
  return result;
}

absl::StatusOr<ProbeResult> InterpreterProbe::Head(RemoteAddress variable) {
  absl::StatusOr<ProbeResult> result = ByTables([&](const Layout& layout) -> absl::StatusOr<Trial> {
    if (HasRuntime(layout)) return NothingTried();
    return TryInterpreterList(memory_, layout, variable);
  });
  if (result.ok()) result->interpreter.interpreters_head = variable;
  return result;
}

// _PyThreadState_Current is NULL whenever no thread holds the GIL.
std::optional<RemoteAddress> InterpreterProbe::WaitForThread(RemoteAddress variable) {
  for (int i = 0; i < kThreadPolls; ++i) {
    const std::optional<RemoteAddress> tstate = memory_.ReadPointer(variable);
    if (!tstate) return std::nullopt;
    if (*tstate) return tstate;
    usleep(kThreadPollMicros);
  }
  return std::nullopt;
}

absl::StatusOr<ProbeResult> InterpreterProbe::CurrentThread(RemoteAddress variable,
                                                            InterpreterScan& scan) {
  absl::StatusOr<ProbeResult> result = NothingTried();
  // The thread may end between two reads.
  for (int i = 0; i < kThreadAttempts && !result.ok(); ++i) {
    const std::optional<RemoteAddress> tstate = WaitForThread(variable);
    result = ByTables([&](const Layout& layout) -> absl::StatusOr<Trial> {
      if (HasRuntime(layout)) return NothingTried();
      if (!tstate) return TryVariables(layout, scan);
      const auto owner = memory_.ReadPointer(layout.thread.interp.At(*tstate));
      return TryInterpreter(memory_, layout, owner.value_or(RemoteAddress()));
    });
    if (!tstate) break;
  }
  if (result.ok()) FindHeadVariable(scan, result->interpreter);
  return result;
}

absl::StatusOr<Trial> InterpreterProbe::TryVariables(const Layout& layout, InterpreterScan& scan) {
  absl::Status error = absl::OkStatus();
  for (const RemoteAddress variable : scan.InterpreterVariables(layout)) {
    if (HasRuntime(layout) && !HeadLeadsToMain(memory_, layout, variable)) continue;
    const absl::StatusOr<Trial> trial = TryInterpreterList(memory_, layout, variable);
    if (trial.ok()) return trial;
    KeepTelling(trial.status(), error);
  }
  return error.ok() ? StartingError("it has no interpreter") : error;
}

// Python/pystate.c of 2.7 and 3.6 has two variables for interpreters: interp_head, the newest, and
// autoInterpreterState, the main one. They differ only while there are sub-interpreters.
void InterpreterProbe::FindHeadVariable(InterpreterScan& scan, Interpreter& interpreter) {
  const Layout& layout = interpreter.layout;
  for (const RemoteAddress variable : scan.InterpreterVariables(layout)) {
    const RemoteAddress first = memory_.ReadPointer(variable).value_or(RemoteAddress());
    if (!ListHas(memory_, layout, first, interpreter.first)) continue;
    const auto next = memory_.ReadPointer(layout.interpreter.next.At(first));
    if (!next || !*next) continue;  // the main one is the last
    interpreter.interpreters_head = variable;
    interpreter.first = first;
    return;
  }
}

absl::StatusOr<ProbeResult> InterpreterProbe::Scan(InterpreterScan& scan) {
  absl::StatusOr<ProbeResult> result = ByTables(
      [&](const Layout& layout) -> absl::StatusOr<Trial> { return TryVariables(layout, scan); });
  if (!result.ok()) return result;
  Interpreter& interpreter = result->interpreter;
  const Layout& layout = interpreter.layout;
  for (const RemoteAddress variable : scan.InterpreterVariables(layout)) {
    if (!HasRuntime(layout) || !HeadLeadsToMain(memory_, layout, variable)) continue;
    interpreter.interpreters_head = variable;
    interpreter.runtime = RemoteAddress(variable.value() - layout.runtime.interpreters_head.offset);
    return result;
  }
  FindHeadVariable(scan, interpreter);
  return result;
}

}  // namespace spyhop
