#include "report/json_reader.h"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace spyhop {
namespace {

constexpr size_t kMostFields = 32;

// rapidjson's handler concept: a call that returns false ends the parsing.
class FlatHandler : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, FlatHandler> {
 public:
  bool Default() { return Refuse("it holds null"); }
  bool Bool(bool truth) { return Set(truth); }
  bool Int(int number) { return Set(static_cast<double>(number)); }
  bool Uint(unsigned number) { return Set(static_cast<double>(number)); }
  bool Int64(int64_t number) { return Set(static_cast<double>(number)); }
  bool Uint64(uint64_t number) { return Set(static_cast<double>(number)); }
  bool Double(double number) { return Set(number); }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    return Set(std::string(text, size));
  }
  bool StartObject() {
    if (std::exchange(inside_, true)) return Refuse("it holds an object within an object");
    return true;
  }
  bool Key(const char* text, rapidjson::SizeType size, bool) {
    key_.assign(text, size);
    if (fields_.contains(key_)) return Refuse("it has a name twice");
    if (fields_.size() >= kMostFields) return Refuse("it has too many names");
    return true;
  }
  bool EndObject(rapidjson::SizeType) { return true; }
  bool StartArray() { return Refuse("it holds an array"); }
  bool EndArray(rapidjson::SizeType) { return true; }

  const char* refusal() const { return refusal_; }
  FlatJson Take() { return std::move(fields_); }

 private:
  bool Set(JsonScalar value) {
    if (!inside_) return Refuse("it is no object");
    fields_.insert_or_assign(key_, std::move(value));
    return true;
  }
  bool Refuse(const char* why) {
    refusal_ = why;
    return false;
  }

  bool inside_ = false;
  const char* refusal_ = nullptr;
  std::string key_;
  FlatJson fields_;
};

}  // namespace

absl::StatusOr<FlatJson> ReadFlatJson(std::string_view text) {
  if (text.size() > kMostFlatJson) {
    return absl::InvalidArgumentError(
        absl::StrCat("it is longer than ", kMostFlatJson, " bytes of JSON"));
  }
  rapidjson::MemoryStream bytes(text.data(), text.size());
  rapidjson::EncodedInputStream<rapidjson::UTF8<>, rapidjson::MemoryStream> stream(bytes);
  rapidjson::Reader reader;
  FlatHandler handler;
  constexpr unsigned kFlags = rapidjson::kParseValidateEncodingFlag |
                              rapidjson::kParseIterativeFlag | rapidjson::kParseFullPrecisionFlag;
  const rapidjson::ParseResult result = reader.Parse<kFlags>(stream, handler);
  if (!result.IsError()) return handler.Take();
  const char* why =
      handler.refusal() != nullptr ? handler.refusal() : rapidjson::GetParseError_En(result.Code());
  return absl::InvalidArgumentError(
      absl::StrCat("not a flat JSON object, at byte ", result.Offset(), ": ", why));
}

}  // namespace spyhop
