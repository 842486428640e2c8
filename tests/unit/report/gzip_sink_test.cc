#include "report/gzip_sink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/unit/report/gunzip.h"

namespace spyhop {
namespace {

std::string Gzip(std::string_view content) {
  StringSink file;
  GzipSink gzip(file);
  gzip.Append(content);
  gzip.Finish();
  return file.text();
}

// Does not compress, so that many blocks are handed on.
std::string Noise(size_t size) {
  std::mt19937 random(1);
  std::string noise(size, '\0');
  for (char& c : noise) c = static_cast<char>(random());
  return noise;
}

TEST(GzipSink, IsReadBackByZlib) {
  EXPECT_EQ(Gunzip(Gzip("")), "");
  EXPECT_EQ(Gunzip(Gzip(std::string(100'000, 'x'))), std::string(100'000, 'x'));
  EXPECT_EQ(Gunzip(Gzip(Noise(100'000))), Noise(100'000));
}

TEST(GzipSink, TakesManySmallPieces) {
  StringSink file;
  GzipSink gzip(file);
  const std::string noise = Noise(50'000);
  for (size_t i = 0; i < noise.size(); i += 10) gzip.Append(noise.substr(i, 10));
  gzip.Finish();
  EXPECT_EQ(Gunzip(file.text()), noise);
}

TEST(GzipSink, HandsOnWhileItIsFed) {
  StringSink file;
  GzipSink gzip(file);
  gzip.Append(Noise(500'000));
  EXPECT_GT(file.text().size(), size_t{400'000});
}

TEST(GzipSink, IsCutWithoutItsFinish) {
  StringSink file;
  GzipSink(file).Append("content");
  EXPECT_EQ(Gunzip(file.text()), std::nullopt);
}

// RFC 1952, section 2.3: flags in byte 3, the time in bytes 4 to 7.
TEST(GzipSink, StatesNeitherTimeNorName) {
  const std::string file = Gzip("content");
  EXPECT_EQ(file.substr(0, 8), std::string("\x1f\x8b\x08\0\0\0\0\0", 8));
}

}  // namespace
}  // namespace spyhop
