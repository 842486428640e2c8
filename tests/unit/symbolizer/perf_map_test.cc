#include "symbolizer/perf_map.h"

#include <gtest/gtest.h>

namespace spyhop {
namespace {

std::string NameAt(const PerfMap& map, uint64_t address) {
  const PerfMap::Function* function = map.Find(RemoteAddress(address));
  return function == nullptr ? "" : function->name;
}

TEST(PerfMap, NamesCodeFromItsFirstByteToItsLast) {
  PerfMap map;
  EXPECT_EQ(map.Add("7f001000 20 py::f:/a b.py\n0x7f002000 0x10 g\n"), 2u);
  EXPECT_EQ(NameAt(map, 0x7f000fff), "");
  EXPECT_EQ(NameAt(map, 0x7f001000), "py::f:/a b.py");
  EXPECT_EQ(NameAt(map, 0x7f00101f), "py::f:/a b.py");
  EXPECT_EQ(NameAt(map, 0x7f001020), "");
  EXPECT_EQ(NameAt(map, 0x7f00200f), "g");
}

TEST(PerfMap, GrowsWithItsFile) {
  PerfMap map;
  map.Add("1000 10 f\n");
  map.Add("2000 10 g");
  EXPECT_EQ(NameAt(map, 0x1000), "f");
  EXPECT_EQ(NameAt(map, 0x2000), "g");
}

TEST(PerfMap, LaterCodeReplacesWhatWasThere) {
  PerfMap map;
  map.Add("1000 100 old\n1200 20 gone\n1080 200 new\n");
  EXPECT_EQ(NameAt(map, 0x107f), "old");
  EXPECT_EQ(NameAt(map, 0x1080), "new");
  EXPECT_EQ(NameAt(map, 0x1210), "new");
  EXPECT_EQ(map.size(), 2u);
}

TEST(PerfMap, LeavesOutWhatMakesNoSense) {
  PerfMap map;
  EXPECT_EQ(map.Add("\n\nnonsense\n1000\n1000 10\n1000 10 \n1000 0 empty\n0 10 null\n-1 10 f\n"
                    "ffffffffffffffff ff wraps\n1000 10x f\n99999999999999999 1 f\n1000  10 f\n"),
            0u);
  EXPECT_EQ(map.size(), 0u);
}

}  // namespace
}  // namespace spyhop
