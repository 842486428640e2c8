#include "report/gzip_sink.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <new>

namespace spyhop {
namespace {

constexpr int kGzipHeader = 16;  // added to the window's bits (zlib.h, deflateInit2)
constexpr int kMemoryLevel = 8;  // zlib's default
constexpr size_t kBlock = size_t{16} << 10;

}  // namespace

class GzipSink::Deflater {
 public:
  explicit Deflater(Sink& out) : out_(out) {
    // Its arguments are right and its version is linked to, so only memory can be missing.
    if (deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + kGzipHeader,
                     kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK) {
      throw std::bad_alloc();
    }
  }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;
  ~Deflater() { deflateEnd(&stream_); }

  void Take(std::string_view bytes, int flush) {
    // zlib does not write to its input; the member is not const for historical reasons.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(block_.data());
      stream_.avail_out = kBlock;
      deflate(&stream_, flush);
      out_.Append({block_.data(), kBlock - stream_.avail_out});
    } while (stream_.avail_out == 0);
  }

 private:
  Sink& out_;
  z_stream stream_{};
  std::array<char, kBlock> block_;
};

GzipSink::GzipSink(Sink& out) : deflater_(std::make_unique<Deflater>(out)) {}
GzipSink::~GzipSink() = default;

void GzipSink::Append(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t part = std::min<size_t>(bytes.size(), std::numeric_limits<uInt>::max());
    deflater_->Take(bytes.substr(0, part), Z_NO_FLUSH);
    bytes.remove_prefix(part);
  }
}

void GzipSink::Finish() { deflater_->Take({}, Z_FINISH); }

}  // namespace spyhop
