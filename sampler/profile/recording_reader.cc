#include "sampler/profile/recording_reader.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "sampler/profile/recording_fields.h"
#include "sampler/profile/recording_format.h"
#include "sampler/profile/recording_replay.h"

namespace spyhop {
namespace {

constexpr size_t kMostStreams = 1000;

struct Stream {
  explicit Stream(TimeRange range) : replay(profile, range) {}

  Profile profile;
  RecordingReplay replay;
};

absl::Status CheckMagic(ReadBytes read) {
  std::string magic(recording::kMagic.size(), '\0');
  magic.resize(read(magic.data(), magic.size()));
  if (magic == recording::kMagic) return absl::OkStatus();
  const std::string_view begin = recording::kMagic.substr(0, recording::kMagic.size() - 1);
  if (magic.size() == recording::kMagic.size() && magic.starts_with(begin)) {
    return absl::InvalidArgumentError("is a recording of another version; use that Spyhop");
  }
  return absl::InvalidArgumentError("is not a recording (-f recording, NAME.spyhop)");
}

class Reader {
 public:
  Reader(TimeRange range, bool keep_timeline) : range_(range), keep_timeline_(keep_timeline) {}

  // Until the end, or damage.
  absl::Status ReadBlocks(ReadBytes read) {
    for (;;) {
      const absl::StatusOr<std::string> message = ReadBlock(read);
      if (absl::IsOutOfRange(message.status()) && IsWhole()) return absl::OkStatus();
      if (!message.ok()) return message.status();
      const absl::Status added = Add(*message);
      if (!added.ok()) return added;
    }
  }

  void MergeInto(Profile& profile) {
    Nanos own_cpu = 0;
    for (auto& [index, stream] : streams_) {
      stream.replay.Finish();
      // Each one's is that of the whole profiler.
      own_cpu = std::max(own_cpu, stream.profile.figures().own_cpu);
    }
    if (streams_.size() == 1) {
      profile = std::move(streams_.begin()->second.profile);
      return;
    }
    for (const auto& [index, stream] : streams_) profile.Merge(stream.profile);
    profile.figures().own_cpu = own_cpu;
  }

 private:
  absl::Status Add(const std::string& message) {
    const absl::StatusOr<uint32_t> index = RecordingReplay::StreamOf(message);
    if (!index.ok()) return index.status();
    if (streams_.size() >= kMostStreams && !streams_.contains(*index)) {
      return absl::DataLossError("the recording is of too many processes");
    }
    const auto [stream, fresh] = streams_.try_emplace(*index, range_);
    if (fresh && keep_timeline_) stream->second.profile.KeepTimeline();
    const Nanos before = stream->second.replay.time();
    const absl::Status added = stream->second.replay.Add(message);
    time_ += stream->second.replay.time() - before;
    if (time_ > kMostThreadTime) return absl::DataLossError("the recording is of too long a time");
    return added;
  }

  bool IsWhole() const {
    return !streams_.empty() &&
           std::all_of(streams_.begin(), streams_.end(),
                       [](const auto& entry) { return entry.second.replay.is_whole(); });
  }

  const TimeRange range_;
  const bool keep_timeline_;
  std::map<uint32_t, Stream> streams_;
  Nanos time_ = 0;
};

}  // namespace

absl::Status ReadRecordingBytes(ReadBytes read, TimeRange range, bool keep_timeline,
                                Profile& profile) {
  const absl::Status magic = CheckMagic(read);
  if (!magic.ok()) return magic;
  Reader reader(range, keep_timeline);
  const absl::Status status = reader.ReadBlocks(read);
  reader.MergeInto(profile);
  return status;
}

}  // namespace spyhop
