#include "schema/core/time.hpp"

#include <gtest/gtest.h>

namespace backtrail::schema {
namespace {

// What the text means, as format_rfc3339 writes it; "refused" when it is no time that we accept.
std::string read(std::string_view text) {
  const auto parsed = parse_rfc3339(text);
  if (parsed) return format_rfc3339(parsed->us) + (parsed->leap_second ? " leap" : "");
  EXPECT_EQ(parsed.error().code, Code::kBadTime);
  return "refused";
}

struct TimeCase {
  std::string_view text, meaning;
};

void expect_all(std::initializer_list<TimeCase> cases) {
  for (const auto& [text, meaning] : cases) EXPECT_EQ(read(text), meaning) << "'" << text << "'";
}

TEST(Rfc3339Test, ReadsTheFormsOfAws) {
  expect_all({{"2026-11-20T10:00:00Z", "2026-11-20T10:00:00Z"},
              {"2026-11-20T10:00:00.5Z", "2026-11-20T10:00:00.500000Z"},
              {"2026-11-20T10:00:00.123Z", "2026-11-20T10:00:00.123000Z"},
              {"2026-11-20T10:00:00.123456Z", "2026-11-20T10:00:00.123456Z"},
              {"2026-11-20 10:00:00+00:00", "2026-11-20T10:00:00Z"},
              {"1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"},
              {"9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"}});
}

TEST(Rfc3339Test, LeapSecondStaysInItsOwnDay) {
  expect_all({{"2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999999Z leap"},
              {"2016-12-31T23:59:60.25Z", "2016-12-31T23:59:59.999999Z leap"},
              {"2016-12-31T23:59:59Z", "2016-12-31T23:59:59Z"}});
}

TEST(Rfc3339Test, RefusesClockTimesThatDoNotExist) {
  expect_all({{"2026-11-20T24:00:00Z", "refused"},
              {"2026-11-20T23:59:61Z", "refused"},
              {"2026-11-20T23:58:60Z", "refused"},
              {"2026-11-20T12:59:60Z", "refused"},
              {"2026-11-20T10:60:00Z", "refused"},
              {"2026-13-01T00:00:00Z", "refused"},
              {"2026-00-01T00:00:00Z", "refused"},
              {"2026-02-30T00:00:00Z", "refused"},
              {"2026-04-31T00:00:00Z", "refused"},
              {"2026-11-00T00:00:00Z", "refused"}});
}

TEST(Rfc3339Test, KnowsLeapYears) {
  expect_all({{"2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"},
              {"2000-02-29T00:00:00Z", "2000-02-29T00:00:00Z"},
              {"2026-02-29T00:00:00Z", "refused"},
              {"2100-02-29T00:00:00Z", "refused"}});
}

TEST(Rfc3339Test, CutsFractionsAndNeverRoundsIntoTheNextDay) {
  expect_all({{"2026-11-20T23:59:59.9999999Z", "2026-11-20T23:59:59.999999Z"},
              {"2026-11-20T23:59:59.999999999Z", "2026-11-20T23:59:59.999999Z"},
              {"2026-11-20T10:00:00.0000009Z", "2026-11-20T10:00:00Z"},
              {"2026-11-20T10:00:00.123456789123456789123456789Z", "2026-11-20T10:00:00.123456Z"},
              {"2026-11-20T10:00:00.Z", "refused"},
              {"2026-11-20T10:00:00,5Z", "refused"}});
}

TEST(Rfc3339Test, NormalisesZonesAndRefusesTimesWithoutOne) {
  expect_all({{"2026-11-20T10:00:00", "refused"},
              {"2026-11-20T10:00:00.5", "refused"},
              {"2026-11-20T10:00:00+05:30", "2026-11-20T04:30:00Z"},
              {"2026-11-20T01:00:00+05:30", "2026-11-19T19:30:00Z"},
              {"2026-11-20T23:00:00-08:00", "2026-11-21T07:00:00Z"},
              {"2026-11-20T10:00:00-00:00", "2026-11-20T10:00:00Z"},
              {"2026-11-20t10:00:00z", "2026-11-20T10:00:00Z"},
              {"2026-11-20T10:00:00+23:59", "2026-11-19T10:01:00Z"},
              {"2026-11-20T10:00:00+24:00", "refused"},
              {"2026-11-20T10:00:00+25:00", "refused"},
              {"2026-11-20T10:00:00+05:60", "refused"},
              {"2026-11-20T10:00:00+0530", "refused"},
              {"2026-11-20T10:00:00+05", "refused"},
              {"2026-11-20T10:00:00 Z", "refused"},
              {"2026-11-20T10:00:00ZZ", "refused"},
              {"2026-11-20T10:00:00Z ", "refused"},
              {"2026-11-20T10:00:00 UTC", "refused"}});
}

// What PostgreSQL's own reader would take, and what epoch numbers look like.
TEST(Rfc3339Test, RefusesWhatOnlyLooksLikeATime) {
  for (const std::string_view text : {"infinity",
                                      "-infinity",
                                      "now",
                                      "today",
                                      "tomorrow",
                                      "epoch",
                                      "allballs",
                                      "01/02/2026",
                                      "20261120T100000Z",
                                      "2026-11-20",
                                      "2026-11-20T10:00Z",
                                      "26-11-20T10:00:00Z",
                                      "0000-01-01T00:00:00Z",
                                      "0001-01-01T00:00:00Z",
                                      "1969-12-31T23:59:59Z",
                                      "10000-01-01T00:00:00Z",
                                      "294277-01-01T00:00:00Z",
                                      "2026-11-20X10:00:00Z",
                                      "2026-11-20T1:00:00Z",
                                      "2026-11-20T10-00-00Z",
                                      "2026/11/20T10:00:00Z",
                                      "+2026-11-20T10:00:00Z",
                                      "2026-1120T10:00:00Z",
                                      "-026-11-20T10:00:00Z",
                                      "1700000000",
                                      "1700000000000",
                                      "1.7e9",
                                      "",
                                      "Z",
                                      "T",
                                      "2026-11-20T10:00:0٣Z",
                                      " 2026-11-20T10:00:00Z"})
    EXPECT_EQ(read(text), "refused") << text;
}

TEST(Rfc3339Test, ZoneMayLeadBeforeTheEpoch) {
  const auto parsed = parse_rfc3339("1970-01-01T00:00:00+01:00");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->us, -kMicrosPerHour);
  EXPECT_EQ(day_of(parsed->us), -1);
  EXPECT_EQ(format_rfc3339(parsed->us), "1969-12-31T23:00:00Z");
}

TEST(Rfc3339Test, WhatIsWrittenReadsBack) {
  for (const std::int64_t us : {std::int64_t{0}, std::int64_t{1}, std::int64_t{999'999}, kMicrosPerDay - 1,
                                kMicrosPerDay, std::int64_t{1'793'707'200'123'456}, kPostgresEpochUs}) {
    const auto back = parse_rfc3339(format_rfc3339(us));
    ASSERT_TRUE(back) << us;
    EXPECT_EQ(back->us, us);
  }
}

TEST(DayTest, ReadsAndWritesDays) {
  EXPECT_EQ(*parse_day("1970-01-01"), 0);
  EXPECT_EQ(*parse_day("2000-01-01"), day_of(kPostgresEpochUs));
  EXPECT_EQ(format_day(*parse_day("2026-11-20")), "2026-11-20");
  for (const std::string_view text :
       {"2026-11-20Z", "2026-11-2", "2026-02-29", "1969-12-31", "", "today", "2026-11-20 "})
    EXPECT_FALSE(parse_day(text)) << text;
}

TEST(DayTest, DayOfRoundsDown) {
  EXPECT_EQ(day_of(0), 0);
  EXPECT_EQ(day_of(kMicrosPerDay - 1), 0);
  EXPECT_EQ(day_of(kMicrosPerDay), 1);
  EXPECT_EQ(day_of(-1), -1);
  EXPECT_EQ(day_of(-kMicrosPerDay), -1);
  EXPECT_EQ(day_of(-kMicrosPerDay - 1), -2);
}

TEST(DayTest, CivilDatesAreInverse) {
  for (std::int32_t day = -400; day < 60'000; day += 37) {
    const CivilDate date = civil_of(day);
    EXPECT_EQ(day_from_civil(date.year, date.month, date.day), day);
  }
}

TEST(DurationTest, ReadsUnits) {
  EXPECT_EQ(*parse_duration("45s"), 45 * kMicrosPerSecond);
  EXPECT_EQ(*parse_duration("30m"), 30 * 60 * kMicrosPerSecond);
  EXPECT_EQ(*parse_duration("24h"), kMicrosPerDay);
  EXPECT_EQ(*parse_duration("90d"), 90 * kMicrosPerDay);
}

TEST(DurationTest, EndsAtTenYears) {
  EXPECT_EQ(*parse_duration("3650d"), 3650 * kMicrosPerDay);
  EXPECT_FALSE(parse_duration("3651d"));
  EXPECT_EQ(*parse_duration("87600h"), 3650 * kMicrosPerDay);
  EXPECT_FALSE(parse_duration("87601h"));
}

TEST(DurationTest, RefusesTheRest) {
  for (const std::string_view text :
       {"", "d", "0d", "-1d", "+1d", "1.5h", "1w", "90", "90 d", "90D", "1d1h", "99999999d", "١d"})
    EXPECT_FALSE(parse_duration(text)) << text;
}

}  // namespace
}  // namespace backtrail::schema
