#include "report/pprof.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <compare>
#include <map>
#include <protozero/pbf_builder.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "base/version.h"
#include "report/escape.h"
#include "report/gzip_sink.h"
#include "report/table_header.h"
#include "report/viewer_names.h"

namespace spyhop {
namespace {

// Field numbers of perftools.profiles (proto/profile.proto of github.com/google/pprof). The names
// of functions, files and so on are indexes into the table of strings.
enum class ProfileField : protozero::pbf_tag_type {
  kSampleType = 1,
  kSample = 2,
  kMapping = 3,
  kLocation = 4,
  kFunction = 5,
  kString = 6,
  kTimeNanos = 9,
  kDurationNanos = 10,
  kPeriodType = 11,
  kPeriod = 12,
  kComment = 13,
  kDefaultSampleType = 14,
};
enum class ValueTypeField : protozero::pbf_tag_type { kType = 1, kUnit = 2 };
enum class SampleField : protozero::pbf_tag_type { kLocationIds = 1, kValues = 2, kLabel = 3 };
enum class LabelField : protozero::pbf_tag_type { kKey = 1, kText = 2, kNumber = 3 };
enum class MappingField : protozero::pbf_tag_type {
  kId = 1,
  kFile = 5,
  kHasFunctions = 7,
  kHasFiles = 8,
  kHasLines = 9,
};
enum class LocationField : protozero::pbf_tag_type { kId = 1, kMappingId = 2, kLine = 4 };
enum class LineField : protozero::pbf_tag_type { kFunctionId = 1, kLine = 2 };
// Not written: 3, the mangled name. Where it equals the name, pprof takes `<module>` for the
// arguments of a C++ template and leaves them out.
enum class FunctionField : protozero::pbf_tag_type { kId = 1, kName = 2, kFile = 4 };

constexpr uint64_t kMainMapping = 1;
constexpr uint64_t kNoMapping = 0;

struct SampleType {
  std::string_view name;
  std::string_view unit;
};
constexpr SampleType kWall = {"wall", "nanoseconds"};
constexpr std::array kFirstTypes = {SampleType{"samples", "count"}, kWall,
                                    SampleType{"cpu", "nanoseconds"}};

// One for each of kFirstTypes, then one for each class.
using Values = std::array<int64_t, kFirstTypes.size() + kTimeClasses>;

Values ValuesOf(const Times& times) {
  Values values{static_cast<int64_t>(times.samples), times.Wall(true), times.cpu};
  for (size_t i = 0; i < kTimeClasses; ++i) values[kFirstTypes.size() + i] = times.by_class[i];
  return values;
}

// What becomes one sample. Ids grow in the order in which things were first met.
struct Place {
  ThreadIndex thread;
  StackId stack;
  StringId wait_reason;
  friend auto operator<=>(const Place&, const Place&) = default;
};

std::map<Place, Times> KeptPlaces(const Profile& profile, const ViewOptions& options,
                                  bool by_stack) {
  std::map<Place, Times> places;
  for (const auto& [key, times] : profile.buckets()) {
    if (key.time_class == TimeClass::kIdle && !options.idle) continue;
    if (!options.filter.KeepsThread(profile.thread(key.thread))) continue;
    if (!options.filter.KeepsStack(profile, key.stack)) continue;
    const Place place =
        by_stack ? Place{.stack = key.stack} : Place{key.thread, key.stack, key.wait_reason};
    places[place] += times;
  }
  return places;
}

std::string_view DefaultSampleType(SortKey sort) {
  switch (sort) {
    case SortKey::kPython:
      return Name(TimeClass::kPython);
    case SortKey::kNative:
      return Name(TimeClass::kNative);
    case SortKey::kWait:
      return Name(TimeClass::kWait);
    case SortKey::kGil:
      return Name(TimeClass::kGil);
    case SortKey::kCpu:
      return "cpu";
    default:
      return kWall.name;
  }
}

// Writes the fields of the message one after the other, each as soon as it is known: readers take
// them in any order. Locations, functions and mappings are those that a kept sample refers to.
class Writer {
 public:
  Writer(const Profile& profile, const ViewOptions& options, const PprofPart& part, Sink& sink)
      : profile_(profile), options_(options), part_(part), gzip_(sink) {
    location_ids_.resize(profile.frames().size() + 1);
    const auto& targets = profile.targets();
    mappings_.push_back(String(targets.empty() ? "" : targets.front().executable));
    mapping_ids_[mappings_.front()] = kMainMapping;
  }

