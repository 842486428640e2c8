#include "sampler/python/await_chain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/fake_memory.h"
#include "tests/fakes/object_builder.h"
#include "tests/unit/sampler/python/layout_param.h"

namespace spyhop {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr uint64_t kWord = sizeof(RemoteAddress);

// Coroutines as every layout with asyncio has them.
class AwaitChainTest : public testing::TestWithParam<const Layout*> {
 protected:
  void SetUp() override {
    const std::optional<AsyncioLayout> asyncio = FindAsyncioLayout(layout_);
    if (!asyncio) GTEST_SKIP() << "no tasks of C";
    asyncio_ = *asyncio;
  }

  RemoteAddress Object(std::string_view type) {
    const RemoteAddress object = builder_.Allocate(512);
    builder_.Put(object, layout_.object.ob_type, builder_.Type(type, 0));
    return object;
  }

  // Suspended where it awaits `awaited`; its frame's code is at `code`.
  RemoteAddress Coroutine(uint64_t code, RemoteAddress awaited,
                          std::string_view type = "coroutine") {
    const RemoteAddress coroutine = Object(type);
    SetAwaited(coroutine, code, awaited);
    return coroutine;
  }

  void SetAwaited(RemoteAddress coroutine, uint64_t code, RemoteAddress awaited) {
    const SuspensionLayout& fields = asyncio_.suspension;
    const RemoteAddress stack = builder_.Allocate(64);
    memory_.Set(stack.Plus((3 - fields.awaited_slot) * kWord), awaited);
    if (fields.gi_frame.present()) {
      const RemoteAddress frame = builder_.Allocate(512);
      builder_.Put(coroutine, fields.gi_frame, frame);
      builder_.Put(frame, layout_.frame_object.f_code, RemoteAddress(code));
      builder_.Put(frame, layout_.frame_object.f_lasti, 4);
      builder_.Put(frame, fields.f_valuestack, stack);
      builder_.Put(frame, fields.f_stacktop, stack.Plus(3 * kWord));
      builder_.Put(frame, fields.f_stackdepth, 3);
      return;
    }
    const RemoteAddress frame = layout_.generator.gi_iframe.At(coroutine);
    builder_.Put(coroutine, layout_.generator.gi_frame_state, fields.last_suspended);
    builder_.Put(frame, layout_.iframe.code, RemoteAddress(code));
    builder_.Put(frame, fields.stackpointer, stack.Plus(3 * kWord));
    builder_.Put(frame, fields.stacktop, 3);
    if (fields.stacktop.present()) {
      memory_.Set(layout_.iframe.localsplus.At(frame).Plus(2 * kWord), awaited);
    }
  }

  void SetRunning(RemoteAddress coroutine) {
    const SuspensionLayout& fields = asyncio_.suspension;
    if (fields.gi_frame.present()) {
      const RemoteAddress frame = *memory_.ReadPointer(fields.gi_frame.At(coroutine));
      builder_.Put(frame, fields.f_stacktop, RemoteAddress());
      builder_.Put(frame, fields.f_stackdepth, -1);
    } else {
      builder_.Put(coroutine, layout_.generator.gi_frame_state, fields.executing);
    }
  }

  RemoteAddress Wrapper(std::string_view type, RemoteAddress wrapped) {
    const RemoteAddress object = Object(type);
    builder_.Put(object, asyncio_.wrapped, wrapped);
    return object;
  }

  std::vector<AwaitChain> Follow(const std::vector<RemoteAddress>& coroutines) {
    return AwaitChains(memory_, layout_, asyncio_).Follow(coroutines);
  }

  static std::vector<uint64_t> Codes(const AwaitChain& chain) {
    std::vector<uint64_t> codes;
    for (const RawFrame& frame : chain.frames) codes.push_back(frame.code.value());
    return codes;
  }

