// What Python's marshal.loads would give, as text: dicts, tuples, numbers and strings, as Python
// writes them but for the strings, which are put between quotes as they are.
#ifndef SPYHOP_TESTS_UNIT_REPORT_MARSHAL_TEXT_H_
#define SPYHOP_TESTS_UNIT_REPORT_MARSHAL_TEXT_H_

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"

namespace spyhop {

class MarshalText {
 public:
  // One whole value, and nothing after it.
  static std::string Of(std::string_view bytes) {
    MarshalText reader(bytes);
    std::string text = reader.Value();
    EXPECT_TRUE(reader.rest_.empty()) << reader.rest_.size() << " bytes after the value";
    return text;
  }

 private:
  explicit MarshalText(std::string_view bytes) : rest_(bytes) {}

  std::string Value() {
    const char type = Take(1)[0];
    switch (type) {
      case 'i':
        return absl::StrCat(Number<int32_t>());
      case 'g':
        return absl::StrCat(Number<double>());
      case 'u':
        return absl::StrCat("'", std::string(Take(Number<uint32_t>())), "'");
      case '(':
        return Tuple();
      case '{':
        return Dict();
      default:
        ADD_FAILURE() << "type " << int{type};
        rest_ = {};
        return "?";
    }
  }

  std::string Tuple() {
    std::string text = "(";
    const auto size = Number<uint32_t>();
    for (uint32_t i = 0; i < size && !rest_.empty(); ++i) {
      absl::StrAppend(&text, i == 0 ? "" : ", ", Value());
    }
    return text + ")";
  }

  std::string Dict() {
    std::string text = "{";
    while (!rest_.empty() && rest_.front() != '0') {
      absl::StrAppend(&text, text.size() == 1 ? "" : ", ", Value());
      absl::StrAppend(&text, ": ", Value());
    }
    Take(1);
    return text + "}";
  }

  template <typename T>
  T Number() {
    T number{};
    const std::string_view bytes = Take(sizeof(T));
    std::memcpy(&number, bytes.data(), bytes.size());
    return number;
  }

  std::string_view Take(size_t size) {
    static constexpr char kZeros[16] = {};
    if (rest_.size() < size) {
      ADD_FAILURE() << "ends too early";
      rest_ = {};
      return {kZeros, std::min(size, sizeof(kZeros))};
    }
    const std::string_view bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return bytes;
  }

  std::string_view rest_;
};

}  // namespace spyhop

#endif  // SPYHOP_TESTS_UNIT_REPORT_MARSHAL_TEXT_H_
