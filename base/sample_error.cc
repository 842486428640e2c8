#include "base/sample_error.h"

namespace spyhop {

std::string_view Name(SampleErrorCode code) {
  switch (code) {
#define SPYHOP_ERROR(name, text, meaning) \
  case SampleErrorCode::name:             \
    return text;
#include "base/errors.def"
#undef SPYHOP_ERROR
  }
  return "unknown";
}

std::string_view Meaning(SampleErrorCode code) {
  switch (code) {
#define SPYHOP_ERROR(name, text, meaning) \
  case SampleErrorCode::name:             \
    return meaning;
#include "base/errors.def"
#undef SPYHOP_ERROR
  }
  return "unknown";
}

}  // namespace spyhop
