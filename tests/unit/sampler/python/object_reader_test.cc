#include "sampler/python/object_reader.h"

#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_memory.h"
#include "tests/fakes/object_builder.h"
#include "tests/unit/sampler/python/layout_param.h"

namespace spyhop {
namespace {

using DictShape = ObjectBuilder::DictShape;
using InstanceShape = ObjectBuilder::InstanceShape;
using testing::ElementsAre;
using testing::EndsWith;
using testing::Optional;

class ObjectReaderTest : public testing::TestWithParam<const Layout*> {
 protected:
  bool is_python2() const { return layout_.features.string_model == StringModel::kPython2; }

  const Layout& layout_ = *GetParam();
  FakeMemory memory_;
  ObjectBuilder builder_{memory_, layout_};
  ObjectReader reader_{memory_, layout_};
};

INSTANTIATE_TEST_SUITE_P(Layouts, ObjectReaderTest, EveryLayout(), LayoutName);

TEST_P(ObjectReaderTest, ReadsStringsOfEveryKind) {
  EXPECT_THAT(reader_.String(builder_.Str("plain")), Optional(std::string("plain")));
  EXPECT_THAT(reader_.String(builder_.Str("")), Optional(std::string("")));
  if (is_python2()) return;
  EXPECT_THAT(reader_.String(builder_.Str(U"na\u00efve")), Optional(std::string("na\u00efve")));
  EXPECT_THAT(reader_.String(builder_.Str(U"\u043c\u043e\u0434")),
              Optional(std::string("\u043c\u043e\u0434")));
  EXPECT_THAT(reader_.String(builder_.Str(U"a\U0001F40B")), Optional(std::string("a\U0001F40B")));
}

TEST_P(ObjectReaderTest, ReadsLegacyStringsWhereTheyExist) {
  if (layout_.features.string_model != StringModel::kWithWstr) return;
  EXPECT_THAT(reader_.String(builder_.LegacyStr(U"x\u0437")), Optional(std::string("x\u0437")));
}

TEST_P(ObjectReaderTest, ReadsPython2Unicode) {
  if (!is_python2()) return;
  EXPECT_THAT(reader_.String(builder_.Python2Unicode(U"\u0437")), Optional(std::string("\u0437")));
  if (!layout_.flags.ucs2) return;
  EXPECT_THAT(reader_.String(builder_.Python2Unicode(U"\xD83D\xDC0B!")),
              Optional(std::string("\U0001F40B!")));
}

TEST_P(ObjectReaderTest, CutsLongStringsWithAnEllipsis) {
  const auto text = reader_.String(builder_.Str(std::string(5000, 'x')));
  ASSERT_TRUE(text.has_value());
  EXPECT_LE(text->size(), kMaxNameBytes);
  EXPECT_THAT(*text, EndsWith("x\u2026"));
  EXPECT_THAT(reader_.String(builder_.Str("12345678"), 6), Optional(std::string("123\u2026")));
  EXPECT_THAT(reader_.String(builder_.Str("123456"), 6), Optional(std::string("123456")));
}

TEST_P(ObjectReaderTest, RefusesStringsThatAreNone) {
  EXPECT_EQ(reader_.String(RemoteAddress()), std::nullopt);
  EXPECT_EQ(reader_.String(RemoteAddress(0x1001)), std::nullopt);
  EXPECT_EQ(reader_.String(RemoteAddress(0x10000)), std::nullopt);
  EXPECT_EQ(reader_.String(builder_.Int(1)), std::nullopt);
  const RemoteAddress negative = builder_.Str("abc");
  builder_.Put(negative, is_python2() ? layout_.bytes.ob_size : layout_.unicode.length,
               std::numeric_limits<int64_t>::min());
  EXPECT_EQ(reader_.String(negative), std::nullopt);
}

TEST_P(ObjectReaderTest, ReadsBytes) {
  const RemoteAddress bytes = builder_.Bytes({"\0\xFF", 2});
  EXPECT_THAT(reader_.Bytes(bytes), Optional(ElementsAre(0, 0xFF)));
  EXPECT_EQ(reader_.Bytes(bytes, 1), std::nullopt);
  EXPECT_THAT(reader_.Bytes(builder_.Bytes("")), Optional(ElementsAre()));
  EXPECT_EQ(reader_.Bytes(builder_.Int(1)), std::nullopt);
}

TEST_P(ObjectReaderTest, ReadsIntegers) {
  for (const int64_t value :
       {int64_t{0}, int64_t{1}, int64_t{-1}, int64_t{1} << 30, int64_t{-1} << 45,
        int64_t{0x7f12345678c0}, std::numeric_limits<int64_t>::max()}) {
    EXPECT_THAT(reader_.Integer(builder_.Int(value)), Optional(value));
    EXPECT_THAT(reader_.Integer(builder_.Long(value)), Optional(value));
  }
  EXPECT_EQ(reader_.Integer(builder_.Long(__int128{1} << 63)), std::nullopt);
  EXPECT_EQ(reader_.Integer(builder_.Long(__int128{1} << 100)), std::nullopt);
  EXPECT_EQ(reader_.Integer(builder_.Str("1")), std::nullopt);
}

TEST_P(ObjectReaderTest, NamesTypes) {
  EXPECT_THAT(reader_.TypeName(builder_.Dict({})), Optional(std::string("dict")));
  EXPECT_EQ(reader_.TypeName(RemoteAddress(0x10000)), std::nullopt);
}

TEST_P(ObjectReaderTest, FindsItemsOfEveryDictShape) {
  const RemoteAddress one = builder_.Int(1);
  const RemoteAddress two = builder_.Int(2);
  for (const DictShape shape : {DictShape::kGeneral, DictShape::kUnicodeKeys, DictShape::kSplit}) {
    const RemoteAddress dict =
        builder_.Dict({{builder_.Str("one"), one}, {builder_.Str("two"), two}}, shape);
    EXPECT_THAT(reader_.Item(dict, "one"), Optional(one));
    EXPECT_THAT(reader_.Item(dict, "two"), Optional(two));
    EXPECT_EQ(reader_.Item(dict, "six"), std::nullopt);
  }
  EXPECT_EQ(reader_.Item(one, "one"), std::nullopt) << "not a dict";
}

TEST_P(ObjectReaderTest, WalksLargeDictsInOrderUpToTheLimit) {
  ObjectBuilder::Items items;
  for (int i = 0; i < 1200; ++i) items.emplace_back(builder_.Int(i), builder_.Int(2 * i));
  const RemoteAddress dict = builder_.Dict(items);
  int64_t sum = 0;
  EXPECT_TRUE(reader_.ForEachItem(dict, 2000, [&](RemoteAddress key, RemoteAddress value) {
    sum += *reader_.Integer(value) - *reader_.Integer(key);
    return true;
  }));
  EXPECT_EQ(sum, 1199 * 1200 / 2);
  int visited = 0;
  const auto count = [&](RemoteAddress, RemoteAddress) { return ++visited, true; };
  EXPECT_TRUE(reader_.ForEachItem(dict, 700, count));
  EXPECT_EQ(visited, 700);
  visited = 0;
  EXPECT_TRUE(reader_.ForEachItem(dict, 700, [&](auto, auto) { return ++visited < 3; }));
  EXPECT_EQ(visited, 3);
}

TEST_P(ObjectReaderTest, RefusesDictsWithImpossibleSizes) {
  const RemoteAddress dict = builder_.Dict({{builder_.Str("a"), builder_.Int(1)}});
  const RemoteAddress keys = layout_.dict.ma_keys.present()
                                 ? *memory_.ReadPointer(layout_.dict.ma_keys.At(dict))
                                 : RemoteAddress();
  builder_.Put(dict, layout_.dict.ma_mask, int64_t{1} << 60);
  builder_.Put(keys, layout_.dict.dk_nentries, int64_t{1} << 60);
  EXPECT_FALSE(reader_.ForEachItem(dict, 10, [](auto, auto) { return true; }));
}

TEST_P(ObjectReaderTest, FindsAttributes) {
  const RemoteAddress name = builder_.Str("worker");
  for (const InstanceShape shape : {InstanceShape::kDict, InstanceShape::kValues}) {
    const RemoteAddress object = builder_.Instance(
        {{builder_.Str("_target"), builder_.Int(1)}, {builder_.Str("_name"), name}}, shape);
    EXPECT_THAT(reader_.Attribute(object, "_name"), Optional(name));
    EXPECT_EQ(reader_.Attribute(object, "_nope"), std::nullopt);
  }
  EXPECT_EQ(reader_.Attribute(name, "_name"), std::nullopt) << "has no dict";
}

TEST_P(ObjectReaderTest, InlineValuesThatAreNotValidAreNotRead) {
  if (layout_.features.instance_dict != InstanceDictModel::kInlineValues) return;
  const RemoteAddress object =
      builder_.Instance({{builder_.Str("_name"), builder_.Str("x")}}, InstanceShape::kValues);
  memory_.Set<uint32_t>(object.Plus(64), 0);
  EXPECT_EQ(reader_.Attribute(object, "_name"), std::nullopt);
}

TEST_P(ObjectReaderTest, FindsTheDictOfAModule) {
  const RemoteAddress dict = builder_.Dict({});
  EXPECT_THAT(reader_.ModuleDict(builder_.Module(dict)), Optional(dict));
  EXPECT_EQ(reader_.ModuleDict(builder_.Module(builder_.Int(1))), std::nullopt);
}

TEST_P(ObjectReaderTest, SurvivesEveryFailingRead) {
  const RemoteAddress object =
      builder_.Instance({{builder_.Str("_name"), builder_.Str("x")}}, InstanceShape::kValues);
  const auto read_all = [&] {
    const auto name = reader_.Attribute(object, "_name");
    return name ? reader_.String(*name) : std::nullopt;
  };
  ASSERT_THAT(read_all(), Optional(std::string("x")));
  memory_.ClearLog();
  read_all();
  const size_t reads = memory_.log().size();
  EXPECT_LE(reads, 20u) << "an attribute takes a bounded number of small reads";
  for (size_t n = 0; n < reads; ++n) {
    memory_.ShortenRead(n);
    read_all();  // None, or the name when the read was not needed: no crash is what counts.
  }
}

}  // namespace
}  // namespace spyhop
