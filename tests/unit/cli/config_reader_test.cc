#include "cli/config_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/config_file.h"
#include "cli/config_keys.h"

namespace spyhop {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::StartsWith;

absl::StatusOr<DaemonConfig> Read(const std::string& text) {
  const absl::StatusOr<std::vector<ConfigLine>> lines = ParseConfigLines(text);
  if (!lines.ok()) return lines.status();
  return ReadConfig(*lines);
}

DaemonConfig Good(const std::string& text) {
  absl::StatusOr<DaemonConfig> config = Read(text);
  EXPECT_TRUE(config.ok()) << config.status();
  return config.ok() ? *std::move(config) : DaemonConfig();
}

std::string Problem(const std::string& text) {
  const absl::StatusOr<DaemonConfig> config = Read(text);
  EXPECT_TRUE(absl::IsInvalidArgument(config.status())) << config.status();
  return std::string(config.status().message());
}

// A complaint about one key of [daemon].
std::string ProblemOf(const std::string& setting) {
  return Problem("[watch all]\n[daemon]\n" + setting);
}

constexpr char kWhole[] = R"(# Everything there is.
[daemon]
cpu-budget = 0.5%
memory-budget = 1GiB
stopped-budget = 0
history = /data/history
history-bytes = 32MiB
history-age = 90m
segment = 10s
control = /run/s.sock
control-group = ops
http = 0.0.0.0:7997    # for all
http-token-file = /etc/spyhop/token
snapshot-folder = /data/snapshots

[watch web]
pid = 1234
command = */gunicorn*
user = www-data
cgroup = /system.slice/*
container = 0123ab
unit = gunicorn.service
python = 3.11*
rate = 50Hz
native = yes
label.service = checkout
label.team = a=b c
label-env = APP_NAME, REGION
label-container = yes
label-otel = yes
[watch rest]
ignore = yes
[push store-1]
type = otlp
url = https://store.example:4318/x
label.env = prod
header.X-Scope-OrgID = 7
header.Authorization = @/etc/spyhop/auth
interval = 15s
spool-bytes = 64KiB
retry-for = 0
timeout = 500ms
)";

TEST(ConfigReader, ReadsTheDaemonsKeys) {
  const DaemonConfig config = Good(kWhole);
  EXPECT_DOUBLE_EQ(config.cpu_budget, 0.005);
  EXPECT_EQ(config.memory_budget, uint64_t{1} << 30);
  EXPECT_EQ(config.stopped_budget, 0);
  EXPECT_EQ(config.history, "/data/history");
  EXPECT_EQ(config.history_bytes, uint64_t{32} << 20);
  EXPECT_EQ(config.history_age, 5400 * kSecond);
  EXPECT_EQ(config.segment, 10 * kSecond);
  EXPECT_EQ(config.control, "/run/s.sock");
  EXPECT_EQ(config.control_group, "ops");
  EXPECT_EQ(config.http, "0.0.0.0:7997");
  EXPECT_EQ(config.http_token_file, "/etc/spyhop/token");
  EXPECT_EQ(config.snapshot_folder, "/data/snapshots");
}

TEST(ConfigReader, ReadsRulesInTheirOrder) {
  const DaemonConfig config = Good(kWhole);
  ASSERT_EQ(config.watches.size(), 2u);
  const WatchRule& web = config.watches[0];
  EXPECT_EQ(web.name, "web");
  EXPECT_EQ(web.pid, 1234);
  EXPECT_EQ(web.command, "*/gunicorn*");
  EXPECT_EQ(web.user, "www-data");
  EXPECT_EQ(web.cgroup, "/system.slice/*");
  EXPECT_EQ(web.container, "0123ab");
  EXPECT_EQ(web.unit, "gunicorn.service");
  EXPECT_EQ(web.python, "3.11*");
  EXPECT_EQ(web.rate_hz, 50);
  EXPECT_TRUE(web.native);
  EXPECT_FALSE(web.ignore);
  EXPECT_THAT(web.labels, ElementsAre(Pair("service", "checkout"), Pair("team", "a=b c")));
  EXPECT_THAT(web.label_env, ElementsAre("APP_NAME", "REGION"));
  EXPECT_TRUE(web.label_container);
  EXPECT_TRUE(web.label_otel);
  EXPECT_EQ(config.watches[1].name, "rest");
  EXPECT_TRUE(config.watches[1].ignore);
}

TEST(ConfigReader, ReadsWhereToPush) {
  const DaemonConfig config = Good(kWhole);
  ASSERT_EQ(config.pushes.size(), 1u);
  const PushTarget& push = config.pushes[0];
  EXPECT_EQ(push.name, "store-1");
  EXPECT_EQ(push.type, PushTarget::Type::kOtlp);
  EXPECT_EQ(push.url, "https://store.example:4318/x");
  EXPECT_THAT(push.labels, ElementsAre(Pair("env", "prod")));
  EXPECT_THAT(push.headers,
              ElementsAre(Pair("X-Scope-OrgID", "7"), Pair("Authorization", "@/etc/spyhop/auth")));
  EXPECT_EQ(push.interval, 15 * kSecond);
  EXPECT_EQ(push.spool_bytes, uint64_t{64} << 10);
  EXPECT_EQ(push.retry_for, 0);
  EXPECT_EQ(push.timeout, 500 * kMillisecond);
}

