// A recording on disk while it grows, and read back.
//
// Blocks are packed and written by a thread of the file's own, so that whoever samples only hands
// them over. The file takes its place with its first block and is whole after each one: a killed
// profiler leaves all but the last second. A disk that is full keeps what was written; the error
// comes at the end.
#ifndef SPYHOP_REPORT_RECORDING_FILE_H_
#define SPYHOP_REPORT_RECORDING_FILE_H_

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "report/output_file.h"
#include "sampler/profile/profile.h"
#include "sampler/profile/recording_range.h"

namespace spyhop {

class RecordingFile {
 public:
  static absl::StatusOr<std::unique_ptr<RecordingFile>> Create(const std::string& path,
                                                               TemporaryFiles* temporary);
  // Without a Close nothing more is written; what has its place stays.
  ~RecordingFile();
  RecordingFile(const RecordingFile&) = delete;
  RecordingFile& operator=(const RecordingFile&) = delete;

  // One of RecordingStream's messages. Waits only when the disk is far behind. Thread-safe.
  void Add(std::string message);
  // All messages were added: waits until they are on disk.
  absl::Status Close();

 private:
  explicit RecordingFile(OutputFile file) : file_(std::move(file)) {}
  void Work();
  void Stop();

  OutputFile file_;
  absl::Status status_;  // the thread's, until it has ended
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> messages_;
  bool no_more_ = false;
  std::thread thread_;
};

struct RecordingOptions {
  TimeRange range;
  bool timeline = false;  // Profile::KeepTimeline
};

struct ReadRecording {
  Profile profile;      // of all its targets
  absl::Status damage;  // not OK: the rest could not be read, or was never written
};

// Reads a recording front to back. Errors: the file cannot be read, or is no recording. A recording
// that ends early or is damaged gives what comes before.
absl::StatusOr<ReadRecording> ReadRecordingFile(const std::string& path,
                                                const RecordingOptions& options);

}  // namespace spyhop

#endif  // SPYHOP_REPORT_RECORDING_FILE_H_