  WrittenSize Write() {
    for (const SampleType& type : kFirstTypes) PutType(ProfileField::kSampleType, type);
    for (int i = 0; i < kTimeClasses; ++i) {
      PutType(ProfileField::kSampleType, {Name(static_cast<TimeClass>(i)), "nanoseconds"});
    }
    PutSamples();
    PutLocations();
    for (size_t i = 0; i < functions_.size(); ++i) PutFunction(i);
    for (size_t i = 0; i < mappings_.size(); ++i) PutMapping(i);
    PutFigures();
    PutStrings();
    gzip_.Finish();
    return written_;
  }

 private:
  using Function = std::pair<int64_t, int64_t>;  // name and file, as indexes of strings
  using Builder = protozero::pbf_builder<ProfileField>;
  template <typename Field>
  using Part = protozero::pbf_builder<Field>;

  // `fill` writes one or more fields of the message.
  template <typename Fill>
  void Put(Fill fill) {
    buffer_.clear();
    Builder message(buffer_);
    fill(message);
    written_.bytes += buffer_.size();
    gzip_.Append(buffer_);
  }

  int64_t String(std::string_view text) {
    return static_cast<int64_t>(strings_.Intern(EscapeForTerminal(text)));
  }

  void PutType(ProfileField field, const SampleType& type) {
    Put([&](Builder& message) {
      Part<ValueTypeField> part(message, field);
      part.add_int64(ValueTypeField::kType, String(type.name));
      part.add_int64(ValueTypeField::kUnit, String(type.unit));
    });
  }

  void PutSamples() {
    size_t index = 0;
    for (const auto& [place, times] : KeptPlaces(profile_, options_, part_.by_stack)) {
      if (!part_.samples.Has(index++)) continue;
      PutSample(place, times);
      ++written_.samples;
    }
  }

  void PutSample(const Place& place, const Times& times) {
    const Values values = ValuesOf(times);
    std::vector<uint64_t> leaf_first;
    for (const size_t frame : FramesForViewers(profile_, place.stack)) {
      leaf_first.push_back(LocationId(frame));
    }
    std::reverse(leaf_first.begin(), leaf_first.end());
    Put([&](Builder& message) {
      Part<SampleField> part(message, ProfileField::kSample);
      part.add_packed_uint64(SampleField::kLocationIds, leaf_first.begin(), leaf_first.end());
      part.add_packed_int64(SampleField::kValues, values.begin(), values.end());
      if (!part_.by_stack) AddLabels(part, place);
    });
  }

  void AddLabels(Part<SampleField>& sample, const Place& place) {
    const ThreadInfo& thread = profile_.thread(place.thread);
    AddLabel(sample, "thread", ViewerName(thread.name));
    AddLabel(sample, "thread_id", thread.tid);
    AddLabel(sample, "pid", profile_.targets()[thread.target].pid);
    AddLabel(sample, "wait_reason", ViewerName(profile_.strings().Get(place.wait_reason)));
  }

  void AddLabel(Part<SampleField>& sample, std::string_view key, std::string_view text) {
    if (text.empty()) return;
    Part<LabelField> label(sample, SampleField::kLabel);
    label.add_int64(LabelField::kKey, String(key));
    label.add_int64(LabelField::kText, String(text));
  }

  void AddLabel(Part<SampleField>& sample, std::string_view key, int number) {
    Part<LabelField> label(sample, SampleField::kLabel);
    label.add_int64(LabelField::kKey, String(key));
    label.add_int64(LabelField::kNumber, number);
  }

  // Frames are numbered as for viewers.
  uint64_t LocationId(size_t frame) {
    uint64_t& id = location_ids_[frame];
    if (id == 0) {
      locations_.push_back(frame);
      id = locations_.size();
    }
    return id;
  }

  void PutLocations() {
    for (size_t i = 0; i < locations_.size(); ++i) {
      const ViewerFrame frame = FrameForViewers(profile_, locations_[i]);
      const uint64_t function = FunctionId(frame);
      const uint64_t mapping = MappingId(locations_[i], frame.file);
      Put([&](Builder& message) {
        Part<LocationField> part(message, ProfileField::kLocation);
        part.add_uint64(LocationField::kId, i + 1);
        if (mapping != kNoMapping) part.add_uint64(LocationField::kMappingId, mapping);
        Part<LineField> line(part, LocationField::kLine);
        line.add_uint64(LineField::kFunctionId, function);
        if (frame.line > 0) line.add_int64(LineField::kLine, frame.line);
      });
    }
  }

