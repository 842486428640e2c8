#include "sampler/profile/recording_columns.h"

#include "sampler/profile/recording_fields.h"
#include "sampler/profile/recording_format.h"

namespace spyhop {
namespace {

// The list of them: visit(field, column) for each.
template <typename Columns, typename Visit>
void ForEach(Columns& columns, const Visit& visit) {
  visit(recording::kFrameFiles, columns.frame_files);
  visit(recording::kFrameFunctions, columns.frame_functions);
  visit(recording::kFrameLines, columns.frame_lines);
  visit(recording::kFrameKinds, columns.frame_kinds);
  visit(recording::kStackParents, columns.stack_parents);
  visit(recording::kStackFrames, columns.stack_frames);
  visit(recording::kEventWhats, columns.event_whats);
  visit(recording::kEventThreads, columns.event_threads);
  visit(recording::kEventStacks, columns.event_stacks);
  visit(recording::kEventReasons, columns.event_reasons);
  visit(recording::kEventEnds, columns.event_ends);
  visit(recording::kEventWeights, columns.event_weights);
  visit(recording::kEventCpus, columns.event_cpus);
  visit(recording::kEventCounts, columns.event_counts);
}

// Signed numbers are small on either side of 0: zigzag (sint).
struct Writing {
  protozero::pbf_writer& block;
  void operator()(uint32_t field, const std::vector<uint32_t>& column) const {
    block.add_packed_uint32(field, column.begin(), column.end());
  }
  void operator()(uint32_t field, const std::vector<int32_t>& column) const {
    block.add_packed_sint32(field, column.begin(), column.end());
  }
  void operator()(uint32_t field, const std::vector<uint64_t>& column) const {
    block.add_packed_uint64(field, column.begin(), column.end());
  }
  void operator()(uint32_t field, const std::vector<int64_t>& column) const {
    block.add_packed_sint64(field, column.begin(), column.end());
  }
};

auto Packed(protozero::pbf_reader& block, const std::vector<uint32_t>&) {
  return block.get_packed_uint32();
}
auto Packed(protozero::pbf_reader& block, const std::vector<int32_t>&) {
  return block.get_packed_sint32();
}
auto Packed(protozero::pbf_reader& block, const std::vector<uint64_t>&) {
  return block.get_packed_uint64();
}
auto Packed(protozero::pbf_reader& block, const std::vector<int64_t>&) {
  return block.get_packed_sint64();
}

}  // namespace

void RecordingColumns::Write(protozero::pbf_writer& block) const { ForEach(*this, Writing{block}); }

void RecordingColumns::Read(protozero::pbf_reader& block) {
  const uint32_t wanted = block.tag_and_type();
  bool taken = false;
  ForEach(*this, [&](uint32_t field, auto& column) {
    if (wanted != Bytes(field)) return;
    const auto numbers = Packed(block, column);
    column.insert(column.end(), numbers.begin(), numbers.end());
    taken = true;
  });
  if (!taken) block.skip();
}

bool RecordingColumns::EventsAreAligned() const {
  const size_t size = event_whats.size();
  return event_threads.size() == size && event_stacks.size() == size &&
         event_reasons.size() == size && event_ends.size() == size &&
         event_weights.size() == size && event_cpus.size() == size && event_counts.size() == size;
}

}  // namespace spyhop
