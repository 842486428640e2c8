#include "report/marshal_writer.h"

#include <gtest/gtest.h>

#include <limits>

namespace spyhop {
namespace {

// What CPython's marshal.dumps(VALUE, 2) gives.
template <size_t N>
std::string Bytes(const char (&text)[N]) {
  return {text, N - 1};
}

std::string Int(int64_t number) {
  StringSink sink;
  MarshalWriter(sink).Int(number);
  return sink.text();
}

TEST(MarshalWriter, NestsDictsAndTuplesAsPythonDoes) {
  StringSink sink;
  MarshalWriter(sink).BeginDict().Text("a").BeginTuple(2).Int(1).Float(0.5).EndDict();
  EXPECT_EQ(sink.text(), Bytes("{u\1\0\0\0a(\2\0\0\0i\1\0\0\0g\0\0\0\0\0\0\xe0\x3f"
                               "0"));
}

TEST(MarshalWriter, KeepsNulAndOtherThanAsciiInText) {
  StringSink sink;
  MarshalWriter(sink).Text({"\xc3\xa9\0", 3});
  EXPECT_EQ(sink.text(), Bytes("u\3\0\0\0\xc3\xa9\0"));
}

TEST(MarshalWriter, WritesSmallNumbersIn32Bits) {
  EXPECT_EQ(Int(-1), Bytes("i\xff\xff\xff\xff"));
  EXPECT_EQ(Int(std::numeric_limits<int32_t>::min()), Bytes("i\0\0\0\x80"));
  EXPECT_EQ(Int(std::numeric_limits<int32_t>::max()), Bytes("i\xff\xff\xff\x7f"));
}

TEST(MarshalWriter, WritesLargeNumbersInDigitsOf15Bits) {
  EXPECT_EQ(Int(int64_t{1} << 31), Bytes("l\3\0\0\0\0\0\0\0\2\0"));
  EXPECT_EQ(Int(-(int64_t{1} << 31) - 1), Bytes("l\xfd\xff\xff\xff\1\0\0\0\2\0"));
  EXPECT_EQ(Int((int64_t{1} << 45) - 1), Bytes("l\3\0\0\0\xff\x7f\xff\x7f\xff\x7f"));
  EXPECT_EQ(Int(std::numeric_limits<int64_t>::max()),
            Bytes("l\5\0\0\0\xff\x7f\xff\x7f\xff\x7f\xff\x7f\7\0"));
  EXPECT_EQ(Int(std::numeric_limits<int64_t>::min()),
            Bytes("l\xfb\xff\xff\xff\0\0\0\0\0\0\0\0\x08\0"));
}

}  // namespace
}  // namespace spyhop