// What a key's row says of its default is what its field holds.
template <typename Part>
void ExpectDefaults(const std::vector<ConfigKey<Part>>& keys,
                    bool (*equal)(const Part&, const Part&)) {
  for (const ConfigKey<Part>& key : keys) {
    if (key.fallback.empty()) continue;
    Part part;
    EXPECT_TRUE(key.set(part, "", key.fallback)) << key.name;
    EXPECT_TRUE(equal(part, Part())) << key.name << " = " << key.fallback;
  }
}

TEST(ConfigKeys, SayTheTruthAboutDefaults) {
  ExpectDefaults<DaemonConfig>(DaemonKeys(), [](const auto& a, const auto& b) {
    const auto all = [](const DaemonConfig& c) {
      return std::tie(c.cpu_budget, c.memory_budget, c.stopped_budget, c.history, c.history_bytes,
                      c.history_age, c.segment, c.control);
    };
    return all(a) == all(b);
  });
  ExpectDefaults<WatchRule>(WatchKeys(), [](const auto& a, const auto& b) {
    const auto all = [](const WatchRule& w) {
      return std::tie(w.rate_hz, w.native, w.ignore, w.label_container, w.label_otel);
    };
    return all(a) == all(b);
  });
  ExpectDefaults<PushTarget>(PushKeys(), [](const auto& a, const auto& b) {
    const auto all = [](const PushTarget& p) {
      return std::tie(p.interval, p.spool_bytes, p.retry_for, p.timeout);
    };
    return all(a) == all(b);
  });
}

TEST(ConfigReader, KeepsSnapshotsInTheHistoryUnlessToldOtherwise) {
  EXPECT_EQ(Good("[watch all]").snapshot_folder, "/var/lib/spyhop/snapshots");
  EXPECT_EQ(Good("[watch all]\n[daemon]\nhistory =\n").snapshot_folder, "");
}

TEST(ConfigReader, NamesTheLineTheKeyAndWhatItMayBe) {
  EXPECT_EQ(ProblemOf("memory-budget = 12\n"),
            "line 3: [daemon] memory-budget = '12': may be 32MiB to 1TiB, or 0 for no limit");
  EXPECT_EQ(ProblemOf("segment = 5s"), "line 3: [daemon] segment = '5s': may be 10s to 1h");
  EXPECT_EQ(Problem("[watch a]\nrate = 0\n"), "line 2: [watch a] rate = '0': may be 0.1 to 1000");
}

TEST(ConfigReader, HoldsEveryKeyToItsRange) {
  for (const char* wrong : {"cpu-budget = 6401%",
                            "cpu-budget = -1%",
                            "cpu-budget = one",
                            "cpu-budget =",
                            "cpu-budget = 0.001%",
                            "memory-budget = 31MiB",
                            "memory-budget = 256MB",
                            "memory-budget = nan",
                            "stopped-budget = 51%",
                            "history = here",
                            "history-bytes = 0",
                            "history-age = 30s",
                            "history-age = 9000h",
                            "segment = 61m",
                            "segment = 1e99h",
                            "control = run.sock",
                            "http = 7997",
                            "http = localhost:0",
                            "http = localhost:65536",
                            "http = ::1:80",
                            "http = [::1:80",
                            "http-token-file = token",
                            "snapshot-folder = ."}) {
    EXPECT_THAT(ProblemOf(wrong), StartsWith("line 3: [daemon] ")) << wrong;
  }
  for (const char* wrong :
       {"pid = 0", "pid = x", "pid = 99999999999", "command =", "user =", "rate = 1001",
        "rate = 0.05", "native = true", "ignore = 1", "label.a-b = x", "label.1 = x", "label. = x",
        "label.x =", "label.x = \xff", "label-env = A B", "label-env = ,", "label-container = on",
        "label-otel ="}) {
    EXPECT_THAT(Problem("[watch w]\n" + std::string(wrong)), HasSubstr("line 2: [watch w] "))
        << wrong;
  }
  const std::string push = "[watch a]\n[push p]\ntype = otlp\nurl = http://h\n";
  Good(push);
  for (const char* wrong : {"header.a b = x", "header.a =", "interval = 0", "interval = 2h",
                            "spool-bytes = 1KiB", "retry-for = 200h", "timeout = 1ms"}) {
    EXPECT_THAT(Problem(push + wrong), HasSubstr("line 5: [push p] ")) << wrong;
  }
}

TEST(ConfigReader, RefusesWhatIsNoUrl) {
  for (const char* wrong : {"ftp://h", "http://", "h:4040", "http://a b", "http://h:x/",
                            "http://user:password@h/", "http://h:99999"}) {
    EXPECT_THAT(Problem("[watch a]\n[push p]\ntype = otlp\nurl = " + std::string(wrong)),
                HasSubstr("url = "))
        << wrong;
  }
  for (const char* right : {"http://h", "https://h.example:1/p?q=1", "http://[::1]:4040/",
                            "http://[fe80::1]/", "http://127.0.0.1"}) {
    Good("[watch a]\n[push p]\ntype = otlp\nurl = " + std::string(right));
  }
}

