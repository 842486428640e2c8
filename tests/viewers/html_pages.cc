// Writes HTML reports of made-up profiles for test_html.py: what a recording of two seconds does
// not have (a timeline, hostile names, an earlier profile, a million samples).
//
//   html_pages FOLDER          shop.html, diff.html, hostile.html, full.html, empty.html
//   html_pages FOLDER STACKS   large.html: a million samples of so many stacks; prints how long
//   that
//                              took
#include <chrono>
#include <cstdio>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "report/html_report.h"
#include "tests/unit/report/full_profile.h"
#include "tests/unit/report/hostile_profile.h"

namespace spyhop {
namespace {

constexpr Nanos kPeriod = 10 * kMillisecond;

// What a thread of the shop can be at, and for how many samples it stays so.
struct Activity {
  std::vector<FrameId> stack;
  TimeClass time_class;
  std::string reason;
  int likely = 1;
  int stays = 1;
};

FrameId Native(Profile& profile, std::string_view module, std::string_view function) {
  return AddFrame(profile, module, 0, function, FrameKind::kNative);
}

std::vector<Activity> WorkerActivities(Profile& profile) {
  const FrameId start =
      AddFrame(profile, "/usr/lib/python3.11/threading.py", 995, "Thread._bootstrap");
  const FrameId run = AddFrame(profile, "/srv/shop/server.py", 61, "Worker.run");
  const FrameId get = AddFrame(profile, "/usr/lib/python3.11/queue.py", 171, "Queue.get");
  const FrameId handle = AddFrame(profile, "/srv/shop/server.py", 74, "Worker.handle");
  const FrameId cart = AddFrame(profile, "/srv/shop/cart.py", 33, "Cart.total");
  const FrameId price =
      AddFrame(profile, "/srv/shop/cart.py", 48, "Cart.price_of.<locals>.rounded");
  const FrameId query = AddFrame(profile, "/srv/shop/db.py", 120, "Connection.query");
  const FrameId recv = AddFrame(profile, "/srv/shop/db.py", 141, "Connection.recv");
  const FrameId render = AddFrame(profile, "/srv/shop/pages/render.py", 88, "Template.render");
  const FrameId escape = AddFrame(profile, "/srv/shop/pages/render.py", 102, "Template.escape");
  const FrameId body = AddFrame(profile, "/srv/shop/server.py", 90, "Worker.body");
  const FrameId deflate = Native(profile, "/usr/lib/x86_64-linux-gnu/libz.so.1.2.13", "deflate");
  const FrameId match =
      Native(profile, "/usr/lib/x86_64-linux-gnu/libz.so.1.2.13", "longest_match");
  const FrameId log = AddFrame(profile, "/srv/shop/log.py", 17, "write");
  const std::vector<FrameId> base = {start, run, handle};
  const auto on = [&](std::vector<FrameId> top) {
    top.insert(top.begin(), base.begin(), base.end());
    return top;
  };
  return {
      {{start, run, get}, TimeClass::kIdle, "queue.get", 4, 120},
      {on({cart, query, recv}), TimeClass::kWait, "recv socket 10.0.0.5:5432", 12, 9},
      {on({cart, query}), TimeClass::kPython, "", 6, 2},
      {on({cart, price}), TimeClass::kPython, "", 8, 4},
      {on({cart}), TimeClass::kPython, "", 3, 1},
      {on({render, escape}), TimeClass::kPython, "", 14, 6},
      {on({render}), TimeClass::kGil, "held by worker-2 at cart.py:48", 5, 4},
      {on({cart, price}), TimeClass::kGil, "held by worker-1 at render.py:102", 5, 3},
      {on({cart}), TimeClass::kGil, "GIL, free", 1, 1},
      {on({body, deflate, match}), TimeClass::kNative, "", 9, 5},
      {on({body, deflate}), TimeClass::kNative, "", 4, 2},
      {on({body}), TimeClass::kRunQueue, "", 3, 1},
      {on({log}), TimeClass::kKernel, "", 4, 1},
      {on({log}), TimeClass::kWait, "fsync file /var/log/shop.log", 3, 6},
  };
}

std::vector<Activity> MainActivities(Profile& profile) {
  const FrameId module = AddFrame(profile, "/srv/shop/__main__.py", 12, "<module>");
  const FrameId loop = AddFrame(profile, "/usr/lib/python3.11/asyncio/base_events.py", 1884,
                                "BaseEventLoop._run_once");
  const FrameId accept = AddFrame(profile, "/srv/shop/server.py", 30, "Server.accept");
  return {{{module, loop}, TimeClass::kIdle, "epoll_wait epoll (12 descriptors)", 9, 60},
          {{module, loop, accept}, TimeClass::kPython, "", 6, 1},
          {{module, loop, accept}, TimeClass::kKernel, "", 2, 1}};
}

// Seeded, so that the pages are the same each time.
class Shop {
 public:
  explicit Shop(Profile& profile) : profile_(profile), random_(7) {}

