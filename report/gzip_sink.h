// Compresses what is appended into one gzip member (RFC 1952) and hands that on in blocks.
//
// The same bytes give the same output: the header has no time and no file name. Takes about 256 KiB
// (zlib's own) and one block, however much is appended. An error of the medium stays with the sink
// behind. Used by one thread at a time.
#ifndef SPYHOP_REPORT_GZIP_SINK_H_
#define SPYHOP_REPORT_GZIP_SINK_H_

#include <memory>
#include <string_view>

#include "report/sink.h"

namespace spyhop {

class GzipSink : public Sink {
 public:
  // `out` must outlive it.
  explicit GzipSink(Sink& out);
  // Without Finish the member stays without its end, which every reader refuses.
  ~GzipSink() override;
  void Append(std::string_view bytes) override;
  // Ends the member; nothing may be appended after it.
  void Finish();

 private:
  class Deflater;
  std::unique_ptr<Deflater> deflater_;
};

}  // namespace spyhop

#endif  // SPYHOP_REPORT_GZIP_SINK_H_
