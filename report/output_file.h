// Puts data where the user wants it: a file written whole or not at all, or stdout.
//
//   StatusOr<OutputFile> out = OutputFile::Open("profile.json");
//   write(out->sink()); Status s = out->Commit();
//
// A regular file is written under a temporary name in its own folder and takes its place at
// Commit() (flush, fsync, rename), with the old one's mode when there is one, through a symbolic
// link to the file it names. Without Commit nothing is left. A file that cannot be replaced (one
// that is mounted: EBUSY) leaves the whole temporary one, and the error says where. "-" is stdout;
// a device or FIFO is written directly. Closed pipes (EPIPE) on stdout are no error: the reader has
// had enough. Errors name the file, the reason and what to do.
#ifndef SPYHOP_REPORT_OUTPUT_FILE_H_
#define SPYHOP_REPORT_OUTPUT_FILE_H_

#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/scoped_fd.h"
#include "report/sink.h"

namespace spyhop {

// Appends to a descriptor, in blocks. Keeps the first errno; later bytes are dropped.
class FdSink : public Sink {
 public:
  explicit FdSink(int fd) : fd_(fd) {}
  void Append(std::string_view bytes) override;
  // Writes what is left; the errno of the first failure so far, 0 when all went well.
  int Finish();
  int error() const { return error_; }

 private:
  void Write(std::string_view bytes);

  int fd_;
  int error_ = 0;
  std::string buffer_;
};

// The temporary files that exist right now, so that they can be removed when the program has to
// leave at once. Thread-safe.
class TemporaryFiles {
 public:
  void Add(const std::string& path);
  void Forget(const std::string& path);
  void RemoveAll();

 private:
  std::mutex mutex_;
  std::set<std::string> paths_;
};

class OutputFile {
 public:
  // `temporary` may be null; it must outlive the file.
  static absl::StatusOr<OutputFile> Open(const std::string& path, TemporaryFiles* temporary);
  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&&) = delete;
  ~OutputFile();

  Sink& sink() { return *sink_; }
  // Takes its place now, with what was written so far; for files that grow. Commit is still due.
  absl::Status Publish();
  // Writes out what was appended, so that it is there if the program is killed.
  absl::Status Flush();
  // It was a pipe, and nobody reads it any more: no error, but no use in going on.
  bool reader_is_gone() const;
  absl::Status Commit();

 private:
  OutputFile(std::string path, ScopedFd fd);
  absl::Status TakePlace();

  std::string path_;            // as the user named it
  std::string final_path_;      // behind symbolic links
  std::string temporary_path_;  // empty when written directly
  ScopedFd fd_;                 // not valid for stdout
  std::unique_ptr<FdSink> sink_;
  TemporaryFiles* registry_ = nullptr;
};

// Whether Open and Commit can work, found by trying it without touching the file: asked before
// sampling starts, so that no hour of samples meets an unwritable folder.
absl::Status CheckWritable(const std::string& path);

// False when Spyhop was started with stdout closed.
bool StdoutIsOpen();

}  // namespace spyhop

#endif  // SPYHOP_REPORT_OUTPUT_FILE_H_
