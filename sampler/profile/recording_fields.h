// The messages within a recording's blocks, written and read. Read as they are: whoever asks checks
// what they say.
//
// Reading throws protozero::exception where the bytes are no message.
#ifndef SPYHOP_SAMPLER_PROFILE_RECORDING_FIELDS_H_
#define SPYHOP_SAMPLER_PROFILE_RECORDING_FIELDS_H_

#include <cstdint>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

#include "sampler/profile/profile.h"

namespace spyhop {

// A field with the type it has to have: one of another type is skipped.
constexpr uint32_t Varint(uint32_t field) {
  return protozero::tag_and_type(field, protozero::pbf_wire_type::varint);
}
constexpr uint32_t Fixed64(uint32_t field) {
  return protozero::tag_and_type(field, protozero::pbf_wire_type::fixed64);
}
constexpr uint32_t Bytes(uint32_t field) {
  return protozero::tag_and_type(field, protozero::pbf_wire_type::length_delimited);
}

// What is summed up must not overflow: the time of all threads together (18 years), and that of the
// clock (52 days).
inline constexpr Nanos kMostThreadTime = Nanos{1} << 59;
inline constexpr Nanos kMostDuration = Nanos{1} << 52;

TargetInfo ReadTarget(protozero::pbf_reader message);

struct IndexedThread {
  uint32_t index = 0;
  ThreadInfo info;
};
IndexedThread ReadThread(protozero::pbf_reader message);

struct ThreadScale {
  uint32_t thread = 0;
  TimeScale scale;
};
ThreadScale ReadScale(protozero::pbf_reader message);

// All but what replayed samples count themselves.
void ReadFigures(protozero::pbf_reader message, SamplingFigures& figures);

void WriteTargetField(const TargetInfo& info, protozero::pbf_writer& block);
void WriteThreadField(const IndexedThread& indexed, protozero::pbf_writer& block);
void WriteScaleField(const ThreadScale& from, protozero::pbf_writer& block);
void WriteFiguresField(const SamplingFigures& from, protozero::pbf_writer& block);

}  // namespace spyhop

#endif  // SPYHOP_SAMPLER_PROFILE_RECORDING_FIELDS_H_
