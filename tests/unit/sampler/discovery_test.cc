#include "sampler/discovery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <utility>

#include "sampler/process_table.h"

namespace spyhop {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr Nanos kHalf = kSecond / 2;

// Processes that a test makes, lets exec, and ends; counts what it is asked.
class FakeProcesses : public ProcessTable {
 public:
  struct Process {
    uint64_t inode = 0;
    uint64_t start_time = 0;
    std::string executable;
    bool python = false;
    Nanos age = 10 * kSecond;
    bool kernel_thread = false;
  };
  struct Asked {
    int listings = 0;
    int identities = 0;
    int executables = 0;
    int looks = 0;
  };

  void Start(int pid, const std::string& executable, bool python) {
    ++serial_;
    processes[pid] = {serial_, 100 * serial_, executable, python};
    news = true;
    fresh.push_back({pid, serial_});
  }

  std::vector<ProcessList::Entry> List() override {
    ++asked.listings;
    news = false;
    std::vector<ProcessList::Entry> entries;
    for (const auto& [pid, process] : processes) entries.push_back({pid, process.inode});
    return entries;
  }
  std::optional<std::vector<ProcessList::Entry>> ListNew() override {
    if (!told_one_by_one) {
      return news ? std::nullopt : std::optional(std::vector<ProcessList::Entry>());
    }
    return std::exchange(fresh, {});
  }
  std::optional<Identity> Identify(int pid) override {
    ++asked.identities;
    const auto found = processes.find(pid);
    if (found == processes.end() || unidentified) return std::nullopt;
    const Process& process = found->second;
    return Identity{process.start_time, process.age, process.kernel_thread};
  }
  std::string Executable(int pid) override {
    ++asked.executables;
    const auto found = processes.find(pid);
    return found == processes.end() ? "" : found->second.executable;
  }
  bool MayRunPython(int pid, const std::string& executable) override {
    ++asked.looks;
    const auto found = processes.find(pid);
    return found != processes.end() && found->second.executable == executable &&
           found->second.python;
  }
  std::optional<ProcessFacts> Facts(int pid) override {
    const auto found = processes.find(pid);
    if (found == processes.end()) return std::nullopt;
    ProcessFacts facts;
    facts.pid = pid;
    facts.start_time = found->second.start_time;
    facts.executable = found->second.executable;
    return facts;
  }

  std::map<int, Process> processes;
  bool news = false;
  bool told_one_by_one = false;
  std::vector<ProcessList::Entry> fresh;
  bool unidentified = false;
  Asked asked;

 private:
  uint64_t serial_ = 0;
};

class Discovery : public testing::Test {
 protected:
  Discovery() : table_(new FakeProcesses), discovery_(std::unique_ptr<ProcessTable>(table_)) {}

  std::vector<int> ScanAt(Nanos now) {
    now_ = now;
    std::vector<int> pids;
    for (const ProcessFacts& facts : discovery_.Scan(now).candidates) pids.push_back(facts.pid);
    std::sort(pids.begin(), pids.end());
    return pids;
  }
  std::vector<int> Scan() { return ScanAt(now_ + kHalf); }
  // Scans until `end`, twice a second; when each pid was told.
  std::vector<std::pair<int, Nanos>> ScanUntil(Nanos end) {
    std::vector<std::pair<int, Nanos>> told;
    while (now_ < end) {
      for (const int pid : Scan()) told.emplace_back(pid, now_);
    }
    return told;
  }

