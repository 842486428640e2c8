// What kind of thing each bytecode instruction does, as far as it helps to tell an interpreter at
// work from a C function at work. Data: numbers from each version's own headers, families by name
// (interp_layouts/data/opcodes, data/opcode_families.json). Pure tables; any thread may look.
#ifndef SPYHOP_INTERP_LAYOUTS_OPCODES_H_
#define SPYHOP_INTERP_LAYOUTS_OPCODES_H_

#include <cstdint>

#include "interp_layouts/features.h"

namespace spyhop {

enum class OpcodeFamily : uint8_t {
  kOther,        // the interpreter's own work: attributes, arithmetic, iteration, jumps
  kCall,         // calls what may be a C or a Python function; imports, prints, enters and leaves
                 // `with`. To 3.10 every call is this one
  kCallPython,   // specialised: it makes a Python frame, which is then the leaf
  kCallNative,   // specialised for a C function
  kEvalBreaker,  // no call, but a thread hands over or waits for the GIL here (3.10+; before, it
                 // can do so after nearly any instruction). From 3.10 on calls do so, too, when the
                 // callee has returned
  kInstrumented  // stands for another instruction, see Indirection
};

// Where the instruction is that a kInstrumented one stands for.
enum class Indirection : uint8_t {
  kNone,
  kTwoBytesOn,    // EXTENDED_ARG is a prefix
  kThreeBytesOn,  // the same in 2.7
  kLine,          // INSTRUMENTED_LINE: in the code's monitoring data, by line
  kInstruction,   // INSTRUMENTED_INSTRUCTION: likewise, by instruction
  kExecutor,      // ENTER_EXECUTOR: in the executor; JUMP_BACKWARD or RESUME, as a rule
};

// kOther for a number which the set does not have, and for kUnknown.
OpcodeFamily FamilyOf(OpcodeSet set, uint8_t opcode);
// Other than kNone for every instruction of family kInstrumented, and for those only.
Indirection IndirectionOf(OpcodeSet set, uint8_t opcode);

// Does the GIL change hands at instructions of kEvalBreaker and at calls only? False for versions
// in which it can do so before nearly any instruction.
bool HandsOverAtBreakers(OpcodeSet set);

}  // namespace spyhop

#endif  // SPYHOP_INTERP_LAYOUTS_OPCODES_H_
