// Why a sample is not whole: a code from the catalogue errors.def and the address concerned.
//
// Trivially copyable and 16 bytes, so that code which runs while the target is stopped can return
// it without allocating. absl::Status is for the edges (set-up, files), never for one sample.
#ifndef SPYHOP_BASE_SAMPLE_ERROR_H_
#define SPYHOP_BASE_SAMPLE_ERROR_H_

#include <cstdint>
#include <string_view>

#include "base/address.h"

namespace spyhop {

enum class SampleErrorCode : uint8_t {
#define SPYHOP_ERROR(name, text, meaning) name,
#include "base/errors.def"
#undef SPYHOP_ERROR
};

inline constexpr int kSampleErrorCodes = 0
#define SPYHOP_ERROR(name, text, meaning) +1
#include "base/errors.def"
#undef SPYHOP_ERROR
    ;

// The short name used in reports and as JSON key, e.g. "too-deep".
std::string_view Name(SampleErrorCode code);
// One sentence without a full stop.
std::string_view Meaning(SampleErrorCode code);

struct SampleError {
  RemoteAddress address;
  SampleErrorCode code = SampleErrorCode::kNone;

  explicit operator bool() const { return code != SampleErrorCode::kNone; }
};
static_assert(sizeof(SampleError) == 16);

}  // namespace spyhop

#endif  // SPYHOP_BASE_SAMPLE_ERROR_H_
