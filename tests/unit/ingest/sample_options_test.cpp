// What the options of a sample do, and what is refused.
#include <gtest/gtest.h>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "ingest/sample/organisation.hpp"
#include "ingest/sample/sample.hpp"
#include "tests/unit/ingest/sample_folder.hpp"

namespace backtrail::ingest::sample {
namespace {

using Json = nlohmann::json;

TEST(SampleDeterminismTest, SameOptionsGiveTheSameBytesAndAnotherSeedDoesNot) {
  Folder first, second, third;
  write_sample(options_for(first.path(), kEventsMin, 3), {});
  write_sample(options_for(second.path(), kEventsMin, 3), {});
  write_sample(options_for(third.path(), kEventsMin, 4), {});
  const auto tree = tree_of(first.path());
  EXPECT_TRUE(tree == tree_of(second.path()));
  const auto other = tree_of(third.path());
  EXPECT_FALSE(tree == other);
  // Not one log file has the same name or content.
  std::set<std::string> contents;
  for (const auto& [name, bytes] : tree) contents.insert(bytes);
  int same = 0;
  for (const auto& [name, bytes] : other) same += contents.contains(bytes) ? 1 : 0;
  EXPECT_LE(same, 1);  // accounts.csv
}

TEST(SampleScaleTest, AttackCallsDoNotShrinkWithTheSample) {
  Folder small, large;
  write_sample(options_for(small.path(), kEventsMin, 5), {});
  write_sample(options_for(large.path(), 4 * kEventsMin, 5), {});
  const Json a = Json::parse(read_file(small.path() / "stories.json"));
  const Json b = Json::parse(read_file(large.path() / "stories.json"));
  for (std::size_t i = 0; i < a["stories"].size(); ++i) {
    for (const auto& [name, count] : a["stories"][i]["counts"].items()) {
      const auto more = b["stories"][i]["counts"][name].get<std::uint64_t>();
      if (name.starts_with("attack") || name == "enumeration" || name == "delete_object" ||
          name == "backup_svc_goes_on") {
        EXPECT_EQ(count.get<std::uint64_t>(), more) << name;
      }
      EXPECT_LE(count.get<std::uint64_t>(), more) << name;
    }
  }
  const auto reads = [](const Json& truth) {
    return truth["stories"][4]["counts"]["backup_reads"].get<std::uint64_t>();
  };
  EXPECT_GE(reads(b), 3 * reads(a));
}

TEST(SampleScaleTest, FitsAnyEndOfDayAndShortestAndLongestSpan) {
  // The stories are told backwards from the end, so every hour of it and every span is another case.
  for (const std::int64_t offset : {0L, 1L, 5 * kHour + 1, 13 * kHour + 1799, kDay - 1}) {
    Folder folder;
    SampleOptions options = options_for(folder.path(), kEventsMin, 11, kEnd + offset, kDaysMin);
    options.end_us += 999'999;
    EXPECT_EQ(write_sample(options, {}).events_written, kEventsMin) << offset;
  }
  Folder folder;
  EXPECT_EQ(write_sample(options_for(folder.path(), kEventsMin, 12, kEnd, kDaysMax), {}).events_written, kEventsMin);
}

TEST(SampleLimitsTest, SaysWhatTheMinimumIs) {
  Folder folder;
  const auto below = check(options_for(folder.path(), kEventsMin - 1, 1));
  ASSERT_TRUE(below.has_value());
  EXPECT_NE(below->find("at least 10000 events"), std::string::npos) << *below;
  EXPECT_FALSE(check(options_for(folder.path(), kEventsMin, 1)).has_value());
  EXPECT_FALSE(check(options_for(folder.path(), kEventsMax, 1)).has_value());
  EXPECT_TRUE(check(options_for(folder.path(), kEventsMax + 1, 1)).has_value());
  EXPECT_THROW(write_sample(options_for(folder.path(), kEventsMin - 1, 1), {}), std::invalid_argument);
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(SampleLimitsTest, SpansTwoDaysToTenYears) {
  Folder folder;
  const auto wrong = [&](int days) { return check(options_for(folder.path(), kEventsMin, 1, kEnd, days)).has_value(); };
  EXPECT_TRUE(wrong(kDaysMin - 1));
  EXPECT_FALSE(wrong(kDaysMin));
  EXPECT_FALSE(wrong(kDaysMax));
  EXPECT_TRUE(wrong(kDaysMax + 1));
}

TEST(SampleLimitsTest, RefusesAFolderWithSomethingInIt) {
  Folder folder;
  std::ofstream(folder.path() / "mine.txt") << "keep";
  EXPECT_TRUE(check(options_for(folder.path(), kEventsMin, 1)).has_value());
  EXPECT_THROW(write_sample(options_for(folder.path(), kEventsMin, 1), {}), std::invalid_argument);
  EXPECT_EQ(read_file(folder.path() / "mine.txt"), "keep");
  // A file is no folder either.
  EXPECT_TRUE(check(options_for(folder.path() / "mine.txt", kEventsMin, 1)).has_value());
}

TEST(SampleAccountsTest, OrganisationsCanBeNumberedApart) {
  const Organisation usual(1, kEventsMin, kEnd), other(1, kEventsMin, kEnd, 700'000'000'000);
  std::set<std::string> ids;
  for (const auto* organisation : {&usual, &other})
    for (const Account& account : organisation->accounts()) {
      EXPECT_EQ(account.id.size(), 12U);
      ids.insert(account.id);
    }
  EXPECT_EQ(ids.size(), 2U * kAccountCount);
  EXPECT_EQ(other.account(kProdWeb).id, "700000000009");
  EXPECT_NE(other.account(kProdWeb).roles[0].arn.find(":700000000009:"), std::string::npos);

  SampleOptions options;
  options.out = "/nowhere";
  options.events = kEventsMin;
  options.end_us = kEnd * 1'000'000;
  for (const auto& [first, fits] : std::map<std::uint64_t, bool>{{0, true},
                                                                 {kFirstAccountMin - 1, false},
                                                                 {kFirstAccountMin, true},
                                                                 {kFirstAccountMax, true},
                                                                 {kFirstAccountMax + 1, false}}) {
    options.first_account = first;
    EXPECT_EQ(!check(options).has_value(), fits) << first;
  }
}

TEST(SampleProgressTest, EndsAtTheTotal) {
  Folder folder;
  std::uint64_t last = 0;
  bool grows = true;
  write_sample(options_for(folder.path(), kEventsMin, 1), [&](std::uint64_t done, std::uint64_t total) {
    grows = grows && done > last && total == kEventsMin;
    last = done;
  });
  EXPECT_TRUE(grows);
  EXPECT_EQ(last, kEventsMin);
}

}  // namespace
}  // namespace backtrail::ingest::sample
