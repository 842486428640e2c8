#include "sampler/promptness.h"

namespace spyhop {
namespace {

constexpr Nanos kLate = kMillisecond / 2;
constexpr Nanos kTerm = 2 * kSecond;
constexpr Nanos kWindow = kSecond / 4;
// Parts of a window: 3 % is what threads queue for that hand the GIL over on a machine with room.
constexpr double kMuchQueued = 0.3;
constexpr double kMuchWorked = 0.25;

}  // namespace

bool Promptness::GoesFirstAfter(const Round& round) {
  if (!window_) window_ = round.now;
  queued_ += round.queued;
  worked_ += round.worked;
  if (round.now - *window_ >= kWindow) EndWindow(round.now);
  if (!has_room_ || (since_ && round.now - *since_ > kTerm)) since_.reset();
  if (!since_ && has_room_ && round.late > kLate) since_ = round.now;
  return since_.has_value();
}

void Promptness::EndWindow(Nanos now) {
  const auto length = static_cast<double>(now - *window_);
  has_room_ = static_cast<double>(queued_) < kMuchQueued * length &&
              static_cast<double>(worked_) < kMuchWorked * length;
  window_ = now;
  queued_ = worked_ = 0;
}

}  // namespace spyhop
