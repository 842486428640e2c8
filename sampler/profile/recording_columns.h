// The packed fields of a recording's block: its new frames and stacks, and its events, a column for
// each of their fields. Columns compress better than rows.
#ifndef SPYHOP_SAMPLER_PROFILE_RECORDING_COLUMNS_H_
#define SPYHOP_SAMPLER_PROFILE_RECORDING_COLUMNS_H_

#include <cstdint>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>
#include <vector>

namespace spyhop {

struct RecordingColumns {
  std::vector<uint32_t> frame_files;
  std::vector<uint32_t> frame_functions;
  std::vector<int32_t> frame_lines;
  std::vector<uint32_t> frame_kinds;
  std::vector<uint32_t> stack_parents;
  std::vector<uint32_t> stack_frames;
  std::vector<uint32_t> event_whats;
  std::vector<uint32_t> event_threads;
  std::vector<int64_t> event_stacks;
  std::vector<uint32_t> event_reasons;
  std::vector<int64_t> event_ends;
  std::vector<int64_t> event_weights;
  std::vector<uint64_t> event_cpus;
  std::vector<uint32_t> event_counts;

  void Write(protozero::pbf_writer& block) const;
  // Takes the block's current field, if it is one of these; else skips it. Throws
  // protozero::exception when the field's bytes are no numbers.
  void Read(protozero::pbf_reader& block);
  // Every event has all its fields.
  bool EventsAreAligned() const;
};

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PROFILE_RECORDING_COLUMNS_H_