  const Layout& layout_ = *GetParam();
  AsyncioLayout asyncio_;
  FakeMemory memory_;
  ObjectBuilder builder_{memory_, layout_};
};

TEST_P(AwaitChainTest, LeadsFromTheRootToTheFuture) {
  const RemoteAddress future = Object("_asyncio.Future");
  const RemoteAddress inner = Coroutine(0x2000, Wrapper("_asyncio.FutureIter", future));
  const AwaitChain chain = Follow({Coroutine(0x1000, inner)}).front();
  EXPECT_THAT(Codes(chain), ElementsAre(0x1000, 0x2000));
  EXPECT_EQ(chain.awaited, future);
  EXPECT_FALSE(chain.executing);
  EXPECT_EQ(chain.problem, SampleErrorCode::kNone);
  EXPECT_EQ(chain.first_locals.size(), 2u);
}

TEST_P(AwaitChainTest, LeadsThroughWhatWrapsACoroutine) {
  const RemoteAddress generator = Coroutine(0x3000, RemoteAddress(), "async_generator");
  const RemoteAddress inner = Coroutine(0x2000, Wrapper("async_generator_asend", generator));
  const AwaitChain chain = Follow({Coroutine(0x1000, Wrapper("coroutine_wrapper", inner))}).front();
  EXPECT_THAT(Codes(chain), ElementsAre(0x1000, 0x2000, 0x3000));
}

TEST_P(AwaitChainTest, EndsWithTheCoroutineThatRuns) {
  const RemoteAddress root = Coroutine(0x1000, Coroutine(0x2000, RemoteAddress()));
  SetRunning(root);
  const AwaitChain chain = Follow({root}).front();
  EXPECT_THAT(Codes(chain), ElementsAre(0x1000));
  EXPECT_TRUE(chain.executing);
}

TEST_P(AwaitChainTest, NamesWhatIsNoCoroutine) {
  const RemoteAddress other = Object("cython_coroutine");
  const AwaitChain chain = Follow({Coroutine(0x1000, other)}).front();
  EXPECT_THAT(Codes(chain), ElementsAre(0x1000));
  EXPECT_EQ(chain.awaited, other);
}

// What lies on top of its stack is then not what it awaits.
TEST_P(AwaitChainTest, EndsWithAGeneratorThatHasYielded) {
  if (asyncio_.suspension.says_awaits) GTEST_SKIP() << "its frame's state says it";
  const RemoteAddress other = Coroutine(0x3000, RemoteAddress());
  const RemoteAddress generator = Coroutine(0x2000, other, "generator");
  EXPECT_THAT(Codes(Follow({Coroutine(0x1000, generator)}).front()), ElementsAre(0x1000, 0x2000));
}

TEST_P(AwaitChainTest, FollowsManyAtOnce) {
  std::vector<RemoteAddress> roots;
  for (uint64_t i = 1; i <= 100; ++i) {
    roots.push_back(Coroutine(0x1000 * i, Coroutine(0x1000 * i + 8, RemoteAddress())));
  }
  memory_.ClearLog();
  const size_t before = memory_.batches();
  const std::vector<AwaitChain> chains = Follow(roots);
  for (uint64_t i = 1; i <= 100; ++i) {
    EXPECT_THAT(Codes(chains[i - 1]), ElementsAre(0x1000 * i, 0x1000 * i + 8));
  }
  // Each type here is an object of its own, whose name is read alone.
  EXPECT_LT(memory_.batches() - before, 6 + 3 * 200u);
}

TEST_P(AwaitChainTest, ComesOutOfACircle) {
  const RemoteAddress one = Coroutine(0x1000, RemoteAddress());
  SetAwaited(one, 0x1000, one);
  const RemoteAddress wrapper = Wrapper("coroutine_wrapper", RemoteAddress());
  builder_.Put(wrapper, asyncio_.wrapped, wrapper);
  const std::vector<AwaitChain> chains = Follow({one, wrapper});
  EXPECT_EQ(chains[0].problem, SampleErrorCode::kTooDeep);
  EXPECT_EQ(chains[0].frames.size(), kMaxAwaits);
  EXPECT_EQ(chains[1].problem, SampleErrorCode::kTooDeep);
  EXPECT_THAT(chains[1].frames, IsEmpty());
}

TEST_P(AwaitChainTest, SurvivesWildPointers) {
  for (const uint64_t wild :
       {uint64_t{1}, uint64_t{0x666}, uint64_t{0x7fff'ffff'f000}, ~uint64_t{7}}) {
    const AwaitChain chain = Follow({Coroutine(0x1000, RemoteAddress(wild))}).front();
    EXPECT_THAT(Codes(chain), ElementsAre(0x1000));
    EXPECT_EQ(Follow({RemoteAddress(wild)}).front().frames.size(), 0u);
  }
}

INSTANTIATE_TEST_SUITE_P(Layouts, AwaitChainTest, EveryLayout(), LayoutName);

}  // namespace
}  // namespace spyhop
