#include "sampler/python/interpreter_finder.h"

#include <sys/stat.h>

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "interp_layouts/registry.h"
#include "sampler/python/interpreter_probe.h"
#include "sampler/python/interpreter_scan.h"
#include "sampler/python/python_clues.h"
#include "sampler/python/version_detect.h"
#include "symbolizer/elf_file.h"
#include "symbolizer/memory_map.h"

namespace spyhop {
namespace {

constexpr uint64_t kKernelThread = 0x00200000;  // PF_KTHREAD, linux/sched.h

// No mapped file smaller than this holds a CPython or a PyPy: the smallest is over 2 MiB.
constexpr uint64_t kSmallestObject = 1 << 20;

std::string_view BaseName(std::string_view path) { return path.substr(path.rfind('/') + 1); }

uint64_t MappedSize(const MappedObject& object) {
  uint64_t size = 0;
  for (const Mapping& mapping : object.mappings) size += mapping.range.size();
  return size;
}

class Search {
 public:
  Search(const TargetFiles& files, RemoteMemory& memory) : files_(files), memory_(memory) {}

  absl::StatusOr<Interpreter> Run();

 private:
  absl::Status ReadMap();
  absl::Status CheckExecutable();
  absl::StatusOr<ScopedFd> OpenObject(const MappedObject& object) const;
  absl::StatusOr<PythonClues> ReadClues(const MappedObject& object) const;
  ProbeHints Hints(const PythonClues& clues);
  static void AddGlobals(const PythonClues& clues, absl::StatusOr<ProbeResult>& result);
  bool Probe(const PythonClues& clues, const MappedObject& object, InterpreterScan& scan);
  // Each returns true when the search is over.
  bool LookBySymbols(const MappedObject& object);
  bool LookByScan(const MappedObject& object);
  void NoteVersion(const MappedObject& object, InterpreterScan& scan);
  bool Take(absl::StatusOr<ProbeResult> result, const MappedObject& object, std::string found_by);
  void Note(const absl::Status& error, const MappedObject& object, std::string_view found_by);
  bool HasEnded() const;
  absl::Status EndedError() const;
  bool IsNamedPyPy() const;
  absl::Status NotFound() const;

