// One frame of a stack in a snapshot, with its local variables when they were asked for.
#ifndef SPYHOP_SAMPLER_PROFILE_SNAPSHOT_FRAME_H_
#define SPYHOP_SAMPLER_PROFILE_SNAPSHOT_FRAME_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sampler/profile/interner.h"

namespace spyhop {

// A local variable.
struct SnapshotLocal {
  std::string name;
  std::string value;     // as Python's repr, where that is known: see value_repr.h
  std::string type;      // empty: not known
  bool changed = false;  // it held something else before it could be read: there is no value
};

// Of one frame.
struct SnapshotLocals {
  std::vector<SnapshotLocal> variables;
  // There are none because the frame went on before they could be read, or there was no time left.
  bool changed = false;
  bool not_read = false;
};

// Lines and columns are 1-based; columns count bytes of UTF-8. 0 = not known.
struct SnapshotFrame {
  std::string file;
  std::string function;
  std::string module;    // of a native frame: the file its code is in, as the target sees it
  uint64_t address = 0;  // of a native frame: where it goes on, in the target
  int32_t line = 0;
  int32_t column = 0;
  int32_t end_line = 0;
  int32_t end_column = 0;
  FrameKind kind = FrameKind::kPython;
  std::optional<SnapshotLocals> locals;  // of a Python frame, when asked for
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PROFILE_SNAPSHOT_FRAME_H_
