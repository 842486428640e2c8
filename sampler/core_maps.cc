#include "sampler/core_maps.h"

#include <sys/auxv.h>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"

namespace spyhop {
namespace {

struct Access {
  bool readable = true;
  bool writable = false;
  bool executable = true;
};

// The segment that begins on the page which is mapped, else one that holds it.
Access AccessByFile(const CoreMappedFile& mapping, absl::Span<const ElfSegment> segments) {
  constexpr uint64_t kPage = 4096;
  const ElfSegment* found = nullptr;
  for (const ElfSegment& segment : segments) {
    const uint64_t first = segment.offset & ~(kPage - 1);
    if (mapping.offset < first || mapping.offset >= segment.offset + segment.file_size) continue;
    if (found == nullptr || first == mapping.offset) found = &segment;
  }
  if (found == nullptr) return {};
  return {true, found->writable, found->executable};
}

class MapsWriter {
 public:
  MapsWriter(const CoreFile& core, const CoreObjects& objects) : core_(core), objects_(objects) {}

  std::string Write() {
    auto file = core_.mapped_files().begin();
    const auto last = core_.mapped_files().end();
    for (const CoreSegment& segment : core_.segments()) {
      for (; file != last && file->range.begin() < segment.range.end(); ++file) AddFile(*file);
      const bool of_file = file != core_.mapped_files().begin() &&
                           std::prev(file)->range.Contains(segment.range.begin());
      if (!of_file) AddSegment(segment);
    }
    for (; file != last; ++file) AddFile(*file);
    return std::move(text_);
  }

 private:
  void AddFile(const CoreMappedFile& file) {
    const CoreSegment* segment = core_.SegmentAt(file.range.begin());
    const Access access = segment != nullptr
                              ? Access{segment->readable, segment->writable, segment->executable}
                              : AccessByFile(file, objects_.SegmentsOf(file.path));
    const auto number = numbers_.try_emplace(file.path, numbers_.size() + 1).first->second;
    AddLine(file.range, access, file.offset, number,
            absl::StrReplaceAll(file.path, {{"\n", "\\012"}}));
  }

  void AddSegment(const CoreSegment& segment) {
    const bool vdso = segment.range.begin().value() == core_.Auxiliary(AT_SYSINFO_EHDR);
    AddLine(segment.range, {segment.readable, segment.writable, segment.executable || vdso}, 0, 0,
            vdso ? "[vdso]" : "");
  }

  void AddLine(const AddressRange& range, const Access& access, uint64_t offset, size_t inode,
               const std::string& name) {
    absl::StrAppendFormat(&text_, "%x-%x %c%c%cp %x 00:00 %d %s\n", range.begin().value(),
                          range.end().value(), access.readable ? 'r' : '-',
                          access.writable ? 'w' : '-', access.executable ? 'x' : '-', offset, inode,
                          name);
  }

  const CoreFile& core_;
  const CoreObjects& objects_;
  absl::flat_hash_map<std::string, size_t> numbers_;
  std::string text_;
};

}  // namespace

std::string CoreMapsText(const CoreFile& core, const CoreObjects& objects) {
  return MapsWriter(core, objects).Write();
}

}  // namespace spyhop
