#include "report/marshal_writer.h"

#include <bit>
#include <limits>

namespace spyhop {
namespace {

// TYPE_... in Python/marshal.c.
constexpr char kNull = '0';  // ends a dict
constexpr char kDict = '{';
constexpr char kTuple = '(';
constexpr char kInt = 'i';          // 32 bits
constexpr char kLong = 'l';         // of any size, in digits
constexpr char kBinaryFloat = 'g';  // IEEE 754, 64 bits
constexpr char kUnicode = 'u';

// PyLong_MARSHAL_SHIFT: bits of a digit, which takes two bytes.
constexpr int kDigitBits = 15;
constexpr uint64_t kDigitMask = (1U << kDigitBits) - 1;

}  // namespace

MarshalWriter& MarshalWriter::BeginDict() {
  Type(kDict);
  return *this;
}

MarshalWriter& MarshalWriter::EndDict() {
  Type(kNull);
  return *this;
}

MarshalWriter& MarshalWriter::BeginTuple(uint32_t size) {
  Type(kTuple);
  LittleEndian(size, 4);
  return *this;
}

MarshalWriter& MarshalWriter::Int(int64_t number) {
  if (number < std::numeric_limits<int32_t>::min() ||
      number > std::numeric_limits<int32_t>::max()) {
    Long(number);
    return *this;
  }
  Type(kInt);
  LittleEndian(static_cast<uint64_t>(number), 4);
  return *this;
}

void MarshalWriter::Long(int64_t number) {
  // Negated without a sign, so that the smallest number is not out of range.
  const uint64_t magnitude =
      number < 0 ? uint64_t{0} - static_cast<uint64_t>(number) : static_cast<uint64_t>(number);
  const int digits = (static_cast<int>(std::bit_width(magnitude)) + kDigitBits - 1) / kDigitBits;
  Type(kLong);
  LittleEndian(static_cast<uint64_t>(int64_t{number < 0 ? -digits : digits}), 4);
  for (int i = 0; i < digits; ++i) {
    LittleEndian(magnitude >> (i * kDigitBits) & kDigitMask, 2);
  }
}

MarshalWriter& MarshalWriter::Float(double number) {
  Type(kBinaryFloat);
  LittleEndian(std::bit_cast<uint64_t>(number), 8);
  return *this;
}

MarshalWriter& MarshalWriter::Text(std::string_view utf8) {
  Type(kUnicode);
  LittleEndian(utf8.size(), 4);
  sink_.Append(utf8);
  return *this;
}

void MarshalWriter::LittleEndian(uint64_t number, int bytes) {
  char text[8];
  for (int i = 0; i < bytes; ++i) text[i] = static_cast<char>(number >> (8 * i));
  sink_.Append({text, static_cast<size_t>(bytes)});
}

}  // namespace spyhop
