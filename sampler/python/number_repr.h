// Numbers as Python's `repr` writes them. Pure functions.
//
// Decimal() is quadratic in the number of digits: callers bound it.
#ifndef SPYHOP_SAMPLER_PYTHON_NUMBER_REPR_H_
#define SPYHOP_SAMPLER_PYTHON_NUMBER_REPR_H_

#include <cstdint>
#include <string>

#include "absl/types/span.h"

namespace spyhop {

// 30-bit digits, least significant first, as a PyLongObject has them.
std::string Decimal(absl::Span<const uint32_t> digits, bool negative);

// The shortest text that reads back as the same number: 0.1, 1e+16, -0.0, nan.
std::string FloatRepr(double value);
// (1+2j), 1j, (-0-0.5j).
std::string ComplexRepr(double real, double imag);

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PYTHON_NUMBER_REPR_H_
