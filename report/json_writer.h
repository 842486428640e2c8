// Streams JSON to a sink: valid whatever the strings hold (all but ASCII is escaped, pieces that
// are not UTF-8 become U+FFFD), so safe to be shown on a terminal; finite numbers, no document in
// memory.
//
//   JsonWriter json(sink);
//   json.BeginObject().Field("pid", 12).Key("lines").BeginArray() ... .EndArray().EndObject();
//
// The caller balances Begin and End and gives a key before each value of an object; the destructor
// hands the rest of the buffer to the sink. Hides rapidjson from its users.
#ifndef SPYHOP_REPORT_JSON_WRITER_H_
#define SPYHOP_REPORT_JSON_WRITER_H_

#include <concepts>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/clock.h"
#include "report/sink.h"

namespace spyhop {

class JsonWriter {
 public:
  explicit JsonWriter(Sink& sink);
  ~JsonWriter();
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;

  JsonWriter& BeginObject();
  JsonWriter& EndObject();
  JsonWriter& BeginArray();
  JsonWriter& EndArray();
  JsonWriter& Key(std::string_view key);
  // Ends a line, between two documents.
  JsonWriter& Newline();

  JsonWriter& Null();
  JsonWriter& Value(std::string_view text);
  JsonWriter& Value(const char* text) { return Value(std::string_view(text)); }
  JsonWriter& Value(bool truth);
  JsonWriter& Value(double number);  // 0 when not finite
  JsonWriter& Value(int64_t number);
  JsonWriter& Value(uint64_t number);
  JsonWriter& Value(std::signed_integral auto number) { return Value(int64_t{number}); }
  JsonWriter& Value(std::unsigned_integral auto number) { return Value(uint64_t{number}); }

  template <typename T>
  JsonWriter& Field(std::string_view key, const T& value) {
    return Key(key).Value(value);
  }
  // Nanoseconds, written as seconds.
  JsonWriter& Seconds(std::string_view key, Nanos time) {
    return Field(key, static_cast<double>(time) / static_cast<double>(kSecond));
  }

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace spyhop

#endif  // SPYHOP_REPORT_JSON_WRITER_H_
