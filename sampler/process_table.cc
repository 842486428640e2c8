#include "sampler/process_table.h"

#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <map>
#include <string_view>
#include <tuple>

#include "absl/status/statusor.h"
#include "sampler/python/python_clues.h"
#include "sampler/target/process_files.h"
#include "symbolizer/elf_file.h"

namespace spyhop {
namespace {

constexpr uint64_t kKernelThread = 0x00200000;  // PF_KTHREAD, linux/sched.h
constexpr std::string_view kPython = "python";
// No program smaller than this holds a CPython.
constexpr int64_t kSmallestProgram = 1 << 20;
constexpr size_t kMostPrograms = 4096;

bool Contains(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

std::string_view BaseName(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// All that is shown of another user's process: whoever chose it is to be told that it cannot be
// sampled.
bool IsCalledPython(const std::optional<ProcessFacts>& facts) {
  return facts && !facts->command.empty() && Contains(BaseName(facts->command[0]), kPython);
}

// start_time is in ticks since boot, as is CLOCK_BOOTTIME (proc(5); both shifted in a time
// namespace).
Nanos AgeOf(uint64_t start_time) {
  static const int64_t kTick = kSecond / sysconf(_SC_CLK_TCK);
  timespec now = {};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return now.tv_sec * kSecond + now.tv_nsec - static_cast<Nanos>(start_time) * kTick;
}

class LiveTable : public ProcessTable {
 public:
  std::vector<ProcessList::Entry> List() override {
    std::vector<ProcessList::Entry> entries = list_.Read();
    std::erase_if(entries, [self = getpid()](const auto& entry) { return entry.pid == self; });
    return entries;
  }

  std::optional<std::vector<ProcessList::Entry>> ListNew() override { return list_.ReadNew(); }

  std::optional<Identity> Identify(int pid) override {
    const absl::StatusOr<ProcessStat> stat = ProcessFiles(pid).Stat();
    if (!stat.ok()) return std::nullopt;
    return Identity{stat->start_time, AgeOf(stat->start_time), (stat->flags & kKernelThread) != 0};
  }

  std::string Executable(int pid) override { return ProcessFiles(pid).Executable(); }

  bool MayRunPython(int pid, const std::string& executable) override {
    if (executable.empty()) return IsCalledPython(FactsOf(pid));
    if (Contains(BaseName(executable), kPython)) return true;
    const ProcessFiles files(pid);
    const absl::StatusOr<std::string> maps = files.MapsText();
    return maps.ok() && (Contains(*maps, kPython) || HasSymbols(files));
  }

  std::optional<ProcessFacts> Facts(int pid) override { return FactsOf(pid); }

 private:
  // Device, inode, size and the second of the last change.
  using Program = std::tuple<dev_t, ino_t, off_t, time_t>;

  // A CPython linked into a program of another name.
  bool HasSymbols(const ProcessFiles& files) {
    absl::StatusOr<ScopedFd> fd = files.OpenExecutable();
    struct stat info;
    if (!fd.ok() || fstat(fd->get(), &info) != 0 || info.st_size < kSmallestProgram) return false;
    const Program program(info.st_dev, info.st_ino, info.st_size, info.st_mtime);
    if (const auto known = programs_.find(program); known != programs_.end()) return known->second;
    const absl::StatusOr<ElfFile> file = ElfFile::Open(*std::move(fd));
    if (programs_.size() == kMostPrograms) programs_.clear();
    return programs_[program] = file.ok() && ReadPythonClues(*file, 0).any();
  }

  ProcessList list_;
  std::map<Program, bool> programs_;
};

}  // namespace

std::unique_ptr<ProcessTable> LiveProcesses() { return std::make_unique<LiveTable>(); }

}  // namespace spyhop
