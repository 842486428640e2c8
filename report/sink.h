// Where a writer's bytes go: a file, stdout, or a string in a test.
//
// Writers only append. An error of the medium (disk full, closed pipe) is kept by the sink and
// asked for once, at the end, so writers cannot forget to check. Used by one thread at a time.
#ifndef SPYHOP_REPORT_SINK_H_
#define SPYHOP_REPORT_SINK_H_

#include <string>
#include <string_view>

namespace spyhop {

class Sink {
 public:
  virtual ~Sink() = default;
  virtual void Append(std::string_view bytes) = 0;
};

class StringSink : public Sink {
 public:
  void Append(std::string_view bytes) override { text_.append(bytes); }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace spyhop

#endif  // SPYHOP_REPORT_SINK_H_
