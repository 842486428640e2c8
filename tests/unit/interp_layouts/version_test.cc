#include "interp_layouts/version.h"

#include "gtest/gtest.h"

namespace spyhop {
namespace {

TEST(PyVersion, ReadsPyVersionHex) {
  EXPECT_EQ(PyVersion::FromHex(0x030B07F0), (PyVersion{3, 11, 7, 0xF, 0}));
  EXPECT_EQ(PyVersion::FromHex(0x030F00B2), (PyVersion{3, 15, 0, 0xB, 2}));
}

TEST(PyVersion, IsOrderedAsReleasesAre) {
  EXPECT_LT(PyVersion::FromHex(0x030F00A7), PyVersion::FromHex(0x030F00B1));
  EXPECT_LT(PyVersion::FromHex(0x030F00B4), PyVersion::FromHex(0x030F00C1));
  EXPECT_LT(PyVersion::FromHex(0x030F00C2), PyVersion::FromHex(0x030F00F0));
  EXPECT_LT((PyVersion{3, 9, 25}), (PyVersion{3, 10, 0}));
}

TEST(PyVersion, IsWrittenAsPythonWritesIt) {
  EXPECT_EQ((PyVersion{2, 7, 18}).ToString(), "2.7.18");
  EXPECT_EQ((PyVersion{3, 15, 0, 0xA, 1}).ToString(), "3.15.0a1");
  EXPECT_EQ((PyVersion{3, 15, 0, 0xB, 2}).ToString(), "3.15.0b2");
  EXPECT_EQ((PyVersion{3, 15, 0, 0xC, 3}).ToString(), "3.15.0rc3");
}

TEST(FlavourName, NamesWhatDiffersFromARelease) {
  EXPECT_EQ(FlavourName({}), "release");
  EXPECT_EQ(FlavourName({.debug = true}), "debug");
  EXPECT_EQ(FlavourName({.free_threaded = true}), "free-threaded");
  EXPECT_EQ(FlavourName({.debug = true, .free_threaded = true}), "free-threaded debug");
  EXPECT_EQ(FlavourName({.ucs2 = true}), "ucs2");
  EXPECT_EQ(FlavourName({.debug = true, .ucs2 = true}), "ucs2 debug");
}

TEST(MainFlavour, IsAWordOfTheSchema) {
  EXPECT_EQ(MainFlavour({}), "release");
  EXPECT_EQ(MainFlavour({.ucs2 = true}), "release");
  EXPECT_EQ(MainFlavour({.debug = true, .ucs2 = true}), "debug");
  EXPECT_EQ(MainFlavour({.free_threaded = true}), "free-threaded");
  EXPECT_EQ(MainFlavour({.debug = true, .free_threaded = true}), "free-threaded");
}

}  // namespace
}  // namespace spyhop
