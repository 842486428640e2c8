#include "sampler/python/number_repr.h"

#include <limits>
#include <vector>

#include "gtest/gtest.h"

namespace spyhop {
namespace {

using Digits = std::vector<uint32_t>;

TEST(Decimal, WritesDigitsOfThirtyBits) {
  EXPECT_EQ(Decimal({}, false), "0");
  EXPECT_EQ(Decimal(Digits{0}, true), "0");
  EXPECT_EQ(Decimal(Digits{5}, true), "-5");
  EXPECT_EQ(Decimal(Digits{0, 1}, false), "1073741824");
  EXPECT_EQ(Decimal(Digits{0, 0, 16}, false), "18446744073709551616");
}

TEST(Decimal, KeepsZerosWithin) {
  // 10**27 = 3 digits; its middle and low limbs are all zeros.
  EXPECT_EQ(Decimal(Digits{671088640, 1061290227, 867361737}, false),
            "1000000000000000000000000000");
}

TEST(FloatRepr, IsTheShortestThatReadsBack) {
  EXPECT_EQ(FloatRepr(0.1), "0.1");
  EXPECT_EQ(FloatRepr(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(FloatRepr(3), "3.0");
  EXPECT_EQ(FloatRepr(-0.0), "-0.0");
  EXPECT_EQ(FloatRepr(5e-324), "5e-324");
  EXPECT_EQ(FloatRepr(1.7976931348623157e308), "1.7976931348623157e+308");
}

TEST(FloatRepr, GoesOverToAnExponentWherePythonDoes) {
  EXPECT_EQ(FloatRepr(1e15), "1000000000000000.0");
  EXPECT_EQ(FloatRepr(1e16), "1e+16");
  EXPECT_EQ(FloatRepr(123456789012345680.0), "1.2345678901234568e+17");
  EXPECT_EQ(FloatRepr(0.0001), "0.0001");
  EXPECT_EQ(FloatRepr(0.00001), "1e-05");
}

TEST(FloatRepr, NamesWhatIsNoNumber) {
  EXPECT_EQ(FloatRepr(std::numeric_limits<double>::quiet_NaN()), "nan");
  EXPECT_EQ(FloatRepr(-std::numeric_limits<double>::infinity()), "-inf");
}

TEST(ComplexRepr, LeavesOutARealPartOfPlusZero) {
  EXPECT_EQ(ComplexRepr(0, 1), "1j");
  EXPECT_EQ(ComplexRepr(0, -0.0), "-0j");
  EXPECT_EQ(ComplexRepr(-0.0, 1), "(-0+1j)");
  EXPECT_EQ(ComplexRepr(1.5, -2e20), "(1.5-2e+20j)");
}

}  // namespace
}  // namespace spyhop
