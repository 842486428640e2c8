// A Pusher without a daemon around it: test_push.py tells it over stdin what to send.
//
//   push_driver TYPE URL [interval=S] [spool=BYTES] [retry=S] [timeout=S] [header.NAME=VALUE]
//   [label.NAME=VALUE]
//
//   part PID SERVICE STACKS AGE   a second of STACKS stacks, AGE seconds ago: "part START", in ns
//   figures                       as metrics, then an empty line
//   quit                          "ended SECONDS": how long that took
#include <chrono>
#include <iostream>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "cli/daemon/pusher.h"

namespace {

using namespace spyhop;  // NOLINT: a program of one file

uint64_t Number(const std::string& text) {
  uint64_t number = 0;
  return absl::SimpleAtoi(text, &number) ? number : 0;
}

void Set(PushTarget& target, const std::string& name, const std::string& value) {
  if (name == "interval") target.interval = static_cast<Nanos>(Number(value)) * kSecond;
  if (name == "spool") target.spool_bytes = Number(value);
  if (name == "retry") target.retry_for = static_cast<Nanos>(Number(value)) * kSecond;
  if (name == "timeout") target.timeout = static_cast<Nanos>(Number(value)) * kSecond;
  if (absl::StartsWith(name, "header.")) target.headers.emplace_back(name.substr(7), value);
  if (absl::StartsWith(name, "label.")) target.labels[name.substr(6)] = value;
}

PushTarget TargetOf(int count, char** arguments) {
  PushTarget target;
  target.name = "test";
  const bool is_otlp = std::string(arguments[1]) == "otlp";
  target.type = is_otlp ? PushTarget::Type::kOtlp : PushTarget::Type::kPyroscope;
  target.url = arguments[2];
  target.interval = kSecond;
  for (int i = 3; i < count; ++i) {
    const std::string argument = arguments[i];
    const size_t sign = argument.find('=');
    if (sign != std::string::npos) Set(target, argument.substr(0, sign), argument.substr(sign + 1));
  }
  return target;
}

std::shared_ptr<const Profile> MakeProfile(int pid, int stacks, absl::Time start) {
  auto profile = std::make_shared<Profile>();
  profile->AddTarget({.pid = pid,
                      .command = {"python3", "app.py"},
                      .executable = "/usr/bin/python3.11",
                      .python_version = "3.11.2",
                      .flavour = "release"});
  const ThreadIndex thread = profile->AddThread({.tid = pid, .name = "MainThread"});
  const StringId file = profile->strings().Intern("/srv/app.py");
  const FrameId root = profile->frames().Intern(
      {.file = file, .function = profile->strings().Intern("<module>"), .line = 1});
  for (int i = 0; i < stacks; ++i) {
    const StringId name = profile->strings().Intern(absl::StrCat("function_", i, "_of_", pid));
    const FrameId leaf = profile->frames().Intern({.file = file, .function = name, .line = i + 2});
    profile->Add({.thread = thread,
                  .stack = profile->stacks().Intern({root, leaf}),
                  .weight = kMillisecond,
                  .cpu = kMillisecond / 2});
  }
  profile->figures().rate_hz = 20;
  profile->set_start(start);
  profile->set_duration(kSecond);
  return profile;
}

void SendPart(Pusher& pusher, std::istream& words) {
  int pid = 0;
  std::string service;
  int stacks = 0;
  int64_t age = 0;
  words >> pid >> service >> stacks >> age;
  FleetPart part;
  const absl::Time start = absl::Now() - absl::Seconds(age);
  part.profile = MakeProfile(pid, stacks, start);
  part.target.info = part.profile->targets().front();
  part.target.start_time = 1;
  part.target.rule = "web";
  if (service != "-") part.target.labels["service"] = service;
  std::cout << "part " << absl::ToUnixNanos(start) << std::endl;
  pusher.Consume(part);
}

void Serve(Pusher& pusher) {
  for (std::string line; std::getline(std::cin, line) && line != "quit";) {
    std::istringstream words(line);
    std::string word;
    words >> word;
    if (word == "part") SendPart(pusher, words);
    if (word == "figures") {
      const PushFigures figures = pusher.Figures();
      std::cout << PushMetrics({&figures, 1}) << "problem " << figures.problem << "\n" << std::endl;
    }
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) return 2;
  absl::StatusOr<std::unique_ptr<Pusher>> pusher = Pusher::Create(TargetOf(count, arguments));
  if (!pusher.ok()) {
    std::cerr << pusher.status().message() << std::endl;
    return 1;
  }
  Serve(**pusher);
  const auto begin = std::chrono::steady_clock::now();
  pusher->reset();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::cout << "ended " << took.count() << std::endl;
  return 0;
}
