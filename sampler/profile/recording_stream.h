// Makes a recording of a profile while it is filled: hears its changes, and hands on a block of
// them each half second of samples.
//
//   RecordingStream stream(profile, index, deliver);   // listens to the profile from here on
//   ... sampling ...
//   stream.Finish();
//
// An event costs some 20 ns; a block, made in the thread that samples, some 10 us and what its new
// strings take; `deliver` gets the message and should not be slow. Of a thread that stays blocked
// at one place the samples of a block are one event. Keeps no more than a block's events.
#ifndef SPYHOP_SAMPLER_PROFILE_RECORDING_STREAM_H_
#define SPYHOP_SAMPLER_PROFILE_RECORDING_STREAM_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "sampler/profile/profile_journal.h"

namespace spyhop {

struct RecordingColumns;

class RecordingStream : public ProfileJournal {
 public:
  using Deliver = std::function<void(std::string message)>;

  // Of samples a block spans: what a killed profiler loses at the most.
  static constexpr Nanos kBlockSpan = kSecond / 2;

  // `profile` must outlive this and be empty.
  RecordingStream(Profile& profile, uint32_t index, Deliver deliver,
                  Nanos block_span = kBlockSpan);
  ~RecordingStream() override;
  RecordingStream(const RecordingStream&) = delete;
  RecordingStream& operator=(const RecordingStream&) = delete;

  // The profile is finished: delivers what is left, and that it was the last.
  void Finish();

  void OnSample(const Sample& sample) override;
  void OnLost(const Sample& sample, SampleErrorCode cause) override;
  void OnMove(const Profile::Key& from, TimeClass to, Nanos wall) override;
  void OnRescale(ThreadIndex thread, const TimeScale& scale) override;

 private:
  struct Event {
    uint32_t what = 0;
    Profile::Key place;
    Nanos end = 0;
    Nanos weight = 0;
    Nanos cpu = 0;
    uint32_t count = 0;
  };
  struct OfThread {
    size_t event = 0;    // index + 1 of its last one in this block
    StackId stack{};     // of the event before, in the block
    Nanos end = 0;       // idem
    bool named = false;  // it has been written
    std::string name;    // as it was written
  };
  struct Scaled {
    ThreadIndex thread;
    TimeScale scale;
  };

  void Add(const Event& event);
  bool Continues(const Event& event, const Event& before) const;
  OfThread& Of(ThreadIndex thread);
  void Flush(bool last);
  std::string Encode(bool last);
  void AddThreads(std::string& message);
  void AddEvents(RecordingColumns& columns);

  Profile& profile_;
  const uint32_t index_;
  const Deliver deliver_;
  const Nanos block_span_;
  std::vector<Event> events_;
  std::vector<Scaled> scales_;
  std::vector<OfThread> threads_;
  Nanos next_flush_ = 0;
  // How much of the profile's tables has been written.
  size_t strings_ = 1;
  size_t frames_ = 0;
  size_t stacks_ = 1;
  size_t targets_ = 0;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PROFILE_RECORDING_STREAM_H_