  FakeProcesses* table_;
  ProcessDiscovery discovery_;
  Nanos now_ = 100 * kSecond;
};

TEST_F(Discovery, TellsEachPythonOnce) {
  table_->Start(1, "/sbin/init", false);
  table_->Start(7, "/usr/bin/python3", true);
  table_->Start(9, "/opt/app", true);
  EXPECT_THAT(Scan(), ElementsAre(7, 9));
  EXPECT_THAT(ScanUntil(now_ + 60 * kSecond), IsEmpty());
}

TEST_F(Discovery, TellsWhatComesLater) {
  Scan();
  table_->Start(7, "/usr/bin/python3", true);
  EXPECT_THAT(Scan(), ElementsAre(7));
}

TEST_F(Discovery, TellsWhatComesOneByOneWithoutAListing) {
  table_->told_one_by_one = true;
  Scan();
  table_->Start(7, "/usr/bin/python3", true);
  table_->Start(8, "/bin/sh", false);
  EXPECT_THAT(Scan(), ElementsAre(7));
  table_->processes[8].executable = "/usr/bin/python3";
  table_->processes[8].python = true;
  EXPECT_THAT(Scan(), ElementsAre(8));
  EXPECT_EQ(table_->asked.listings, 1);
  table_->Start(7, "/usr/bin/python3", true);
  EXPECT_THAT(Scan(), ElementsAre(7));
  EXPECT_THAT(ScanUntil(now_ + 20 * kSecond), IsEmpty());
}

TEST_F(Discovery, LetsTheYoungComeOfAge) {
  Scan();
  table_->Start(7, "/usr/bin/python3", true);
  table_->processes[7].age = 10 * kMillisecond;
  EXPECT_THAT(Scan(), IsEmpty());
  EXPECT_EQ(table_->asked.looks, 0);
  EXPECT_THAT(Scan(), ElementsAre(7));
}

TEST_F(Discovery, NeverLooksAtWhatEndsSoon) {
  Scan();
  for (int pid = 100; pid < 2100; ++pid) {
    table_->Start(pid, "/usr/bin/python3", true);
    table_->processes[pid].age = 10 * kMillisecond;
    if (pid % 20 == 0) Scan();
    table_->processes.erase(pid);
  }
  EXPECT_EQ(table_->asked.looks, 0);
  EXPECT_LE(discovery_.known(), 1u);
}

TEST_F(Discovery, SeesAnExecSoonAfterTheStart) {
  Scan();
  table_->Start(7, "/bin/sh", false);
  EXPECT_THAT(Scan(), IsEmpty());
  table_->processes[7].executable = "/usr/bin/python3";
  table_->processes[7].python = true;
  EXPECT_THAT(Scan(), ElementsAre(7));
}

TEST_F(Discovery, LooksAgainAfterHalfASecondOneTwoAndFour) {
  // More than are looked at in turn, so that only the pauses count.
  for (int pid = 1000; pid < 11000; ++pid) table_->Start(pid, "/bin/cat", false);
  for (int i = 0; i < 40; ++i) Scan();
  const FakeProcesses::Asked before = table_->asked;
  table_->Start(7, "/bin/sh", false);
  const Nanos start = now_;
  std::vector<Nanos> looks;
  int so_far = before.looks;
  while (now_ < start + 15 * kSecond) {
    Scan();
    if (table_->asked.looks - so_far > 1) looks.push_back((now_ - start) / kMillisecond);
    so_far = table_->asked.looks;
  }
  EXPECT_THAT(looks, ElementsAre(500, 1000, 2000, 4000, 8000));
}

TEST_F(Discovery, SeesALateExecInTurn) {
  for (int pid = 1; pid <= 500; ++pid) table_->Start(pid, "/bin/sh", false);
  ScanUntil(now_ + 60 * kSecond);
  table_->processes[250].executable = "/usr/bin/python3";
  table_->processes[250].python = true;
  const Nanos begin = now_;
  const auto told = ScanUntil(now_ + 10 * kSecond);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].first, 250);
  EXPECT_LE(told[0].second - begin, 8 * kSecond);
}

TEST_F(Discovery, FindsAPythonThatWasLoadedLateInTurn) {
  for (int pid = 1; pid <= 20; ++pid) table_->Start(pid, "/usr/sbin/server", false);
  ScanUntil(now_ + 60 * kSecond);
  table_->processes[11].python = true;
  const auto told = ScanUntil(now_ + 15 * kSecond);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].first, 11);
}

TEST_F(Discovery, TellsAPythonAgainThatExecsAnother) {
  table_->Start(7, "/usr/bin/python2", true);
  EXPECT_THAT(Scan(), ElementsAre(7));
  table_->processes[7].executable = "/usr/bin/python3";
  EXPECT_THAT(Scan(), ElementsAre(7));
  EXPECT_THAT(ScanUntil(now_ + 20 * kSecond), IsEmpty());
}

