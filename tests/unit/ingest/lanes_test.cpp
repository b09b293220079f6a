// Which item a free worker takes.
#include "ingest/lanes.hpp"

#include <gtest/gtest.h>
#include <string>

namespace backtrail::ingest {
namespace {

// What a free worker takes; empty: nothing.
std::string take(Lanes<std::string>& lanes) {
  const auto lane = lanes.ready();
  if (!lane) return {};
  lanes.begin(*lane);
  return lanes.take(*lane);
}

TEST(LanesTest, WhatCameFirstGoesFirst) {
  Lanes<std::string> lanes(2);
  lanes.push(Lane::kSmall, "s1");
  lanes.push(Lane::kLarge, "L2");
  lanes.push(Lane::kSmall, "s3");
  EXPECT_EQ(take(lanes), "s1");
  EXPECT_EQ(take(lanes), "L2");
  EXPECT_EQ(take(lanes), "s3");
  EXPECT_EQ(take(lanes), "");
  EXPECT_TRUE(lanes.empty());
}

TEST(LanesTest, OneOfTwoWorkersIsLeftToTheSmall) {
  Lanes<std::string> lanes(2);
  lanes.push(Lane::kLarge, "L1");
  lanes.push(Lane::kLarge, "L2");
  lanes.push(Lane::kSmall, "s3");
  EXPECT_EQ(take(lanes), "L1");
  EXPECT_EQ(take(lanes), "s3");
  lanes.end(Lane::kSmall);
  EXPECT_EQ(take(lanes), "");
  EXPECT_FALSE(lanes.empty());
  lanes.end(Lane::kLarge);
  EXPECT_EQ(take(lanes), "L2");
}

TEST(LanesTest, OneWorkerTakesBoth) {
  Lanes<std::string> lanes(1);
  lanes.push(Lane::kLarge, "L1");
  lanes.push(Lane::kSmall, "s2");
  EXPECT_EQ(take(lanes), "L1");
  lanes.end(Lane::kLarge);
  EXPECT_EQ(take(lanes), "s2");
}

TEST(LanesTest, OfThreeWorkersTwoMayBeWithLargeOnes) {
  Lanes<std::string> lanes(3);
  for (const char* name : {"L1", "L2", "L3"}) lanes.push(Lane::kLarge, name);
  EXPECT_EQ(take(lanes), "L1");
  EXPECT_EQ(take(lanes), "L2");
  EXPECT_EQ(take(lanes), "");
}

TEST(LanesTest, TheLimitIsSmall) {
  EXPECT_EQ(lane_of(100, 100), Lane::kSmall);
  EXPECT_EQ(lane_of(101, 100), Lane::kLarge);
}

}  // namespace
}  // namespace backtrail::ingest
