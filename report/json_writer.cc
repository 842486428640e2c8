#include "report/json_writer.h"

#include <rapidjson/writer.h>

#include <cmath>
#include <string>

#include "report/utf8.h"

namespace spyhop {
namespace {

// rapidjson's output stream concept: single characters, handed on in blocks.
class SinkStream {
 public:
  using Ch = char;

  explicit SinkStream(Sink& sink) : sink_(sink) { buffer_.reserve(kBlock); }

  void Put(char c) {
    buffer_.push_back(c);
    if (buffer_.size() >= kBlock) HandOn();
  }
  void Flush() {}

  void HandOn() {
    sink_.Append(buffer_);
    buffer_.clear();
  }

 private:
  static constexpr size_t kBlock = size_t{16} << 10;

  Sink& sink_;
  std::string buffer_;
};

// rapidjson's ASCII finds this one only, by its argument: its own is declared after it is used.
void PutUnsafe(SinkStream& stream, char c) { stream.Put(c); }

}  // namespace

class JsonWriter::Impl {
 public:
  explicit Impl(Sink& sink) : stream(sink), writer(stream) {}

  SinkStream stream;
  // ASCII only: rapidjson would escape C0 controls alone, and C1 controls or bidirectional
  // overrides in a target's names would reach the terminal.
  rapidjson::Writer<SinkStream, rapidjson::UTF8<>, rapidjson::ASCII<>> writer;
};

JsonWriter::JsonWriter(Sink& sink) : impl_(std::make_unique<Impl>(sink)) {}
JsonWriter::~JsonWriter() { impl_->stream.HandOn(); }

JsonWriter& JsonWriter::BeginObject() {
  impl_->writer.StartObject();
  return *this;
}

JsonWriter& JsonWriter::EndObject() {
  impl_->writer.EndObject();
  return *this;
}

JsonWriter& JsonWriter::BeginArray() {
  impl_->writer.StartArray();
  return *this;
}

JsonWriter& JsonWriter::EndArray() {
  impl_->writer.EndArray();
  return *this;
}

JsonWriter& JsonWriter::Key(std::string_view key) { return Value(key); }

JsonWriter& JsonWriter::Newline() {
  impl_->stream.Put('\n');
  impl_->writer.Reset(impl_->stream);
  return *this;
}

JsonWriter& JsonWriter::Null() {
  impl_->writer.Null();
  return *this;
}

JsonWriter& JsonWriter::Value(std::string_view text) {
  const std::string clean = ReplaceInvalidUtf8(text);
  impl_->writer.String(clean.data(), static_cast<rapidjson::SizeType>(clean.size()));
  return *this;
}

JsonWriter& JsonWriter::Value(bool truth) {
  impl_->writer.Bool(truth);
  return *this;
}

JsonWriter& JsonWriter::Value(double number) {
  impl_->writer.Double(std::isfinite(number) ? number : 0.0);
  return *this;
}

JsonWriter& JsonWriter::Value(int64_t number) {
  impl_->writer.Int64(number);
  return *this;
}

JsonWriter& JsonWriter::Value(uint64_t number) {
  impl_->writer.Uint64(number);
  return *this;
}

}  // namespace spyhop
