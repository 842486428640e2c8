// A pprof file, decoded: names in place of indexes and ids. Field numbers are spelled out here
// again, from the definition of perftools.profiles.Profile, so that the writer's are tested.
#ifndef SPYHOP_TESTS_UNIT_REPORT_PPROF_MESSAGE_H_
#define SPYHOP_TESTS_UNIT_REPORT_PPROF_MESSAGE_H_

#include <gtest/gtest.h>

#include <map>
#include <protozero/pbf_reader.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/unit/report/gunzip.h"

namespace spyhop {

struct PprofSample {
  std::vector<std::string> leaf_first;  // "function file:line [mapping]"
  std::vector<int64_t> values;
  std::vector<std::string> labels;  // "key=value"
};

class PprofMessage {
 public:
  explicit PprofMessage(const std::string& file) {
    const std::optional<std::string> message = Gunzip(file);
    EXPECT_TRUE(message.has_value()) << "not a gzip file";
    if (!message) return;
    ReadTables(*message);
    protozero::pbf_reader reader(*message);
    while (reader.next()) ReadField(reader);
  }

  std::vector<std::string> types;  // "samples/count"
  std::vector<PprofSample> samples;
  std::vector<std::string> mappings;
  std::vector<std::string> strings;
  std::vector<std::string> comments;
  std::string default_type;
  std::string period_type;
  std::map<uint32_t, int64_t> numbers;  // the profile's, by field

 private:
  using Reader = protozero::pbf_reader;

  // All that is referred to, in the order in which it can be resolved.
  void ReadTables(const std::string& message) {
    for (Reader r(message); r.next(6);) strings.push_back(r.get_string());
    for (Reader r(message); r.next(3);) ReadMapping(r.get_message());
    for (Reader r(message); r.next(5);) ReadFunction(r.get_message());
    for (Reader r(message); r.next(4);) ReadLocation(r.get_message());
  }

  void ReadField(Reader& r) {
    switch (r.tag()) {
      case 1:
        types.push_back(Type(r.get_message()));
        break;
      case 2:
        samples.push_back(Sample(r.get_message()));
        break;
      case 11:
        period_type = Type(r.get_message());
        break;
      case 13:
        comments.push_back(Text(r.get_int64()));
        break;
      case 14:
        default_type = Text(r.get_int64());
        break;
      case 9:
      case 10:
      case 12: {
        const uint32_t field = r.tag();
        numbers[field] = r.get_int64();
        break;
      }
      default:
        r.skip();
    }
  }

  std::string Text(int64_t index) const { return strings.at(static_cast<size_t>(index)); }

  // Fields of a message which has only numbers.
  static std::map<uint32_t, int64_t> Numbers(Reader r) {
    std::map<uint32_t, int64_t> fields;
    while (r.next()) {
      const uint32_t field = r.tag();
      fields[field] = r.get_int64();
    }
    return fields;
  }

  std::string Type(Reader r) const {
    std::map<uint32_t, int64_t> fields = Numbers(r);
    return absl::StrCat(Text(fields[1]), "/", Text(fields[2]));
  }

  void ReadMapping(Reader r) {
    std::map<uint32_t, int64_t> fields = Numbers(r);
    EXPECT_EQ(fields[1], static_cast<int64_t>(mappings.size()) + 1) << "ids count from 1";
    EXPECT_TRUE(fields[7] == 1 && fields[8] == 1 && fields[9] == 1) << "to be symbolized";
    mappings.push_back(Text(fields[5]));
  }

  void ReadFunction(Reader r) {
    std::map<uint32_t, int64_t> fields = Numbers(r);
    EXPECT_EQ(fields.count(3), size_t{0}) << "a mangled name";
    functions_[fields[1]] = {Text(fields[2]), Text(fields[4])};
  }

  void ReadLocation(Reader r) {
    int64_t id = 0;
    int64_t mapping = 0;
    std::map<uint32_t, int64_t> line;
    while (r.next()) {
      if (r.tag() == 1) {
        id = r.get_int64();
      } else if (r.tag() == 2) {
        mapping = r.get_int64();
      } else {
        EXPECT_EQ(r.tag(), uint32_t{4});
        line = Numbers(r.get_message());
      }
    }
    const auto& [function, file] = functions_.at(line[1]);
    const std::string module = mapping == 0 ? "" : mappings.at(static_cast<size_t>(mapping - 1));
    locations_[id] = absl::StrCat(function, " ", file, ":", line[2], " [", module, "]");
  }

  PprofSample Sample(Reader r) const {
    PprofSample sample;
    while (r.next()) {
      if (r.tag() == 1) {
        for (const uint64_t id : r.get_packed_uint64()) {
          sample.leaf_first.push_back(locations_.at(static_cast<int64_t>(id)));
        }
      } else if (r.tag() == 2) {
        for (const int64_t value : r.get_packed_int64()) sample.values.push_back(value);
      } else {
        EXPECT_EQ(r.tag(), uint32_t{3});
        std::map<uint32_t, int64_t> label = Numbers(r.get_message());
        const std::string value = label.count(2) ? Text(label[2]) : absl::StrCat(label[3]);
        sample.labels.push_back(absl::StrCat(Text(label[1]), "=", value));
      }
    }
    return sample;
  }

  std::map<int64_t, std::pair<std::string, std::string>> functions_;  // name, file
  std::map<int64_t, std::string> locations_;
};

}  // namespace spyhop

#endif  // SPYHOP_TESTS_UNIT_REPORT_PPROF_MESSAGE_H_