  uint64_t FunctionId(const ViewerFrame& frame) {
    const Function function(String(frame.function), String(frame.file));
    const auto [entry, is_new] = function_ids_.try_emplace(function, functions_.size() + 1);
    if (is_new) functions_.push_back(function);
    return entry->second;
  }

  void PutFunction(size_t index) {
    Put([&](Builder& message) {
      Part<FunctionField> part(message, ProfileField::kFunction);
      part.add_uint64(FunctionField::kId, index + 1);
      part.add_int64(FunctionField::kName, functions_[index].first);
      part.add_int64(FunctionField::kFile, functions_[index].second);
    });
  }

  // Python's frames are the executable's; of native code the file is the one it is in.
  uint64_t MappingId(size_t frame, std::string_view file) {
    const bool known = frame < profile_.frames().size();
    const FrameKind kind = known ? profile_.frames().Get(FrameId(frame)).kind : FrameKind::kPython;
    if (kind == FrameKind::kPython || kind == FrameKind::kGc) return kMainMapping;
    if (file.empty()) return kNoMapping;
    const int64_t name = String(file);
    const auto [entry, is_new] = mapping_ids_.try_emplace(name, mappings_.size() + 1);
    if (is_new) mappings_.push_back(name);
    return entry->second;
  }

  void PutMapping(size_t index) {
    Put([&](Builder& message) {
      Part<MappingField> part(message, ProfileField::kMapping);
      part.add_uint64(MappingField::kId, index + 1);
      part.add_int64(MappingField::kFile, mappings_[index]);
      for (const MappingField has :
           {MappingField::kHasFunctions, MappingField::kHasFiles, MappingField::kHasLines}) {
        part.add_bool(has, true);
      }
    });
  }

  void PutFigures() {
    const double rate = profile_.figures().rate_hz;
    const double period = rate > 0 ? static_cast<double>(kSecond) / rate : 0;
    PutType(ProfileField::kPeriodType, kWall);
    PutNumber(ProfileField::kPeriod, std::llround(period));
    PutNumber(ProfileField::kTimeNanos, absl::ToUnixNanos(profile_.start()));
    PutNumber(ProfileField::kDurationNanos, profile_.duration());
    PutNumber(ProfileField::kDefaultSampleType, String(DefaultSampleType(options_.sort)));
    PutComment(absl::StrCat("spyhop ", Version()));
    for (const std::string& line : TargetLines(profile_, 0)) PutComment(line);
    for (const std::string& line : FigureLines(profile_, options_)) PutComment(line);
  }

  void PutNumber(ProfileField field, int64_t number) {
    Put([&](Builder& message) { message.add_int64(field, number); });
  }

  void PutComment(std::string_view line) { PutNumber(ProfileField::kComment, String(line)); }

  // The last, when all are known.
  void PutStrings() {
    for (size_t i = 0; i < strings_.size(); ++i) {
      const std::string_view text = strings_.Get(StringId(i));
      Put([&](Builder& message) {
        message.add_string(ProfileField::kString, text.data(), text.size());
      });
    }
  }

  const Profile& profile_;
  const ViewOptions& options_;
  const PprofPart part_;
  WrittenSize written_;
  GzipSink gzip_;
  std::string buffer_;
  StringTable strings_;                 // the message's own, escaped
  std::vector<uint64_t> location_ids_;  // of each frame; 0: none yet
  std::vector<size_t> locations_;       // a frame; of the ids from 1 on, as the next two
  std::vector<Function> functions_;
  std::vector<int64_t> mappings_;  // index of the file's name
  absl::flat_hash_map<Function, uint64_t> function_ids_;
  absl::flat_hash_map<int64_t, uint64_t> mapping_ids_;
};

}  // namespace

void WritePprof(const Profile& profile, const ViewOptions& options, Sink& sink) {
  WritePprof(profile, options, {}, sink);
}

WrittenSize WritePprof(const Profile& profile, const ViewOptions& options, const PprofPart& part,
                       Sink& sink) {
  return Writer(profile, options, part, sink).Write();
}

}  // namespace spyhop