  void AddThread(std::string name, const std::vector<Activity>& activities, Nanos seconds,
                 bool python = true) {
    const int tid = 4711 + static_cast<int>(profile_.threads().size());
    const ThreadIndex thread =
        profile_.AddThread({.tid = tid, .name = std::move(name), .python = python});
    std::vector<int> weights;
    weights.reserve(activities.size());
    for (const Activity& activity : activities) weights.push_back(activity.likely);
    std::discrete_distribution<size_t> choose(weights.begin(), weights.end());
    for (Nanos at = kSecond; at < (seconds + 1) * kSecond;) {
      const Activity& activity = activities[choose(random_)];
      const int stays = std::uniform_int_distribution(1, 2 * activity.stays)(random_);
      for (int i = 0; i < stays && at < (seconds + 1) * kSecond; ++i)
        at = Add(thread, activity, at);
    }
  }

 private:
  Nanos Add(ThreadIndex thread, const Activity& activity, Nanos at) {
    Sample sample = MakeSample(
        profile_, thread, activity.stack, activity.time_class,
        kPeriod + std::uniform_int_distribution(-2'000'000, 2'000'000)(random_), activity.reason);
    sample.cpu = IsRunning(activity.time_class) ? sample.weight : 0;
    sample.end = at + sample.weight;
    profile_.Add(sample);
    return sample.end;
  }

