#include "sampler/stopped_class.h"

#include "absl/types/span.h"

namespace spyhop {
namespace {

// How many callers are asked where the eval loop cannot be recognised: beyond the first one may be
// those of the loop itself.
constexpr size_t kCallersOfNamelessLoop = 1;

absl::Span<const CodePlace> CallersOf(const NativeCopy& stopped, const CodePlaces& places,
                                      StoppedCallers& callers) {
  const absl::Span<const CodePlace> all = callers.Of(stopped);
  return all.subspan(0, places.loop_is_nameless() ? kCallersOfNamelessLoop : all.size());
}

// Whom helpers work for: the innermost caller that is none. The call itself, when there is no
// other.
CodePlace UserOfHelpers(absl::Span<const CodePlace> callers) {
  CodePlace user = CodePlace::kCalling;
  for (const CodePlace caller : callers) {
    if (caller == CodePlace::kUnknown) continue;
    user = caller;
    if (caller != CodePlace::kHelper) break;
  }
  return user;
}

bool LibraryIsAbove(absl::Span<const CodePlace> callers) {
  for (const CodePlace caller : callers) {
    if (caller == CodePlace::kLibrary) return true;
    if (caller == CodePlace::kEvalLoop) return false;
  }
  return false;
}

}  // namespace

TimeClass ClassOfStopped(const NativeCopy& stopped, OpcodeFamily family, bool collecting,
                         CodePlaces& places, StoppedCallers& callers, Nanos now) {
  CodePlace place = places.Of(stopped.where().pc, now);
  if (place == CodePlace::kEvalLoop) return TimeClass::kPython;
  if (place == CodePlace::kLibrary) return TimeClass::kNative;
  if (collecting) return TimeClass::kPython;
  if (family == OpcodeFamily::kCallNative) return TimeClass::kNative;
  if (family == OpcodeFamily::kCall) {
    if (place == CodePlace::kHelper) place = UserOfHelpers(CallersOf(stopped, places, callers));
    const bool python = place == CodePlace::kCalling || place == CodePlace::kEvalLoop;
    return python ? TimeClass::kPython : TimeClass::kNative;
  }
  // In such a build the interpreter's own functions are the loop, for all that is known.
  if (places.loop_is_nameless() && place == CodePlace::kInterpreter) return TimeClass::kPython;
  return LibraryIsAbove(CallersOf(stopped, places, callers)) ? TimeClass::kNative
                                                             : TimeClass::kPython;
}

}  // namespace spyhop
