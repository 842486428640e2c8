// Hands JSON on so that it can stand in an HTML <script> element, whatever its strings hold: `<`,
// `>` and `&` become \u003C, \u003E and \u0026. In JSON these can occur in strings alone, where the
// two mean the same. What is above ASCII must have been escaped already, as JsonWriter does.
#ifndef SPYHOP_REPORT_SCRIPT_SAFE_SINK_H_
#define SPYHOP_REPORT_SCRIPT_SAFE_SINK_H_

#include <string_view>

#include "report/sink.h"

namespace spyhop {

class ScriptSafeSink : public Sink {
 public:
  explicit ScriptSafeSink(Sink& sink) : sink_(sink) {}

  void Append(std::string_view bytes) override {
    while (true) {
      const size_t at = bytes.find_first_of("<>&");
      sink_.Append(bytes.substr(0, at));
      if (at == std::string_view::npos) return;
      sink_.Append(bytes[at] == '<' ? "\\u003C" : bytes[at] == '>' ? "\\u003E" : "\\u0026");
      bytes.remove_prefix(at + 1);
    }
  }

 private:
  Sink& sink_;
};

}  // namespace spyhop

#endif  // SPYHOP_REPORT_SCRIPT_SAFE_SINK_H_
