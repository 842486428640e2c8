#include "report/json_reader.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace spyhop {
namespace {

TEST(JsonReader, ReadsStringsNumbersAndTruths) {
  const auto read = ReadFlatJson(R"( {"a":"x\u00e9","b":-1.5,"c":true,"d":4294967295} )");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(std::get<std::string>(read->at("a")), "xé");
  EXPECT_EQ(std::get<double>(read->at("b")), -1.5);
  EXPECT_EQ(std::get<bool>(read->at("c")), true);
  EXPECT_EQ(std::get<double>(read->at("d")), 4294967295.0);
}

TEST(JsonReader, RefusesAllElse) {
  for (const char* text :
       {"", "{", "[]", "1", "\"a\"", "null", R"({"a":null})", R"({"a":[1]})", R"({"a":{}})",
        R"({"a":1,"a":2})", R"({"a":1} x)", R"({"a":1}{})", "{\"a\":\"\xff\"}", R"({"a":1e999})",
        R"({'a':1})", R"({"a":NaN})"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ReadFlatJson(text).status())) << text;
  }
}

TEST(JsonReader, HoldsItsLimits) {
  const std::string filler(kMostFlatJson, ' ');
  EXPECT_FALSE(ReadFlatJson(filler + "{}").ok());
  EXPECT_FALSE(ReadFlatJson(std::string(4000, '[')).ok());
  std::string many = "{";
  for (int i = 0; i < 33; ++i) absl::StrAppend(&many, i ? "," : "", "\"", i, "\":1");
  EXPECT_FALSE(ReadFlatJson(many + "}").ok());
}

}  // namespace
}  // namespace spyhop
