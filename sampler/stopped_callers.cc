#include "sampler/stopped_callers.h"

#include <algorithm>
#include <cstring>

namespace spyhop {

absl::Span<const CodePlace> StoppedCallers::Of(const NativeCopy& stopped) {
  callers_.clear();
  if (!Unwind(stopped)) Search(stopped);
  return callers_;
}

// False when the tables did not lead to the eval loop, nor to the end of the copy.
bool StoppedCallers::Unwind(const NativeCopy& stopped) {
  const UnwindEnd end = unwinder_.Unwind(stopped, frames_);
  for (const NativeFrame& frame : frames_) {
    if (&frame != &frames_.front()) callers_.push_back(places_.PlaceOnStack(frame.instruction()));
  }
  const bool sound =
      end == UnwindEnd::kWhole || end == UnwindEnd::kStackTooShort ||
      std::find(callers_.begin(), callers_.end(), CodePlace::kEvalLoop) != callers_.end();
  if (!sound) callers_.clear();
  return sound;
}

void StoppedCallers::Search(const NativeCopy& stopped) {
  const absl::Span<const uint8_t> bytes = stopped.in_use().subspan(0, NativeCopy::kLeafBytes);
  for (size_t at = 0; at + sizeof(uint64_t) <= bytes.size(); at += sizeof(uint64_t)) {
    uint64_t word;
    std::memcpy(&word, bytes.data() + at, sizeof(word));
    const RemoteAddress address(word);
    const CodePlace place = places_.PlaceOnStack(address);
    if (place == CodePlace::kUnknown || !unwinder_.code().IsReturnAddress(address)) continue;
    callers_.push_back(place);
  }
}

}  // namespace spyhop
