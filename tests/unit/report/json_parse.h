// Parses what a writer of JSON has written, for tests; a document that is not valid, or not plain
// ASCII, fails the test.
#ifndef SPYHOP_TESTS_UNIT_REPORT_JSON_PARSE_H_
#define SPYHOP_TESTS_UNIT_REPORT_JSON_PARSE_H_

#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <algorithm>
#include <string>

#include "report/sink.h"
#include "report/view.h"
#include "sampler/profile/profile.h"

namespace spyhop {

inline rapidjson::Document ParseJson(const std::string& text) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseValidateEncodingFlag | rapidjson::kParseFullPrecisionFlag>(
      text.c_str());
  EXPECT_FALSE(document.HasParseError()) << "at byte " << document.GetErrorOffset();
  EXPECT_TRUE(std::all_of(text.begin(), text.end(),
                          [](char c) { return (c >= ' ' && c <= '~') || c == '\n'; }));
  return document;
}

// Of a profile, by one of the format table's writers.
template <typename Writer>
rapidjson::Document WriteAndParse(Writer write, const Profile& profile,
                                  const ViewOptions& options) {
  StringSink sink;
  write(profile, options, sink);
  return ParseJson(sink.text());
}

inline std::string Text(const rapidjson::Value& value) {
  return {value.GetString(), value.GetStringLength()};
}

}  // namespace spyhop

#endif  // SPYHOP_TESTS_UNIT_REPORT_JSON_PARSE_H_
