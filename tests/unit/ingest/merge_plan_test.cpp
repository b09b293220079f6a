#include "ingest/seal/merge_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>

namespace backtrail::ingest::seal {
namespace {

using schema::EventClass;
using schema::PartHead;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

PartHead part(int number, std::size_t n, EventClass event_class = EventClass::kManagement,
              const char* account = "111122223333") {
  PartHead head;
  head.key = {20'759, account, number};
  head.event_class = event_class;
  head.n = n;
  return head;
}

std::vector<std::vector<int>> numbers(const std::vector<std::vector<PartHead>>& sets) {
  std::vector<std::vector<int>> all;
  for (const auto& set : sets) {
    auto& told = all.emplace_back();
    for (const auto& head : set) told.push_back(head.key.part_no);
  }
  return all;
}

TEST(MergePlanTest, PartsOfOneAccountAndClassComeTogether) {
  const auto sets = plan_merges({part(0, 5), part(1, 7, EventClass::kData), part(2, 9), part(3, 1, EventClass::kData),
                                 part(0, 3, EventClass::kManagement, "444455556666")},
                                100);
  EXPECT_THAT(numbers(sets), ElementsAre(ElementsAre(2, 0), ElementsAre(1, 3)));
}

TEST(MergePlanTest, NoneIsLargerThanAPart) {
  EXPECT_THAT(numbers(plan_merges({part(0, 60), part(1, 40)}, 100)), ElementsAre(ElementsAre(0, 1)));
  EXPECT_THAT(plan_merges({part(0, 60), part(1, 41)}, 100), IsEmpty());
  EXPECT_THAT(plan_merges({part(0, schema::kPartEventsMax), part(1, 1)}, schema::kPartEventsMax), IsEmpty());
  EXPECT_THAT(numbers(plan_merges({part(0, schema::kPartEventsMax - 1), part(1, 1)}, schema::kPartEventsMax)),
              ElementsAre(ElementsAre(0, 1)));
}

TEST(MergePlanTest, WhatIsFullStaysAsItIs) {
  EXPECT_THAT(numbers(plan_merges({part(0, 100), part(1, 30), part(2, 100), part(3, 30), part(4, 50)}, 100)),
              ElementsAre(ElementsAre(4, 1)));
}

// After it, no two parts fit together: whoever looks again finds nothing to do.
TEST(MergePlanTest, ComesToAnEnd) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<PartHead> parts;
    std::size_t events = 0;
    for (int i = 0; i < 30; ++i) {
      const std::size_t n = 1 + random() % 100;
      events += n;
      parts.push_back(part(i, n));
    }
    const auto sets = plan_merges(parts, 100);
    int next = 30;
    for (const auto& set : sets) {
      std::size_t n = 0;
      for (const auto& head : set) {
        n += head.n;
        EXPECT_EQ(std::erase(parts, head), 1U);
      }
      EXPECT_LE(n, 100U);
      parts.push_back(part(next++, n));
    }
    std::size_t after = 0;
    for (const auto& head : parts) after += head.n;
    EXPECT_EQ(after, events);
    EXPECT_THAT(plan_merges(parts, 100), IsEmpty());
  }
}

}  // namespace
}  // namespace backtrail::ingest::seal
