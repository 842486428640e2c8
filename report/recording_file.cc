#include "report/recording_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "base/start_thread.h"
#include "report/escape.h"
#include "sampler/profile/recording_block.h"
#include "sampler/profile/recording_format.h"
#include "sampler/profile/recording_reader.h"

namespace spyhop {
namespace {

// Half a second's samples each.
constexpr size_t kMostWaiting = 60;

absl::Status CannotRead(const std::string& path, int error) {
  return absl::UnavailableError(
      absl::StrCat("cannot read ", EscapeForTerminal(path), ": ", std::strerror(error)));
}

}  // namespace

absl::StatusOr<std::unique_ptr<RecordingFile>> RecordingFile::Create(const std::string& path,
                                                                     TemporaryFiles* temporary) {
  absl::StatusOr<OutputFile> file = OutputFile::Open(path, temporary);
  if (!file.ok()) return file.status();
  file->sink().Append(recording::kMagic);
  auto recording = std::unique_ptr<RecordingFile>(new RecordingFile(*std::move(file)));
  absl::StatusOr<std::thread> thread = StartThread([it = recording.get()] { it->Work(); });
  if (!thread.ok()) return thread.status();
  recording->thread_ = *std::move(thread);
  return recording;
}

RecordingFile::~RecordingFile() { Stop(); }

void RecordingFile::Add(std::string message) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return messages_.size() < kMostWaiting; });
  messages_.push_back(std::move(message));
  changed_.notify_all();
}

void RecordingFile::Work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return !messages_.empty() || no_more_; });
    if (messages_.empty()) return;
    const std::string message = std::move(messages_.front());
    messages_.pop_front();
    lock.unlock();
    changed_.notify_all();
    if (status_.ok()) {
      file_.sink().Append(PackBlock(message));
      status_ = file_.Publish();
    }
    lock.lock();
  }
}

void RecordingFile::Stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    no_more_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

absl::Status RecordingFile::Close() {
  Stop();
  return status_.ok() ? file_.Commit() : status_;
}

absl::StatusOr<ReadRecording> ReadRecordingFile(const std::string& path,
                                                const RecordingOptions& options) {
  const ScopedFd fd(path == "-" ? dup(STDIN_FILENO) : open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return CannotRead(path, errno);
  int error = 0;
  const auto read_bytes = [&](char* to, size_t size) {
    size_t done = 0;
    while (done < size && error == 0) {
      const ssize_t got = read(fd.get(), to + done, size - done);
      if (got == 0) break;
      if (got > 0) done += static_cast<size_t>(got);
      if (got < 0 && errno != EINTR) error = errno;
    }
    return done;
  };
  ReadRecording recording;
  const absl::Status status =
      ReadRecordingBytes(read_bytes, options.range, options.timeline, recording.profile);
  if (error != 0) return CannotRead(path, error);
  if (absl::IsInvalidArgument(status)) {
    return absl::DataLossError(absl::StrCat(EscapeForTerminal(path), " ", status.message()));
  }
  recording.damage = status;
  return recording;
}

}  // namespace spyhop
