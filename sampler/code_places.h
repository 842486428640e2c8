// To what part of a program an instruction belongs: the interpreter's evaluation loop, the rest of
// the interpreter, the C library, or a library of the program's own.
//
// Built from the target's maps and the interpreter's symbols when attaching (some ms); a look-up is
// a binary search. Maps are read again every second in which one is asked for (0.1 ms), and at most
// every 0.1 s when an address is not in them; less often where that takes long.
// Stripped builds keep the exported names only: then the loop is known, and few of its helpers.
#ifndef SPYHOP_SAMPLER_CODE_PLACES_H_
#define SPYHOP_SAMPLER_CODE_PLACES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/clock.h"
#include "sampler/python/interpreter.h"
#include "sampler/target/target_files.h"
#include "symbolizer/memory_map.h"

namespace spyhop {

enum class CodePlace : uint8_t {
  kUnknown,      // no file: made at run time, or not mapped
  kEvalLoop,     // _PyEval_EvalFrameDefault and its like
  kCalling,      // what the interpreter does to enter or leave a Python function
  kHelper,       // allocators and such, of the interpreter or the C library: the caller decides
  kInterpreter,  // the rest of the interpreter
  kLibrary,      // any other file
};

class CodePlaces {
 public:
  // `files` must outlive this.
  CodePlaces(const TargetFiles& files, const Interpreter& interpreter);

  CodePlace Of(RemoteAddress pc, Nanos now);
  // The same for a word of a stack, which need not be an address of code: reads nothing anew.
  CodePlace PlaceOnStack(RemoteAddress word) const;
  // Does the interpreter consist of one function per opcode that has no name here (a stripped
  // tail-call build, 3.14+)? Then kEvalLoop is not to be met on a stack.
  bool loop_is_nameless() const { return loop_is_nameless_; }
  // Where the loop is entered; null when that has no name.
  RemoteAddress loop_entry() const { return loop_entry_; }

  // The maps as last read; `generation` changes with the files that code is mapped from.
  const MemoryMap& map() const { return map_; }
  int generation() const { return generation_; }

 private:
  struct Range {
    AddressRange range;
    CodePlace place;
  };

  void ReadMap(Nanos now);
  void ReadFunctions();
  void AddFunctions(const Mapping& code);
  static CodePlace PlaceIn(const std::vector<Range>& ranges, RemoteAddress pc);

  const TargetFiles& files_;
  const std::string module_;
  const std::string executable_;
  MemoryMap map_;
  int generation_ = 0;
  std::vector<Range> code_;       // executable mappings, sorted
  std::vector<Range> functions_;  // of the interpreter, those with a role, sorted
  bool functions_read_ = false;
  bool loop_is_nameless_ = false;
  RemoteAddress loop_entry_;
  Nanos next_read_ = 0;
  Nanos valid_until_ = 0;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_CODE_PLACES_H_
