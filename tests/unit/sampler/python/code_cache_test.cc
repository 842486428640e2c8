#include "sampler/python/code_cache.h"

#include <gtest/gtest.h>

#include "tests/fakes/fake_memory.h"
#include "tests/fakes/object_builder.h"
#include "tests/unit/sampler/python/layout_param.h"

namespace spyhop {
namespace {

class CodeCacheTest : public testing::TestWithParam<const Layout*> {
 protected:
  const Layout& layout() const { return *GetParam(); }

  void MakeCode(RemoteAddress at, std::string_view name, int32_t first_line) {
    const CodeLayout& fields = layout().code;
    memory_.Fill(at, layout().code.size);
    objects_.Put(at, layout().object.ob_type, code_type_);
    objects_.Put(at, fields.name, objects_.Str(name));
    objects_.Put(at, fields.qualname, objects_.Str(name));
    objects_.Put(at, fields.filename, objects_.Str("file.py"));
    objects_.Put(at, fields.linetable, objects_.Bytes(""));
    objects_.Put(at, fields.firstlineno, first_line);
  }
  static RawStack StackOf(RemoteAddress code) {
    RawStack stack(4);
    stack.Push({code, 0, false});
    return stack;
  }

  FakeMemory memory_;
  ObjectBuilder objects_{memory_, *GetParam()};
  RemoteAddress code_type_ = objects_.Type("code", 0);
  RemoteAddress code_ = objects_.Allocate(512);
  CodeCache cache_{memory_, *GetParam()};
};

TEST_P(CodeCacheTest, ReadsACodeObjectOnce) {
  MakeCode(code_, "work", 7);
  const CodeInfo* info = cache_.Find(code_, 0);
  ASSERT_NE(info, nullptr);
  EXPECT_EQ(info->function, "work");
  EXPECT_EQ(info->file, "file.py");
  EXPECT_EQ(info->first_line, 7);
  memory_.ClearLog();
  EXPECT_EQ(cache_.Find(code_, 0), info);
  EXPECT_EQ(memory_.batches(), 0u);
}

TEST_P(CodeCacheTest, SeesThatAnAddressWasUsedAgain) {
  MakeCode(code_, "first", 7);
  const uint32_t serial = cache_.Find(code_, 0)->serial;
  MakeCode(code_, "second", 7);
  cache_.Verify(StackOf(code_), kMillisecond);
  const CodeInfo* info = cache_.Find(code_, kMillisecond);
  ASSERT_NE(info, nullptr);
  EXPECT_EQ(info->function, "second");
  EXPECT_NE(info->serial, serial);
}

TEST_P(CodeCacheTest, VerifiesInOneBatchAndNotTooOften) {
  MakeCode(code_, "work", 7);
  cache_.Find(code_, 0);
  memory_.ClearLog();
  cache_.Verify(StackOf(code_), 100 * kMicrosecond);
  EXPECT_EQ(memory_.batches(), 0u);
  cache_.Verify(StackOf(code_), kMillisecond);
  EXPECT_EQ(memory_.batches(), 1u);
}

TEST_P(CodeCacheTest, RefusesWhatIsNoCodeObject) {
  MakeCode(code_, "work", 7);
  objects_.Put(code_, layout().object.ob_type, objects_.Type("dict", 0));
  EXPECT_EQ(cache_.Find(code_, 0), nullptr);
  EXPECT_EQ(cache_.Find(RemoteAddress(0x123456780), 0), nullptr);
}

INSTANTIATE_TEST_SUITE_P(EveryTable, CodeCacheTest, EveryLayout(), LayoutName);

}  // namespace
}  // namespace spyhop
