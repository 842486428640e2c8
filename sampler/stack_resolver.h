// From copied stacks to stacks of a profile: names and lines looked up, interned, remembered.
//
// Runs after the target has been resumed. A stack whose root end is that of the thread's previous
// one costs only the frames that differ.
#ifndef SPYHOP_SAMPLER_STACK_RESOLVER_H_
#define SPYHOP_SAMPLER_STACK_RESOLVER_H_

#include <vector>

#include "absl/container/flat_hash_map.h"
#include "sampler/native_stacks.h"
#include "sampler/profile/profile.h"
#include "sampler/python/code_cache.h"
#include "sampler/python/raw_stack.h"
#include "sampler/task_stacks.h"

namespace spyhop {

// The function names of frames that no program has.
inline constexpr char kLeftOutFrames[] = "<frames left out>";
inline constexpr char kUnknownFrame[] = "<unknown>";
// A thread that has just begun, ends, or is in C code that no Python has called.
inline constexpr char kNoPythonFrame[] = "<no Python frame>";
inline constexpr char kGarbageCollection[] = "<garbage collection>";
// Stands for the frames that run an event loop of asyncio, with --async.
inline constexpr char kEventLoop[] = "<event loop>";

class StackResolver {
 public:
  // Both must outlive this.
  StackResolver(CodeCache& codes, Profile& profile) : codes_(codes), profile_(profile) {}

  struct Result {
    StackId stack = kNoStack;
    SampleErrorCode truncated = SampleErrorCode::kNone;
  };
  // `collecting` puts a garbage-collection frame on top.
  Result Resolve(const RawStack& raw, bool collecting, Nanos now);
  // With the native frames between those of Python and, where it is in one, the system call on top.
  // In a thread that runs an event loop, `logical` (else null) says what takes the place of the
  // loop's frames.
  Result ResolveMerged(const RawStack& raw, const NativeStacks::Result& merged,
                       const StoppedAt& where, const TaskStack* logical, Nanos now);
  // Without native frames.
  Result ResolveTask(const RawStack& raw, const TaskStack& logical, bool collecting, Nanos now);

 private:
  bool BeginsInGenerator(const RawStack& raw, Nanos now);
  void PushPython(const RawFrame& frame, Nanos now, Result& result);
  void PushFrame(const RawStack& raw, size_t index, const TaskStack* logical, Nanos now,
                 Result& result);
  void PushMarker(const char* function, FrameKind kind, Result& result);
  void PushAwaiting(const TaskStack& logical, Nanos now, Result& result);
  FrameId FrameOf(const RawFrame& frame, const CodeInfo& code);
  FrameId FrameOf(const NativeFunction& function);
  FrameId MarkerFrame(const char* function, FrameKind kind);

  CodeCache& codes_;
  Profile& profile_;
  // (code serial << 32 | instruction offset) -> frame
  absl::flat_hash_map<uint64_t, FrameId> frames_;
  // The last stack, root first, and the interned stack up to each frame.
  struct Step {
    uint32_t serial;
    uint64_t instruction;
    StackId stack;
  };
  std::vector<Step> last_;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_STACK_RESOLVER_H_
