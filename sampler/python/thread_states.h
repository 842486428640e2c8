// The thread states of all interpreters of one target, looked at once a round.
//
// Look() is one batched read: the interpreters' list heads, their GILs, and a copy of each thread
// state known from the round before (0.17 us each). LookAt() copies only those that are not at
// rest, for as long as the GILs say that nobody else has run Python. When a list turns out to have
// changed, the lists are walked anew. The target runs meanwhile: lists may be torn, so each step is
// checked, and what does not fit is tried again at the next round. Allocates when lists change.
#ifndef SPYHOP_SAMPLER_PYTHON_THREAD_STATES_H_
#define SPYHOP_SAMPLER_PYTHON_THREAD_STATES_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "base/address.h"
#include "base/remote_memory.h"
#include "sampler/python/gil.h"
#include "sampler/python/interpreter.h"

namespace spyhop {

class ThreadStates {
 public:
  struct InterpreterEntry {
    RemoteAddress address;
    int64_t id = 0;
    std::unique_ptr<GilReader> gil;
    size_t first_thread = 0;  // into threads()
    size_t thread_count = 0;
  };
  struct ThreadEntry {
    RemoteAddress address;
    uint32_t interpreter = 0;  // into interpreters()
    uint64_t pthread_id = 0;
    uint64_t native_id = 0;  // 0: this version does not say
    RemoteAddress on_stack;  // 3.10 to 3.12: something on the C stack of the thread that runs it
    RemoteAddress frame;     // to 3.10: its leaf frame
    size_t copy = 0;         // see copy_of()
  };
  enum class LookResult : uint8_t {
    kQuiet,       // LookAt: no thread that was at rest has run Python since the last look at all
    kSame,        // the lists are those of the last look
    kChanged,     // they are not: threads() and interpreters() have been rebuilt
    kUnreadable,  // nothing could be read: the target is gone, or another program now (exec)
  };

  // Both must outlive this.
  ThreadStates(RemoteMemory& memory, const Interpreter& interpreter);

  LookResult Look();
  // Copies the states of `awake` only (addresses of threads()); at the least the threads that held
  // a GIL last must be among them, see HeldGilLast. Anything but kQuiet is as from Look().
  LookResult LookAt(absl::Span<const ThreadEntry* const> awake);
  bool HeldGilLast(const ThreadEntry& thread) const;

  const std::vector<InterpreterEntry>& interpreters() const { return interpreters_; }
  const std::vector<ThreadEntry>& threads() const { return threads_; }
  // The PyThreadState as of the last look, layout.thread.size bytes.
  const uint8_t* copy_of(const ThreadEntry& thread) const { return copies_.data() + thread.copy; }

 private:
  struct InterpreterHeads {  // one a known interpreter, filled by the batch
    RemoteAddress next;
    RemoteAddress threads_head;
    friend bool operator==(const InterpreterHeads&, const InterpreterHeads&) = default;
  };

  bool ReadKnown();
  bool ReadBatch(size_t heads);
  size_t AppendHeads();
  bool GilsUnmoved() const;
  void RememberTurns();
  bool ListsUnchanged() const;
  bool Enumerate();
  bool EnumerateThreads(uint32_t interpreter);

  RemoteMemory& memory_;
  const Interpreter& interpreter_;
  std::vector<InterpreterEntry> interpreters_;
  std::vector<ThreadEntry> threads_;
  std::vector<InterpreterHeads> heads_;
  RemoteAddress interpreters_head_;
  std::vector<uint8_t> copies_;
  // Of each interpreter's GIL, as of the last look at all.
  std::vector<std::optional<GilReader::Turn>> turns_;
  bool expect_quiet_ = false;
  std::vector<ReadRequest> batch_;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PYTHON_THREAD_STATES_H_