TEST_F(Discovery, TellsAPidThatIsUsedAgain) {
  table_->Start(7, "/usr/bin/python3", true);
  EXPECT_THAT(Scan(), ElementsAre(7));
  table_->Start(7, "/usr/bin/python3", true);  // between two scans
  EXPECT_THAT(Scan(), ElementsAre(7));
}

TEST_F(Discovery, TakesAnotherInodeForNoProof) {
  table_->Start(7, "/usr/bin/python3", true);
  EXPECT_THAT(Scan(), ElementsAre(7));
  table_->processes[7].inode = 4711;
  table_->news = true;
  EXPECT_THAT(Scan(), IsEmpty());
}

TEST_F(Discovery, ForgetsWhatHasGone) {
  table_->Start(7, "/usr/bin/python3", true);
  table_->Start(8, "/bin/cat", false);
  Scan();
  EXPECT_EQ(discovery_.known(), 2u);
  table_->processes.clear();
  ScanUntil(now_ + 6 * kSecond);
  EXPECT_EQ(discovery_.known(), 0u);
}

TEST_F(Discovery, LeavesKernelThreadsAlone) {
  table_->Start(2, "", false);
  table_->processes[2].kernel_thread = true;
  ScanUntil(now_ + 10 * kSecond);
  EXPECT_EQ(table_->asked.executables, 0);
  EXPECT_EQ(table_->asked.looks, 0);
}

TEST_F(Discovery, SurvivesOneThatEndsWhileItIsLookedAt) {
  Scan();
  table_->unidentified = true;
  table_->Start(7, "/usr/bin/python3", true);
  EXPECT_THAT(Scan(), IsEmpty());
  table_->unidentified = false;
  table_->processes.erase(7);
  EXPECT_THAT(ScanUntil(now_ + 10 * kSecond), IsEmpty());
}

TEST_F(Discovery, ListsOnlyWhenThereIsNews) {
  for (int pid = 1; pid <= 50; ++pid) table_->Start(pid, "/bin/sh", false);
  ScanUntil(now_ + 60 * kSecond);
  const FakeProcesses::Asked before = table_->asked;
  ScanUntil(now_ + 10 * kSecond);
  EXPECT_EQ(table_->asked.listings - before.listings, 2);
  EXPECT_EQ(table_->asked.identities - before.identities, 0);
}

TEST_F(Discovery, ChecksABoundedNumberAtEachScan) {
  for (int pid = 1; pid <= 5000; ++pid) table_->Start(pid, "/bin/sh", false);
  ScanUntil(now_ + 60 * kSecond);
  const FakeProcesses::Asked before = table_->asked;
  Scan();
  EXPECT_LE(table_->asked.executables - before.executables, 33);
  EXPECT_EQ(table_->asked.looks - before.looks, 1);
}

TEST_F(Discovery, ReconsidersAfterLongerAndLongerPauses) {
  table_->Start(7, "/usr/bin/python3", true);
  Scan();
  const Nanos begin = now_;
  std::vector<Nanos> told;
  Nanos last = begin;
  discovery_.Reconsider(7);
  while (now_ < begin + 300 * kSecond) {
    if (Scan().empty()) continue;
    told.push_back((now_ - last) / kMillisecond);
    last = now_;
    discovery_.Reconsider(7);
  }
  EXPECT_THAT(told, ElementsAre(500, 1000, 2000, 4000, 8000, 16000, 32000, 64000, 64000, 64000));
}

TEST_F(Discovery, ReconsidersNobodyItDoesNotKnow) {
  discovery_.Reconsider(7);
  EXPECT_THAT(Scan(), IsEmpty());
}

TEST_F(Discovery, TellsAllAgainWhenItHasForgotten) {
  table_->Start(7, "/usr/bin/python3", true);
  EXPECT_THAT(Scan(), ElementsAre(7));
  discovery_.ForgetAll();
  EXPECT_THAT(Scan(), ElementsAre(7));
}

}  // namespace
}  // namespace spyhop
