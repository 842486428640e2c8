// The recordings among the outputs, which grow while the samplers run.
#ifndef SPYHOP_CLI_RECORDINGS_H_
#define SPYHOP_CLI_RECORDINGS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/options.h"
#include "report/recording_file.h"

namespace spyhop {

class Recordings {
 public:
  static absl::StatusOr<Recordings> Create(const std::vector<OutputSpec>& outputs,
                                           TemporaryFiles& temporary_files);

  bool empty() const { return files_.empty(); }
  // One of RecordingStream's messages, to all of them. Thread-safe.
  void Add(const std::string& message) const;
  // When sampling has ended; the first error.
  absl::Status Close();

 private:
  std::vector<std::unique_ptr<RecordingFile>> files_;
};

}  // namespace spyhop

#endif  // SPYHOP_CLI_RECORDINGS_H_
