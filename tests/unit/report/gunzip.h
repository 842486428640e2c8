// The content of a gzip file of one member, by zlib itself.
#ifndef SPYHOP_TESTS_UNIT_REPORT_GUNZIP_H_
#define SPYHOP_TESTS_UNIT_REPORT_GUNZIP_H_

#include <zlib.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace spyhop {

// None when it is broken, cut, or has more behind its end.
inline std::optional<std::string> Gunzip(std::string_view file) {
  z_stream stream{};
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(file.data()));
  stream.avail_in = static_cast<uInt>(file.size());
  inflateInit2(&stream, MAX_WBITS + 16);
  std::string content;
  std::array<char, 4096> block;
  int result = Z_OK;
  while (result == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(block.data());
    stream.avail_out = block.size();
    result = inflate(&stream, Z_NO_FLUSH);
    content.append(block.data(), block.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (result != Z_STREAM_END || stream.avail_in != 0) return std::nullopt;
  return content;
}

}  // namespace spyhop

#endif  // SPYHOP_TESTS_UNIT_REPORT_GUNZIP_H_
