#include "cli/daemon/record_slots.h"

#include <gtest/gtest.h>

#include <vector>

namespace spyhop {
namespace {

TEST(RecordSlots, NobodyTakesAllOfThem) {
  const auto slots = std::make_shared<RecordSlots>();
  std::vector<RecordSlots::Slot> taken;
  for (size_t i = 0; i < RecordSlots::kMostOfOne; ++i) {
    taken.push_back(slots->Take("a"));
    ASSERT_NE(taken.back(), nullptr);
  }
  EXPECT_EQ(slots->Take("a"), nullptr);
  EXPECT_NE(slots->Take("b"), nullptr);
  taken.pop_back();
  EXPECT_NE(slots->Take("a"), nullptr);
}

TEST(RecordSlots, ThereAreSoManyInAll) {
  const auto slots = std::make_shared<RecordSlots>();
  std::vector<RecordSlots::Slot> taken;
  for (size_t i = 0; i < RecordSlots::kMost; ++i) {
    taken.push_back(slots->Take(std::to_string(i)));
    ASSERT_NE(taken.back(), nullptr);
  }
  EXPECT_EQ(slots->Take("one more"), nullptr);
  taken.clear();
  EXPECT_NE(slots->Take("one more"), nullptr);
}

TEST(RecordSlots, ASlotMayOutliveTheSlots) {
  auto slots = std::make_shared<RecordSlots>();
  const RecordSlots::Slot slot = slots->Take("a");
  slots = nullptr;
}

}  // namespace
}  // namespace spyhop
