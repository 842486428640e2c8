#include "sampler/python/number_repr.h"

#include <charconv>
#include <cmath>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace spyhop {
namespace {

constexpr uint32_t kLimb = 1'000'000'000;
constexpr int kDigitBits = 30;
constexpr uint32_t kDigitMask = (uint32_t{1} << kDigitBits) - 1;

// Where format_float_short (Python/pystrtod.c, format code 'r') goes over to an exponent.
constexpr int kLeastPoint = -4;
constexpr int kMostPoint = 16;

// 0.digits times ten to the power of `point`.
struct Shortest {
  std::string digits;
  int point = 0;
};

Shortest ShortestDigits(double magnitude) {
  char text[32];
  const auto end =
      std::to_chars(text, text + sizeof(text), magnitude, std::chars_format::scientific);
  Shortest result;
  const char* at = text;
  for (; at != end.ptr && *at != 'e'; ++at) {
    if (*at != '.') result.digits.push_back(*at);
  }
  int exponent = 0;
  if (at != end.ptr) ++at;
  if (at != end.ptr && *at == '+') ++at;  // which from_chars does not take
  std::from_chars(at, end.ptr, exponent);
  result.point = exponent + 1;
  return result;
}

std::string WithExponent(const Shortest& number) {
  std::string text(1, number.digits[0]);
  if (number.digits.size() > 1) absl::StrAppend(&text, ".", number.digits.substr(1));
  const int exponent = number.point - 1;
  absl::StrAppend(&text, absl::StrFormat("e%c%02d", exponent < 0 ? '-' : '+', std::abs(exponent)));
  return text;
}

// `tail` is what follows a whole number.
std::string Plain(const Shortest& number, const char* tail) {
  const int count = static_cast<int>(number.digits.size());
  if (number.point <= 0) {
    return absl::StrCat("0.", std::string(static_cast<size_t>(-number.point), '0'), number.digits);
  }
  const auto point = static_cast<size_t>(number.point);
  if (number.point >= count) {
    return absl::StrCat(number.digits, std::string(point - number.digits.size(), '0'), tail);
  }
  return absl::StrCat(number.digits.substr(0, point), ".", number.digits.substr(point));
}

std::string Magnitude(double value, const char* tail) {
  if (std::isnan(value)) return "nan";
  const double magnitude = std::fabs(value);
  if (std::isinf(magnitude)) return "inf";
  if (magnitude == 0) return absl::StrCat("0", tail);
  const Shortest number = ShortestDigits(magnitude);
  const bool plain = number.point > kLeastPoint && number.point <= kMostPoint;
  return plain ? Plain(number, tail) : WithExponent(number);
}

bool IsNegative(double value) { return std::signbit(value) && !std::isnan(value); }

}  // namespace

std::string Decimal(absl::Span<const uint32_t> digits, bool negative) {
  std::vector<uint32_t> limbs;  // base 10**9, least significant first
  for (size_t i = digits.size(); i-- > 0;) {
    uint64_t carry = digits[i] & kDigitMask;
    for (uint32_t& limb : limbs) {
      carry += uint64_t{limb} << kDigitBits;
      limb = static_cast<uint32_t>(carry % kLimb);
      carry /= kLimb;
    }
    for (; carry != 0; carry /= kLimb) limbs.push_back(static_cast<uint32_t>(carry % kLimb));
  }
  if (limbs.empty()) return "0";
  std::string text = absl::StrCat(negative ? "-" : "", limbs.back());
  for (size_t i = limbs.size() - 1; i-- > 0;)
    absl::StrAppend(&text, absl::StrFormat("%09u", limbs[i]));
  return text;
}

std::string FloatRepr(double value) {
  return absl::StrCat(IsNegative(value) ? "-" : "", Magnitude(value, ".0"));
}

// complex_repr (Objects/complexobject.c): no parentheses where the real part is 0.0 and not -0.0.
std::string ComplexRepr(double real, double imag) {
  const std::string imaginary = absl::StrCat(Magnitude(imag, ""), "j");
  if (real == 0 && !std::signbit(real)) {
    return absl::StrCat(IsNegative(imag) ? "-" : "", imaginary);
  }
  return absl::StrCat("(", IsNegative(real) ? "-" : "", Magnitude(real, ""),
                      IsNegative(imag) ? "-" : "+", imaginary, ")");
}

}  // namespace spyhop
