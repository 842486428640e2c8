#include "sampler/snapshot_python_frame.h"

#include "sampler/stack_resolver.h"

namespace spyhop {

bool DescribePythonFrame(CodeCache& codes, const RawFrame& raw, SnapshotFrame& frame) {
  if (raw.code.is_null()) {
    frame.function = kLeftOutFrames;
    return true;
  }
  const CodeInfo* code = codes.Find(raw.code, 0);
  if (code == nullptr) {
    frame.function = kUnknownFrame;
    return false;
  }
  const Position position = codes.PositionOf(*code, raw);
  frame.file = code->file;
  frame.function = code->function;
  frame.line = position.line;
  frame.column = position.column;
  frame.end_line = position.end_line;
  frame.end_column = position.end_column;
  return true;
}

}  // namespace spyhop
