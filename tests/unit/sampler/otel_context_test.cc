#include "sampler/otel_context.h"

#include <gtest/gtest.h>

#include <cstring>

#include "tests/fakes/fake_memory.h"

namespace spyhop {
namespace {

constexpr RemoteAddress kContext(0x10000);
constexpr RemoteAddress kPayload(0x20000);

std::string Field(uint8_t number, const std::string& bytes) {
  std::string field(1, static_cast<char>(number << 3 | 2));
  for (size_t size = bytes.size();; size >>= 7) {
    field += static_cast<char>((size & 0x7f) | (size > 0x7f ? 0x80 : 0));
    if (size <= 0x7f) break;
  }
  return field + bytes;
}

std::string Attribute(const std::string& key, const std::string& value) {
  return Field(1, Field(1, key) + Field(2, Field(1, value)));
}

std::string Service(const std::string& name) {
  return Field(1, Attribute("host.name", "h") + Attribute("service.name", name));
}

TEST(OtelService, IsAnAttributeOfTheResource) {
  EXPECT_EQ(ParseOtelService(Service("shop")), "shop");
}

TEST(OtelService, MayBeAnAttributeOfTheProcess) {
  EXPECT_EQ(ParseOtelService(Field(2, Field(1, "service.name") + Field(2, Field(1, "shop")))),
            "shop");
}

TEST(OtelService, SkipsFieldsOfEveryKind) {
  const std::string others(
      "\x48\xff\x01\x51"
      "12345678\x5d"
      "1234",
      17);
  EXPECT_EQ(ParseOtelService(others + Service("shop")), "shop");
}

TEST(OtelService, IsNothingWhereThereIsNone) {
  EXPECT_EQ(ParseOtelService(""), std::nullopt);
  EXPECT_EQ(ParseOtelService(Field(1, Attribute("service.namespace", "x"))), std::nullopt);
  // A number, not a text.
  EXPECT_EQ(ParseOtelService(Field(
                1, Field(1, Field(1, "service.name") + Field(2, std::string("\x18\x07", 2))))),
            std::nullopt);
}

TEST(OtelService, NeverReadsBeyondWhatIsCut) {
  const std::string whole = Service("shop");
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_NE(ParseOtelService(whole.substr(0, size)), "shop") << size;
  }
}

TEST(OtelService, GivesUpOnNonsense) {
  EXPECT_EQ(ParseOtelService(std::string(1000, '\xff')), std::nullopt);
  EXPECT_EQ(ParseOtelService("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), std::nullopt);
  EXPECT_EQ(ParseOtelService("\x0b"), std::nullopt);  // a group
}

class OtelContext : public testing::Test {
 protected:
  void Publish(uint32_t version, uint32_t size, uint64_t time) {
    memory_.SetText(kContext, "OTEL_CTX");
    memory_.Set(kContext.Plus(8), version);
    memory_.Set(kContext.Plus(12), size);
    memory_.Set(kContext.Plus(16), time);
    memory_.Set(kContext.Plus(24), kPayload.value());
    memory_.SetText(kPayload, payload_);
  }

  std::optional<std::string> Read(const std::string& name = "[anon:OTEL_CTX]",
                                  const std::string& rights = "r--p") {
    return ReadOtelService(MemoryMap::Parse("00010000-00011000 " + rights + " 00000000 00:01 " +
                                            (name[0] == '/' ? "77" : "0") + "    " + name + "\n"),
                           memory_);
  }

  FakeMemory memory_;
  const std::string payload_ = Service("shop");
  const uint32_t size_ = static_cast<uint32_t>(payload_.size());
};

TEST_F(OtelContext, IsFoundByEachOfItsNames) {
  Publish(2, size_, 7);
  for (const char* name : {"[anon:OTEL_CTX]", "[anon_shmem:OTEL_CTX]", "/memfd:OTEL_CTX (deleted)",
                           "/memfd:OTEL_CTX"}) {
    EXPECT_EQ(Read(name), "shop") << name;
  }
  EXPECT_EQ(Read("[anon:OTHER]"), std::nullopt);
  EXPECT_EQ(Read("/tmp/OTEL_CTX"), std::nullopt);
  EXPECT_EQ(Read("[anon:OTEL_CTX]", "r-xp"), std::nullopt);
}

TEST_F(OtelContext, TakesTwoReads) {
  Publish(2, size_, 7);
  EXPECT_EQ(Read(), "shop");
  EXPECT_EQ(memory_.batches(), 2u);
}

TEST_F(OtelContext, IsRefusedWithAHeadThatMakesNoSense) {
  for (const uint32_t version : {0u, 1u, 3u}) {
    Publish(version, size_, 7);
    EXPECT_EQ(Read(), std::nullopt) << version;
  }
  for (const uint32_t size : {0u, 65537u, ~0u}) {
    Publish(2, size, 7);
    EXPECT_EQ(Read(), std::nullopt) << size;
  }
  Publish(2, size_, 7);
  memory_.SetText(kContext, "OTEL_CTY");
  EXPECT_EQ(Read(), std::nullopt);
}

TEST_F(OtelContext, IsNothingWherePayloadOrHeadCannotBeRead) {
  EXPECT_EQ(Read(), std::nullopt);
  Publish(2, size_, 7);
  memory_.Set(kContext.Plus(24), uint64_t{0x666000});
  EXPECT_EQ(Read(), std::nullopt);
  memory_.Set(kContext.Plus(24), uint64_t{0});
  EXPECT_EQ(Read(), std::nullopt);
}

TEST_F(OtelContext, IsReadAgainWhenItWasBeingWritten) {
  Publish(2, size_, 0);
  memory_.ChangeBeforeRead(1, [this] { Publish(2, size_, 8); });
  EXPECT_EQ(Read(), "shop");
}

TEST_F(OtelContext, IsReadAgainWhenItChangedMeanwhile) {
  Publish(2, size_, 7);
  memory_.ChangeBeforeRead(2, [this] { memory_.Set(kContext.Plus(16), uint64_t{8}); });
  EXPECT_EQ(Read(), "shop");
  EXPECT_EQ(memory_.batches(), 4u);
}

TEST_F(OtelContext, IsGivenUpWhenItNeverSettles) {
  Publish(2, size_, 0);
  EXPECT_EQ(Read(), std::nullopt);
  EXPECT_EQ(memory_.batches(), 3u);
}

}  // namespace
}  // namespace spyhop