  Profile& profile_;
  std::mt19937 random_;
};

void SetFigures(Profile& profile, Nanos seconds) {
  SamplingFigures& figures = profile.figures();
  figures.rate_hz = 100;
  figures.pause_mode = "auto";
  figures.rounds = static_cast<uint64_t>(seconds) * 100 - 3;
  figures.late_rounds = 5;
  figures.truncated[static_cast<size_t>(SampleErrorCode::kTooDeep)] = 2;
  figures.lost[static_cast<size_t>(SampleErrorCode::kIncompleteFrame)] = 1;
  for (int i = 0; i < 2000; ++i) figures.stops.Add((20 + i % 23) * kMicrosecond);
  figures.own_cpu = seconds * 11 * kMillisecond;
  figures.own_peak_rss_bytes = 38'400'000;
  profile.set_duration(seconds * kSecond);
}

void Start(Profile& profile) {
  profile.AddTarget({.pid = 4711,
                     .command = {"/usr/bin/python3", "-m", "shop", "--port", "8000"},
                     .executable = "/usr/bin/python3.11",
                     .python_version = "3.11.2",
                     .flavour = "release"});
  profile.set_start(absl::FromUnixSeconds(1'700'000'000), kSecond);
  profile.KeepTimeline();
}

Profile ShopProfile() {
  constexpr Nanos kSeconds = 30;
  Profile profile;
  Start(profile);
  Shop shop(profile);
  shop.AddThread("MainThread", MainActivities(profile), kSeconds);
  for (int i = 1; i <= 6; ++i) {
    shop.AddThread(absl::StrCat("worker-", i), WorkerActivities(profile), kSeconds);
  }
  const std::vector<Activity> pool = {{{}, TimeClass::kNative, "", 3, 8},
                                      {{}, TimeClass::kWait, "futex", 5, 30}};
  shop.AddThread("blas-0", pool, kSeconds, false);
  SetFigures(profile, kSeconds);
  return profile;
}

// As if some stacks had taken more and others less, and one had gone.
BeforeTimes Earlier(Profile& profile) {
  BeforeTimes before;
  int i = 0;
  std::map<StackId, Nanos> times;  // in an order that is always the same
  for (const auto& [key, sum] : profile.buckets()) times[key.stack] += sum.Wall(false);
  for (const auto& [stack, time] : times) before[stack] = time * (++i % 4) / 2;
  const FrameId gone = AddFrame(profile, "/srv/shop/legacy.py", 3, "gone");
  before[profile.stacks().Intern({gone})] = kSecond;
  return before;
}

// A million samples of different stacks, 40 frames deep, by eight threads.
Profile LargeProfile(size_t different) {
  constexpr int kDepth = 40;
  constexpr int kFrames = 5000;
  constexpr int kThreads = 8;
  constexpr int kSamples = 1'000'000;
  Profile profile;
  Start(profile);
  std::mt19937 random(7);
  std::vector<FrameId> frames;
  frames.reserve(kFrames);
  for (int i = 0; i < kFrames; ++i) {
    frames.push_back(AddFrame(profile, absl::StrCat("/srv/app/module_", i % 300, ".py"), i,
                              absl::StrCat("Class", i % 70, ".method_", i)));
  }
  std::vector<std::vector<FrameId>> stacks(different);
  for (auto& stack : stacks) {
    // Callers are few near the root and many near the leaf.
    for (int depth = 0; depth < kDepth; ++depth) {
      const size_t choices = std::min<size_t>(frames.size(), 2 + depth * depth * 3);
      stack.push_back(frames[std::uniform_int_distribution<size_t>(0, choices - 1)(random)]);
    }
  }
  for (int i = 0; i < kThreads; ++i) {
    profile.AddThread({.tid = 4711 + i, .name = absl::StrCat("worker-", i)});
  }
  for (int i = 0; i < kSamples; ++i) {
    Sample sample = MakeSample(profile, ThreadIndex(i % kThreads), stacks[random() % different],
                               static_cast<TimeClass>(random() % kTimeClasses), kPeriod, "");
    sample.end = kSecond + (i / kThreads + 1) * kPeriod;
    profile.Add(sample);
  }
  SetFigures(profile, kSamples / kThreads / 100);
  return profile;
}

void Write(const std::string& folder, std::string_view name, const std::string& text) {
  std::ofstream file(absl::StrCat(folder, "/", std::string(name), ".html"), std::ios::binary);
  file << text;
}

std::string Page(const Profile& profile, const BeforeTimes* before = nullptr) {
  StringSink sink;
  if (before != nullptr) {
    WriteHtmlReport(profile, {}, *before, sink);
  } else {
    WriteHtmlReport(profile, {}, sink);
  }
  return sink.text();
}

void WriteLarge(const std::string& folder, size_t different) {
  using Clock = std::chrono::steady_clock;
  const Profile profile = LargeProfile(different);
  const Clock::time_point begin = Clock::now();
  const std::string page = Page(profile);
  const std::chrono::duration<double> took = Clock::now() - begin;
  Write(folder, "large", page);
  std::printf("{\"nodes\": %zu, \"bytes\": %zu, \"seconds\": %.2f}\n", profile.stacks().size(),
              page.size(), took.count());
}

void WriteSmall(const std::string& folder) {
  Profile shop = ShopProfile();
  Write(folder, "shop", Page(shop));
  const BeforeTimes before = Earlier(shop);
  Write(folder, "diff", Page(shop, &before));
  Write(folder, "hostile", Page(HostileProfile()));
  Write(folder, "full", Page(FullProfile()));
  Write(folder, "empty", Page(Profile()));
}

}  // namespace
}  // namespace spyhop

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  if (argc > 2) {
    spyhop::WriteLarge(argv[1], std::stoul(argv[2]));
  } else {
    spyhop::WriteSmall(argv[1]);
  }
  return 0;
}
