#include "sampler/profile/snapshot.h"

#include <gtest/gtest.h>

namespace spyhop {
namespace {

TEST(Snapshot, TellsWhoHoldsTheGilThatAThreadNeeds) {
  Snapshot snapshot;
  snapshot.threads = {{.tid = 1, .interpreter_id = 0, .gil = 0x10},
                      {.tid = 2, .interpreter_id = 1, .gil = 0x10, .holds_gil = true},
                      {.tid = 3, .interpreter_id = 2, .gil = 0x20, .holds_gil = true},
                      {.tid = 4, .interpreter_id = 2, .gil = 0x20},
                      {.tid = 5, .interpreter_id = 3, .gil = 0x30}};
  ASSERT_NE(snapshot.GilHolder(snapshot.threads[0]), nullptr);
  EXPECT_EQ(snapshot.GilHolder(snapshot.threads[0])->tid, 2) << "interpreters may share one";
  EXPECT_EQ(snapshot.GilHolder(snapshot.threads[3])->tid, 3);
  EXPECT_EQ(snapshot.GilHolder(snapshot.threads[4]), nullptr);
}

}  // namespace
}  // namespace spyhop
