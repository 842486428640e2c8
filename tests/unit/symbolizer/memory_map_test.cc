#include "symbolizer/memory_map.h"

#include <sys/sysmacros.h>

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace spyhop {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

constexpr char kMaps[] =
    "00400000-0041f000 r--p 00000000 08:01 1234                               /usr/bin/python3.11\n"
    "0041f000-006b0000 r-xp 0001f000 08:01 1234                               /usr/bin/python3.11\n"
    "00a47000-00c00000 rw-p 00646000 08:01 1234                               /usr/bin/python3.11\n"
    "00c00000-00c10000 rw-p 00000000 00:00 0 \n"
    "7f0000000000-7f0000001000 r--p 00000000 fe:02 99                         /tmp/a b (x)/l.so "
    "(deleted)\n"
    "7f0000001000-7f0000002000 ---p 00000000 00:00 0 \n"
    "7f0000003000-7f0000004000 r-xp 00001000 08:01 1234                       /usr/bin/python3.11\n"
    "7ffc00000000-7ffc00021000 rw-p 00000000 00:00 0                          [stack]\n";

AddressRange Range(uint64_t begin, uint64_t end) {
  return {RemoteAddress(begin), RemoteAddress(end)};
}

TEST(MemoryMap, ReadsEveryField) {
  const MemoryMap map = MemoryMap::Parse(kMaps);
  ASSERT_THAT(map.mappings(), SizeIs(8));
  const Mapping& code = map.mappings()[1];
  EXPECT_EQ(code.range.begin(), RemoteAddress(0x41f000));
  EXPECT_EQ(code.range.end(), RemoteAddress(0x6b0000));
  EXPECT_TRUE(code.readable && code.executable && !code.writable);
  EXPECT_EQ(code.offset, 0x1f000u);
  EXPECT_EQ(code.device, makedev(8, 1));
  EXPECT_EQ(code.inode, 1234u);
  EXPECT_EQ(code.path, "/usr/bin/python3.11");
  EXPECT_FALSE(code.deleted);
  EXPECT_EQ(map.mappings()[7].path, "[stack]");
}

TEST(MemoryMap, KnowsDeletedFilesAndPathsWithBlanks) {
  const MemoryMap map = MemoryMap::Parse(kMaps);
  EXPECT_EQ(map.mappings()[4].path, "/tmp/a b (x)/l.so");
  EXPECT_TRUE(map.mappings()[4].deleted);
}

TEST(MemoryMap, UnescapesTheEndOfLine) {
  const MemoryMap map = MemoryMap::Parse("1000-2000 r--p 0 08:01 5 /a\\012b\n");
  ASSERT_THAT(map.mappings(), SizeIs(1));
  EXPECT_EQ(map.mappings()[0].path, "/a\nb");
}

TEST(MemoryMap, FindsByAddress) {
  const MemoryMap map = MemoryMap::Parse(kMaps);
  EXPECT_EQ(map.Find(RemoteAddress(0x3fffff)), nullptr);
  EXPECT_EQ(map.Find(RemoteAddress(0x400000)), &map.mappings()[0]);
  EXPECT_EQ(map.Find(RemoteAddress(0x41efff)), &map.mappings()[0]);
  EXPECT_EQ(map.Find(RemoteAddress(0x41f000)), &map.mappings()[1]);
  EXPECT_EQ(map.Find(RemoteAddress(0x6b0000)), nullptr);
  EXPECT_EQ(map.Find(RemoteAddress(~0ull)), nullptr);
}

TEST(MemoryMap, ReadableAcrossMappings) {
  const MemoryMap map = MemoryMap::Parse(kMaps);
  EXPECT_TRUE(map.ContainsReadable(RemoteAddress(0x41eff8), 16));
  EXPECT_TRUE(map.ContainsReadable(RemoteAddress(0x400000), 0x2b0000));
  EXPECT_FALSE(map.ContainsReadable(RemoteAddress(0x6afff8), 9));
  EXPECT_FALSE(map.ContainsReadable(RemoteAddress(0x7f0000001000), 1)) << "not readable";
  EXPECT_FALSE(map.ContainsReadable(RemoteAddress(0x400000), ~0ull));
}

TEST(MemoryMap, GroupsTheCopiesOfAFile) {
  const std::vector<MappedObject> objects = MemoryMap::Parse(kMaps).Objects();
  ASSERT_THAT(objects, SizeIs(3));
  EXPECT_THAT(objects[0].mappings, SizeIs(3));
  EXPECT_TRUE(objects[0].has_code());
  EXPECT_FALSE(objects[1].has_code());
  EXPECT_EQ(objects[2].path, objects[0].path) << "ctypes maps a page of the executable again";
  EXPECT_THAT(objects[2].mappings, SizeIs(1));
}

TEST(MemoryMap, SecondCopyBeginsWhereOffsetsStartAgain) {
  const MemoryMap map = MemoryMap::Parse(
      "1000-2000 r--p 0000 08:01 5 /l.so\n2000-3000 r-xp 1000 08:01 5 /l.so\n"
      "3000-4000 r--p 0000 08:01 5 /l.so\n4000-5000 r-xp 1000 08:01 5 /l.so\n");
  EXPECT_THAT(map.Objects(), SizeIs(2));
}

TEST(MemoryMap, BssBelongsToTheObjectBeforeIt) {
  const MemoryMap map = MemoryMap::Parse(kMaps);
  const std::vector<AddressRange> ranges = map.WritableRanges(map.Objects()[0]);
  ASSERT_THAT(ranges, SizeIs(1));
  EXPECT_EQ(ranges[0].begin(), Range(0xa47000, 0xc10000).begin());
  EXPECT_EQ(ranges[0].end(), Range(0xa47000, 0xc10000).end());
}

TEST(MemoryMap, LeavesOutLinesThatMakeNoSense) {
  EXPECT_THAT(MemoryMap::Parse("").mappings(), IsEmpty());
  EXPECT_THAT(MemoryMap::Parse("x\n1000\n1000-\n-2000 r--p 0 0:0 0\n2000-1000 r--p 0 0:0 0\n"
                               "1000-2000 r--p\n1000-2000 r 0 0:0 0\n1000-2000 r--p 0 0:0 -1\n")
                  .mappings(),
              IsEmpty());
}

TEST(MemoryMap, SortsAndDropsOverlaps) {
  const MemoryMap map =
      MemoryMap::Parse("5000-6000 r--p 0 0:0 0\n1000-3000 r--p 0 0:0 0\n2000-4000 rw-p 0 0:0 0\n");
  ASSERT_THAT(map.mappings(), SizeIs(2));
  EXPECT_EQ(map.mappings()[0].range.end(), RemoteAddress(0x3000));
  EXPECT_EQ(map.mappings()[1].range.begin(), RemoteAddress(0x5000));
}

}  // namespace
}  // namespace spyhop
