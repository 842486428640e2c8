// Which local variables a frame has, and which object each of them holds: names from the code
// object, values from the frame's slots (PyFrameObject.f_localsplus,
// _PyInterpreterFrame.localsplus), cells looked through; a class body's from its dict. A module's
// variables are its globals, not locals, and left out.
//
// The slots are those that the walker copied with the stack, where it did; else they are read now,
// and count only while the frame is where it was. Since the objects are looked at later, Still()
// tells afterwards which variables hold what they held: what a slot refers to is not freed.
// Names are read once a code object. While the target runs; a few reads a frame.
#ifndef SPYHOP_SAMPLER_PYTHON_FRAME_LOCALS_H_
#define SPYHOP_SAMPLER_PYTHON_FRAME_LOCALS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/remote_memory.h"
#include "interp_layouts/layout.h"
#include "sampler/python/frame_walker.h"
#include "sampler/python/object_reader.h"
#include "sampler/python/raw_stack.h"

namespace spyhop {

struct LocalVariable {
  std::string name;
  RemoteAddress object;
  // A number that the interpreter keeps in the slot itself (3.14+).
  std::optional<int64_t> number;

  // Words that hold it: a slot, the inside of a cell.
  struct Word {
    RemoteAddress address;
    uint64_t value = 0;
  };
  std::vector<Word> words;
};

class FrameLocals {
 public:
  // Both must outlive this.
  FrameLocals(RemoteMemory& memory, const Layout& layout);

  // Those that are set, in the order of the code object. std::nullopt when the frame is no longer
  // the one of the stack, so that nothing can be told. `walker` walked the stack `frame` is of.
  std::optional<std::vector<LocalVariable>> Read(const RawFrame& frame, FrameWalker& walker);

  // For each of them: does it still hold the same object?
  std::vector<bool> Still(const std::vector<LocalVariable>& variables);
  // Is this frame still at the same instruction of the same code?
  bool IsAt(const RawFrame& frame);

 private:
  struct Name {
    std::string name;
    uint8_t kind = 0;
  };
  struct Code {
    std::vector<Name> names;
    bool has_fast_locals = false;  // CO_OPTIMIZED: else the locals are a dict
  };
  // Where a frame of either model keeps what is read here.
  struct FrameFields {
    PointerField code;
    PointerField globals;
    PointerField locals;
    uint32_t slots = 0;
  };

  const Code& CodeAt(RemoteAddress code);
  Code ReadCode(RemoteAddress code);
  void ReadNames(RemoteAddress tuple, uint8_t kind, std::vector<Name>& names);
  bool Matches(const uint8_t* header, const RawFrame& frame) const;
  const uint8_t* CopyOf(const RawFrame& frame, size_t size, FrameWalker& walker);
  void AddSlots(const RawFrame& frame, const Code& code, const uint8_t* copy,
                std::vector<LocalVariable>& variables);
  bool LookThroughCell(LocalVariable& variable);
  void AddDict(const uint8_t* copy, std::vector<LocalVariable>& variables);

  RemoteMemory& memory_;
  const Layout& layout_;
  ObjectReader objects_;
  FrameFields fields_;
  absl::flat_hash_map<RemoteAddress, Code> codes_;
  std::vector<uint8_t> copy_;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PYTHON_FRAME_LOCALS_H_