TEST(ConfigReader, SuggestsTheKeyOrSectionThatWasMeant) {
  EXPECT_EQ(ProblemOf("cpu-buget = 1%"),
            "line 3: [daemon] unknown key 'cpu-buget'; did you mean 'cpu-budget'?");
  EXPECT_THAT(Problem("[watch a]\n[demon]\n"),
              HasSubstr("line 2: unknown section [demon]; there are [daemon], [watch NAME] and "
                        "[push NAME]; did you mean 'daemon'?"));
  EXPECT_THAT(Problem("[watch a]\ncomand = x"), HasSubstr("did you mean 'command'?"));
}

TEST(ConfigReader, RefusesWhatIsThereTwice) {
  EXPECT_EQ(ProblemOf("segment = 60s\nsegment = 60s"),
            "line 4: [daemon] key 'segment' is there a second time");
  EXPECT_EQ(Problem("[watch a]\n[watch b]\n[watch a]\n"),
            "line 3: section [watch a] is there a second time; make one of both");
  EXPECT_THAT(Problem("[watch a]\nlabel.x = 1\nlabel.x = 2"), HasSubstr("second time"));
  Good("[watch a]\nlabel.x = 1\nlabel.y = 2");
}

TEST(ConfigReader, NeedsNamesForRulesAndPushes) {
  for (const char* wrong : {"[watch]", "[push]", "[watch a b]", "[watch a/b]", "[push \x1b]"}) {
    EXPECT_THAT(Problem(wrong), HasSubstr("needs one name")) << wrong;
  }
}

TEST(ConfigReader, NeedsSomethingToWatch) {
  EXPECT_THAT(Problem(""), HasSubstr("no [watch NAME] section"));
  EXPECT_THAT(Problem("[daemon]\n"), HasSubstr("no [watch NAME] section"));
}

TEST(ConfigReader, NeedsATypeAndAUrlToPush) {
  EXPECT_EQ(Problem("[watch a]\n[push p]\nurl = http://h\n"),
            "line 2: [push p] lacks the key 'type'");
  EXPECT_EQ(Problem("[push p]\ntype = otlp\n[watch a]\n"), "line 1: [push p] lacks the key 'url'");
}

TEST(ConfigReader, NeedsATokenWhereOthersCanConnect) {
  for (const char* open : {"0.0.0.0:1", "[::]:1", "host.example:1", "127.evil.example:1"}) {
    EXPECT_THAT(ProblemOf("http = " + std::string(open)), HasSubstr("needs http-token-file"));
  }
  for (const char* own : {"127.0.0.1:1", "localhost:1", "[::1]:1", "127.1.2.3:1"}) {
    Good("[watch a]\n[daemon]\nhttp = " + std::string(own));
  }
}

TEST(ConfigReader, TellsTheFirstMistakeAndHowManyMore) {
  EXPECT_EQ(Problem("[watch a]\nrate = x\nfoo = 1\n[push p]\n"),
            "line 2: [watch a] rate = 'x': may be 0.1 to 1000 (and 3 more mistakes)");
}

TEST(ConfigReader, RefusesKeysOfNoSection) {
  EXPECT_EQ(Problem("rate = 5\n[watch a]\n"),
            "line 1: key 'rate' stands before any section, like [daemon]");
}

TEST(ConfigReader, EscapesWhatItQuotes) {
  EXPECT_THAT(ProblemOf("segment = \x1b[2J"), HasSubstr("'\\x1b[2J'"));
  EXPECT_THAT(Problem("[\x1b]"), HasSubstr("[\\x1b]"));
}

TEST(ConfigLines, HaveTheirNumbersAndSections) {
  const auto lines = ParseConfigLines("\n[daemon] # x\r\n  a.b = c = d # e\r\n[ watch  web ]\n");
  ASSERT_TRUE(lines.ok()) << lines.status();
  ASSERT_EQ(lines->size(), 3u);
  EXPECT_EQ((*lines)[0].number, 2);
  EXPECT_EQ((*lines)[0].section, "daemon");
  EXPECT_EQ((*lines)[1].number, 3);
  EXPECT_EQ((*lines)[1].section, "daemon");
  EXPECT_EQ((*lines)[1].key, "a.b");
  EXPECT_EQ((*lines)[1].value, "c = d");
  EXPECT_EQ((*lines)[2].section, "watch web");
}

TEST(ConfigLines, RefuseWhatIsNoSetting) {
  for (const char* wrong : {"; comment", "word", "[open", "= value", "[]", "[ ]", "[daemon] x"}) {
    EXPECT_THAT(Problem("[watch a]\n" + std::string(wrong)), StartsWith("line 2: ")) << wrong;
  }
}

}  // namespace
}  // namespace spyhop
