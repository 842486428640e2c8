// An OTLP request, decoded: names in place of indexes. Field numbers are spelled out here again,
// from opentelemetry-proto v1.11.0, so that the writer's are tested.
#ifndef SPYHOP_TESTS_UNIT_REPORT_OTLP_MESSAGE_H_
#define SPYHOP_TESTS_UNIT_REPORT_OTLP_MESSAGE_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <protozero/pbf_reader.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace spyhop {

struct OtlpSample {
  std::vector<std::string> leaf_first;  // "function file:line [mapping] type"
  std::vector<std::string> attributes;  // "key=value"
  std::vector<int64_t> values;
};

struct OtlpProfile {
  std::map<std::string, std::string> resource;
  std::string scope;  // "name version"
  std::string sample_type;
  std::string period_type;
  int64_t period = 0;
  uint64_t time = 0;
  uint64_t duration = 0;
  std::string id;
  std::vector<OtlpSample> samples;
};

class OtlpMessage {
 public:
  explicit OtlpMessage(const std::string& bytes) {
    int dictionaries = 0;
    for (Reader r(bytes); r.next(2); ++dictionaries) ReadTables(r.get_message());
    EXPECT_EQ(dictionaries, 1);
    for (Reader r(bytes); r.next(1);) ReadResource(r.get_message());
  }

  std::vector<OtlpProfile> profiles;
  std::map<uint32_t, std::vector<std::string>> tables;  // of the dictionary, by field, as bytes

 private:
  using Reader = protozero::pbf_reader;
  static constexpr uint32_t kStrings = 5;

  void ReadTables(Reader r) {
    while (r.next()) tables[r.tag()].push_back(r.get_string());
    for (uint32_t table = 1; table <= 7; ++table) {
      ASSERT_FALSE(tables[table].empty()) << table;
      EXPECT_EQ(tables[table][0].empty(), table != 4) << "not a zero value: " << table;
    }
  }

  Reader Entry(uint32_t table, int64_t index) const {
    return Reader(tables.at(table).at(static_cast<size_t>(index)));
  }

  std::string Text(int64_t index) const {
    return tables.at(kStrings).at(static_cast<size_t>(index));
  }

  // Fields of a message which has only numbers.
  static std::map<uint32_t, int64_t> Numbers(Reader r) {
    std::map<uint32_t, int64_t> fields;
    while (r.next()) {
      const uint32_t field = r.tag();
      fields[field] = r.get_int64();
    }
    return fields;
  }

  static std::string Any(Reader r) {
    EXPECT_TRUE(r.next());
    return r.tag() == 1 ? r.get_string() : absl::StrCat("int ", r.get_int64());
  }

  void ReadResource(Reader r) {
    std::map<std::string, std::string> resource;
    while (r.next()) {
      if (r.tag() == 1) {
        for (Reader attributes = r.get_message(); attributes.next(1);) {
          Reader pair = attributes.get_message();
          EXPECT_TRUE(pair.next(1));
          const std::string key = pair.get_string();
          EXPECT_TRUE(pair.next(2));
          resource[key] = Any(pair.get_message());
        }
      } else if (r.tag() == 2) {
        ReadScope(r.get_message(), resource);
      } else {
        EXPECT_EQ(r.get_string(), "https://opentelemetry.io/schemas/1.37.0");
      }
    }
  }

  void ReadScope(Reader r, const std::map<std::string, std::string>& resource) {
    std::string scope;
    while (r.next()) {
      const uint32_t field = r.tag();  // protozero forgets it when the field is read
      Reader part = r.get_message();
      if (field == 1) {
        while (part.next()) absl::StrAppend(&scope, scope.empty() ? "" : " ", part.get_string());
      } else {
        ReadProfile(part);
        profiles.back().resource = resource;
        profiles.back().scope = scope;
      }
    }
  }

  std::string Type(Reader r) const {
    std::map<uint32_t, int64_t> fields = Numbers(r);
    return absl::StrCat(Text(fields[1]), "/", Text(fields[2]));
  }

  void ReadProfile(Reader r) {
    OtlpProfile& profile = profiles.emplace_back();
    while (r.next()) {
      switch (r.tag()) {
        case 1:
          profile.sample_type = Type(r.get_message());
          break;
        case 2:
          profile.samples.push_back(Sample(r.get_message()));
          break;
        case 3:
          profile.time = r.get_fixed64();
          break;
        case 4:
          profile.duration = r.get_uint64();
          break;
        case 5:
          profile.period_type = Type(r.get_message());
          break;
        case 6:
          profile.period = r.get_int64();
          break;
        default:
          EXPECT_EQ(r.tag(), uint32_t{7});
          profile.id = r.get_bytes();
      }
    }
  }

  OtlpSample Sample(Reader r) const {
    OtlpSample sample;
    while (r.next()) {
      if (r.tag() == 1) {
        Reader stack = Entry(7, r.get_int32());
        if (!stack.next(1)) continue;
        for (const int32_t location : stack.get_packed_int32()) {
          sample.leaf_first.push_back(Location(Entry(2, location)));
        }
      } else if (r.tag() == 2) {
        for (const int32_t index : r.get_packed_int32()) {
          sample.attributes.push_back(Attribute(Entry(6, index)));
        }
      } else {
        EXPECT_EQ(r.tag(), uint32_t{4});
        for (const int64_t value : r.get_packed_int64()) sample.values.push_back(value);
      }
    }
    return sample;
  }

  std::string Attribute(Reader r) const {
    std::string text;
    while (r.next()) {
      if (r.tag() == 1) {
        text = Text(r.get_int32()) + "=";
      } else {
        EXPECT_EQ(r.tag(), uint32_t{2});
        text += Any(r.get_message());
      }
    }
    return text;
  }

  std::string Location(Reader r) const {
    int32_t mapping = 0;
    std::string line;
    std::string attributes;
    while (r.next()) {
      if (r.tag() == 1) {
        mapping = r.get_int32();
      } else if (r.tag() == 3) {
        std::map<uint32_t, int64_t> fields = Numbers(r.get_message());
        std::map<uint32_t, int64_t> function = Numbers(Entry(3, fields[1]));
        line = absl::StrCat(Text(function[1]), " ", Text(function[3]), ":", fields[2]);
      } else {
        EXPECT_EQ(r.tag(), uint32_t{4});
        for (const int32_t index : r.get_packed_int32()) attributes += Attribute(Entry(6, index));
      }
    }
    const std::string file = Text(Numbers(Entry(1, mapping))[4]);
    return absl::StrCat(line, " [", file, "] ", attributes);
  }
};

}  // namespace spyhop

#endif  // SPYHOP_TESTS_UNIT_REPORT_OTLP_MESSAGE_H_
