// What --native can tell of the files that the target's code is in.
#include <algorithm>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "sampler/debug_file.h"
#include "sampler/doctor/debug_packages.h"
#include "sampler/doctor/findings.h"
#include "sampler/loaded_elf.h"
#include "symbolizer/packed_symbols.h"

namespace spyhop {
namespace {

using Verdict = Finding::Verdict;

constexpr size_t kMostFiles = 300;
constexpr size_t kMostOsRelease = 16384;

struct CodeFile {
  std::string path;
  std::string build_id;
  bool frames = false;   // call frame tables
  bool symbols = false;  // its own, packed, or in a debug file: not only the exported ones
  bool lines = false;
};

bool HasLines(const ElfFile& file) { return !file.FindSections(".debug_line").empty(); }

CodeFile Examine(const TargetFiles& files, const MappedObject& object) {
  CodeFile code{.path = object.path};
  const std::optional<LoadedElf> elf = OpenLoadedElf(files, object.mappings.front());
  if (!elf) return code;
  const ElfFile& file = *elf->file;
  code.build_id = file.BuildId();
  code.frames = file.FindSection(".eh_frame") || !file.FindSections(".debug_frame").empty();
  code.symbols = file.HasSymbolTable();
  code.lines = HasLines(file);
  if (code.symbols && code.lines) return code;
  if (const std::optional<ElfFile> separate = OpenDebugFile(files, file, object.path)) {
    code.symbols = true;
    code.lines |= HasLines(*separate);
  }
  code.symbols = code.symbols || OpenPackedSymbols(file).has_value();
  return code;
}

std::vector<CodeFile> ExamineAll(const Attachment& attachment) {
  std::vector<CodeFile> all;
  const absl::StatusOr<std::string> text = attachment.files().MapsText();
  if (!text.ok()) return all;
  for (const MappedObject& object : MemoryMap::Parse(*text).Objects()) {
    if (!object.has_code() || all.size() == kMostFiles) continue;
    all.push_back(Examine(attachment.files(), object));
  }
  return all;
}

std::string DistributionOf(const TargetFiles& files) {
  for (const char* path : {"/etc/os-release", "/usr/lib/os-release"}) {
    const absl::StatusOr<ScopedFd> fd = files.OpenInRoot(path);
    if (!fd.ok()) continue;
    std::string text(kMostOsRelease, '\0');
    const ssize_t got = read(fd->get(), text.data(), text.size());
    text.resize(got > 0 ? static_cast<size_t>(got) : 0);
    return ParseDistribution(text);
  }
  return "";
}

// The files that matter most: the interpreter's own, and the C library's.
bool MattersMost(const CodeFile& file, const Attachment& attachment) {
  return file.path == attachment.interpreter().module || absl::StrContains(file.path, "/libc.so") ||
         absl::StrContains(file.path, "/libc-2");
}

struct Aspect {
  const char* subject;
  const char* what;
  bool CodeFile::*has;
};

// "5 of 7 files with code have line tables; not /usr/bin/python3.11 and 1 more".
Finding AboutAspect(const Aspect& aspect, const std::vector<CodeFile>& all) {
  std::string first;
  size_t missing = 0;
  for (const CodeFile& file : all) {
    if (file.*aspect.has) continue;
    if (missing++ == 0) first = file.path;
  }
  Finding finding{Verdict::kOk, aspect.subject,
                  absl::StrFormat("%d of %d files with code have %s", all.size() - missing,
                                  all.size(), aspect.what)};
  if (missing > 0) absl::StrAppend(&finding.text, "; not ", first);
  if (missing > 1) absl::StrAppend(&finding.text, " and ", missing - 1, " more");
  finding.figures = {{"files", static_cast<double>(all.size())},
                     {"with", static_cast<double>(all.size() - missing)}};
  return finding;
}

// Of the files that matter most; of the others it is their owners' business.
Remedy ForMissing(bool CodeFile::*has, const std::vector<CodeFile>& all,
                  const Attachment& attachment) {
  Remedy remedy;
  std::string distribution;
  for (const CodeFile& file : all) {
    if (file.*has || !MattersMost(file, attachment)) continue;
    if (distribution.empty()) distribution = DistributionOf(attachment.files());
    const Remedy one = HowToGetDebugFile(distribution, file.path, file.build_id);
    absl::StrAppend(&remedy.text, remedy.text.empty() ? "" : "; ", file.path, ": ", one.text);
    remedy.lines.insert(remedy.lines.end(), one.lines.begin(), one.lines.end());
  }
  return remedy;
}

}  // namespace

void AboutNative(const Attachment& attachment, Findings& findings) {
  std::vector<CodeFile> all = ExamineAll(attachment);
  std::stable_partition(all.begin(), all.end(), [&](const CodeFile& file) {
    return file.path == attachment.interpreter().module;
  });
  const Aspect frames{"frames", "call frame tables (.eh_frame): --native walks through them",
                      &CodeFile::frames};
  Finding finding = AboutAspect(frames, all);
  if (std::any_of(all.begin(), all.end(), [](const CodeFile& file) { return !file.frames; })) {
    finding.remedy = {
        "stacks of --native may end in such a file; build it with "
        "-fasynchronous-unwind-tables",
        {}};
  }
  findings.push_back(std::move(finding));
  for (const Aspect& aspect :
       {Aspect{"symbols", "all their symbols, not only exported ones", &CodeFile::symbols},
        Aspect{"lines", "line tables (DWARF): snapshot --native tells lines of C",
               &CodeFile::lines}}) {
    findings.push_back(AboutAspect(aspect, all));
    findings.back().remedy = ForMissing(aspect.has, all, attachment);
  }
}

}  // namespace spyhop