  const TargetFiles& files_;
  RemoteMemory& memory_;
  std::string executable_;
  MemoryMap map_;
  std::vector<MappedObject> objects_;         // those with code, most promising first
  std::vector<const MappedObject*> to_scan_;  // those of objects_ that symbols did not settle
  std::optional<Interpreter> found_;
  // Of all that failed, what tells most.
  absl::Status error_ = absl::OkStatus();
  bool settled_ = false;  // the object at hand has a CPython, but not one to profile (now)
  bool pypy_ = false;
};

absl::Status Search::ReadMap() {
  executable_ = files_.Executable();
  const absl::StatusOr<std::string> text = files_.MapsText();
  if (!text.ok()) return text.status();
  map_ = MemoryMap::Parse(*text);
  objects_ = map_.Objects();
  if (objects_.empty() && files_.live_pid() == 0) {
    return absl::FailedPreconditionError(
        absl::StrCat(files_.Name(), " does not say which files its process had mapped"));
  }
  if (map_.mappings().empty()) {
    const absl::StatusOr<ProcessStat> stat = files_.Stat();
    if (!stat.ok() || (stat->flags & kKernelThread) == 0) return EndedError();
    return absl::FailedPreconditionError(absl::StrCat(
        files_.Name(), " is a kernel thread: it has no memory of its own; `spyhop list` shows the ",
        "Python processes"));
  }
  if (objects_.empty()) {
    return StartingError(absl::StrCat(files_.Name(), " is being started: no file is mapped yet"));
  }
  std::erase_if(objects_, std::not_fn(&MappedObject::has_code));
  const auto rank = [&](const MappedObject& object) {
    if (executable_ == object.path || executable_ == object.path + " (deleted)") return 0;
    return BaseName(object.path).find("python") != std::string_view::npos ? 1 : 2;
  };
  std::stable_sort(objects_.begin(), objects_.end(),
                   [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  return absl::OkStatus();
}

absl::Status Search::CheckExecutable() {
  absl::StatusOr<ScopedFd> fd = files_.OpenExecutable();
  if (!fd.ok()) return absl::OkStatus();  // The memory may do.
  const absl::StatusOr<ElfFile> file = ElfFile::Open(*std::move(fd));
  if (!absl::IsFailedPrecondition(file.status())) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(files_.Name(), ": its executable is ", file.status().message()));
}

// A deleted executable can be opened by its owner where map_files cannot.
absl::StatusOr<ScopedFd> Search::OpenObject(const MappedObject& object) const {
  absl::StatusOr<ScopedFd> fd =
      files_.OpenMapped(object.mappings.front().range, object.path, object.device, object.inode);
  if (fd.ok()) return fd;
  absl::StatusOr<ScopedFd> executable = files_.OpenExecutable();
  struct stat info;
  if (executable.ok() && fstat(executable->get(), &info) == 0 && info.st_ino == object.inode) {
    return executable;
  }
  return fd;
}

absl::StatusOr<PythonClues> Search::ReadClues(const MappedObject& object) const {
  absl::StatusOr<ScopedFd> fd = OpenObject(object);
  if (!fd.ok()) return fd.status();
  const absl::StatusOr<ElfFile> file = ElfFile::Open(*std::move(fd));
  if (!file.ok()) return file.status();
  const std::optional<uint64_t> bias = file->LoadBias(object.mappings.front());
  if (!bias) return absl::InvalidArgumentError("mapped in a way its program headers do not say");
  return ReadPythonClues(*file, *bias);
}

ProbeHints Search::Hints(const PythonClues& clues) {
  ProbeHints hints{.debug = clues.debug_build};
  if (clues.version_word) hints.version = ReadVersionWord(memory_, clues.version_word);
  hints.certain = hints.version.has_value();
  for (const RemoteAddress buffer : clues.version_buffers) {
    if (!hints.version) hints.version = ReadVersionBuffer(memory_, buffer);
  }
  return hints;
}

bool Search::LookBySymbols(const MappedObject& object) {
  const absl::StatusOr<PythonClues> clues = ReadClues(object);
  if (!clues.ok()) {
    Note(clues.status(), object, "symbols");
    return false;
  }
  pypy_ |= clues->pypy;
  if (!clues->any()) return false;
  InterpreterScan scan(memory_, map_, object);
  const bool over = Probe(*clues, object, scan);
  NoteVersion(object, scan);
  return over;
}

// What lies in no struct: in 2.7 and 3.6 nearly all, to 3.11 the import lock.
void Search::AddGlobals(const PythonClues& clues, absl::StatusOr<ProbeResult>& result) {
  if (!result.ok()) return;
  result->interpreter.current_thread_global = clues.current_thread;
  result->interpreter.gil_locks = clues.gil_locks;
  result->interpreter.gil_lock_pointer = clues.gil_lock_pointer;
  result->interpreter.import_lock_pointer = clues.import_lock_pointer;
  result->interpreter.import_lock_thread = clues.import_lock_thread;
}

bool Search::Probe(const PythonClues& clues, const MappedObject& object, InterpreterScan& scan) {
  InterpreterProbe probe(memory_, Hints(clues));
  for (const PythonClues::Place& place : clues.runtimes) {
    absl::StatusOr<ProbeResult> result = probe.Runtime(place.address);
    AddGlobals(clues, result);
    if (Take(std::move(result), object, place.found_by)) return true;
  }
  for (const PythonClues::Place& place : clues.heads) {
    absl::StatusOr<ProbeResult> result = probe.Head(place.address);
    AddGlobals(clues, result);
    if (Take(std::move(result), object, place.found_by)) return true;
  }
  if (!clues.current_thread || found_) return false;
  absl::StatusOr<ProbeResult> result = probe.CurrentThread(clues.current_thread, scan);
  AddGlobals(clues, result);
  return Take(std::move(result), object, "dynsym _PyThreadState_Current");
}

// What nothing fits may be a version that is not supported; that is worth knowing.
void Search::NoteVersion(const MappedObject& object, InterpreterScan& scan) {
  if (found_ || absl::IsUnimplemented(error_)) return;
  const std::optional<PyVersion> version = scan.VersionConstant();
  if (version) Note(FindLayout(*version, AbiFlags()).status(), object, "version string");
}

bool Search::LookByScan(const MappedObject& object) {
  InterpreterScan scan(memory_, map_, object);
  if (!scan.HasPythonStrings()) return false;
  InterpreterProbe probe(memory_, {});
  for (const RemoteAddress place : scan.CookiePlaces()) {
    if (Take(probe.Runtime(place), object, "cookie")) return true;
  }
  // Finding nothing says nothing: other programs have Python's words in them, too.
  absl::StatusOr<ProbeResult> result = probe.Scan(scan);
  return result.ok() && Take(std::move(result), object, "scan");
}

// A runtime without any Python frame may be a copy that nobody uses: look on, but keep it.
bool Search::Take(absl::StatusOr<ProbeResult> result, const MappedObject& object,
                  std::string found_by) {
  if (!result.ok()) {
    Note(result.status(), object, found_by);
    return false;
  }
  if (found_ && !result->has_frames) return false;
  found_ = std::move(result->interpreter);
  found_->module = object.path;
  found_->found_by = std::move(found_by);
  return result->has_frames;
}

void Search::Note(const absl::Status& error, const MappedObject& object,
                  std::string_view found_by) {
  const auto weight = [](const absl::Status& status) {
    if (status.ok()) return 0;
    if (IsStarting(status)) return 3;
    return absl::IsUnimplemented(status) ? 4 : absl::IsFailedPrecondition(status) ? 2 : 1;
  };
  settled_ |= IsStarting(error) || absl::IsUnimplemented(error);
  if (weight(error) <= weight(error_)) return;
  const std::string where = absl::StrCat(" [", object.path, ", ", std::string(found_by), "]");
  error_ = absl::Status(error.code(), absl::StrCat(error.message(), where));
  error.ForEachPayload([this](absl::string_view type, const absl::Cord& payload) {
    error_.SetPayload(type, payload);
  });
}

// Gone, or a zombie.
bool Search::HasEnded() const {
  const absl::StatusOr<ProcessStat> stat = files_.Stat();
  return absl::IsNotFound(stat.status()) ||
         (stat.ok() && (stat->state == 'Z' || stat->state == 'X'));
}

absl::Status Search::EndedError() const {
  return absl::NotFoundError(absl::StrCat(
      "process ", files_.pid(), " has ended; `spyhop list` shows the Python processes that run"));
}

// Some builds of PyPy have none of the symbols that tell it.
bool Search::IsNamedPyPy() const {
  const auto is_pypy = [](std::string_view path) {
    const std::string_view name = BaseName(path);
    return name.starts_with("pypy") || name.starts_with("libpypy");
  };
  return is_pypy(executable_) ||
         std::any_of(objects_.begin(), objects_.end(),
                     [&](const MappedObject& object) { return is_pypy(object.path); });
}

absl::Status Search::NotFound() const {
  if (HasEnded()) return EndedError();
  const std::string name = files_.Name();
  const bool runs = files_.live_pid() != 0;
  if (files_.Executable() != executable_) {
    return StartingError(absl::StrCat(name, " has just executed another program; try again"));
  }
  if (pypy_ || IsNamedPyPy()) {
    return absl::FailedPreconditionError(absl::StrCat(
        name, " runs PyPy; only CPython is supported: run the program with CPython to profile it"));
  }
  if (absl::IsUnimplemented(error_)) {
    return absl::UnimplementedError(
        absl::StrCat(name, ": ", error_.message(), "; a newer Spyhop may know it"));
  }
  if (IsStarting(error_)) {
    return StartingError(absl::StrCat(name, " is still starting Python, or has just ended it: ",
                                      error_.message(), runs ? "; try again in a moment" : ""));
  }
  if (absl::IsFailedPrecondition(error_)) {
    return absl::FailedPreconditionError(
        absl::StrCat(name, " has a CPython that could not be made out: ", error_.message(),
                     runs ? "; try again, or report it with what `spyhop doctor` says" : ""));
  }
  const std::string looked_at =
      absl::StrCat(name, runs ? " is" : " was", " not a Python process: no CPython found in its ",
                   objects_.size(), objects_.size() == 1 ? " mapped file" : " mapped files");
  return absl::FailedPreconditionError(
      absl::StrCat(looked_at, error_.ok() ? "" : "; not readable: ", error_.message(),
                   runs ? "; `spyhop list` shows the Python processes" : ""));
}

absl::StatusOr<Interpreter> Search::Run() {
  if (const absl::Status status = ReadMap(); !status.ok()) return status;
  if (const absl::Status status = CheckExecutable(); !status.ok()) return status;
  for (size_t i = 0; i < objects_.size(); ++i) {
    if (i > 0 && MappedSize(objects_[i]) < kSmallestObject) continue;
    settled_ = false;
    if (LookBySymbols(objects_[i])) return *std::move(found_);
    if (!settled_) to_scan_.push_back(&objects_[i]);
  }
  if (!found_ && !pypy_) {
    for (const MappedObject* object : to_scan_) {
      if (LookByScan(*object)) break;
    }
  }
  if (found_) return *std::move(found_);
  return NotFound();
}

}  // namespace

absl::StatusOr<Interpreter> FindInterpreter(const TargetFiles& files, RemoteMemory& memory) {
  return Search(files, memory).Run();
}

}  // namespace spyhop
