// What is gathered is given out once: at the bound of bytes, and to the last who leaves.
#include "ingest/load/gathering.hpp"

#include <gtest/gtest.h>

namespace backtrail::ingest {
namespace {

Batch batch_of(std::size_t rows, std::size_t bytes) {
  Batch batch;
  batch.rows.resize(rows);
  batch.names.resize(rows);
  batch.new_accounts.resize(1);
  batch.bytes = bytes;
  return batch;
}

TEST(Gathering, GivesOutAtItsBound) {
  Gathering gathering(100);
  gathering.enter();
  EXPECT_FALSE(gathering.add(batch_of(2, 99)).has_value());
  const auto full = gathering.add(batch_of(3, 1));
  ASSERT_TRUE(full.has_value());
  EXPECT_EQ(full->rows.size(), 5U);
  EXPECT_EQ(full->names.size(), 5U);
  EXPECT_EQ(full->new_accounts.size(), 2U);
  EXPECT_EQ(full->bytes, 100U);
  EXPECT_TRUE(full->gathered);
  EXPECT_FALSE(gathering.leave().has_value()) << "nothing is left";
}

TEST(Gathering, TheLastToLeaveGetsTheRest) {
  Gathering gathering(100);
  gathering.enter();
  gathering.enter();
  EXPECT_FALSE(gathering.add(batch_of(2, 99)).has_value());
  EXPECT_FALSE(gathering.leave().has_value());
  const auto rest = gathering.leave();
  ASSERT_TRUE(rest.has_value());
  EXPECT_EQ(rest->rows.size(), 2U);
  EXPECT_TRUE(rest->gathered);
}

}  // namespace
}  // namespace backtrail::ingest
