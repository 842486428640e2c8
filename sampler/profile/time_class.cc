#include "sampler/profile/time_class.h"

namespace spyhop {

std::string_view Name(TimeClass time_class) {
  switch (time_class) {
    case TimeClass::kPython:
      return "python";
    case TimeClass::kNative:
      return "native";
    case TimeClass::kKernel:
      return "kernel";
    case TimeClass::kWait:
      return "wait";
    case TimeClass::kGil:
      return "gil";
    case TimeClass::kRunQueue:
      return "runq";
    case TimeClass::kIdle:
      return "idle";
  }
  return "unknown";
}

Nanos Times::Wall(bool with_idle) const {
  Nanos sum = 0;
  for (const Nanos part : by_class) sum += part;
  return with_idle ? sum : sum - (*this)[TimeClass::kIdle];
}

Times& Times::operator+=(const Times& other) {
  for (size_t i = 0; i < by_class.size(); ++i) by_class[i] += other.by_class[i];
  cpu += other.cpu;
  samples += other.samples;
  idle_samples += other.idle_samples;
  return *this;
}

}  // namespace spyhop
