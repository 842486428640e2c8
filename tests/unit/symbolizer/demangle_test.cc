#include "symbolizer/demangle.h"

#include <gtest/gtest.h>

namespace spyhop {
namespace {

TEST(Demangle, CppNamesAreReadable) {
  EXPECT_EQ(Demangle("_ZN5boost6python6detail8dispatchEv"), "boost::python::detail::dispatch()");
  EXPECT_EQ(Demangle("_Z3sumIiET_RKSt6vectorIS0_SaIS0_EE"),
            "int sum<int>(std::vector<int, std::allocator<int> > const&)");
}

TEST(Demangle, RustsHashIsLeftOut) {
  EXPECT_EQ(Demangle("_ZN4core3fmt9Formatter3pad17h0123456789abcdefE"),
            "core::fmt::Formatter::pad");
  EXPECT_EQ(Demangle("_ZN1a4hashE"), "a::hash");
}

TEST(Demangle, OtherNamesStayAsTheyAre) {
  for (const char* name :
       {"", "read", "_PyEval_EvalFrameDefault.cold", "_Z", "_Znonsense", "_RNvC1a1b"}) {
    EXPECT_EQ(Demangle(name), name);
  }
}

TEST(Demangle, TextThatDoublesWithEachReferenceIsNotMade) {
  // f(X1), X1 = P<X0, X0>, and so on: 2^60 names.
  std::string type = "1a";
  for (int i = 0; i < 60; ++i)
    type = "1pI" + type +
           (i == 0 ? "S_" : "S" + std::string(1, static_cast<char>('0' + i % 10)) + "_") + "E";
  const std::string name = "_Z1f" + type;
  EXPECT_EQ(Demangle(name), name);
  EXPECT_EQ(Demangle("_Z" + std::string(100'000, 'N')).size(), 100'002u);
}

}  // namespace
}  // namespace spyhop
