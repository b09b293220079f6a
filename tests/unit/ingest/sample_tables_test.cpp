// What samples are made from: the catalogue of calls, text, random numbers.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "ingest/sample/background.hpp"
#include "ingest/sample/catalogue.hpp"
#include "ingest/sample/event_writer.hpp"
#include "ingest/sample/text.hpp"
#include "tests/unit/ingest/sample_folder.hpp"

namespace backtrail::ingest::sample {
namespace {

using Json = nlohmann::json;

TEST(SampleCatalogueTest, EveryCallOfEveryAccountIsValidJson) {
  const Catalogue catalogue;
  const Organisation organisation(1, kEventsMin, kEnd);
  Text out;
  for (const Account& account : organisation.accounts()) {
    for (std::size_t i = 0; i < catalogue.size(); ++i) {
      const Api& api = catalogue.at(static_cast<ApiIndex>(i));
      Scene scene;
      scene.account = &account;
      scene.region = static_cast<int>(i % kRegions.size());
      scene.seconds = kEnd;
      scene.sticky = i + 1;
      scene.event_seed = i;
      scene.session = "a \"quoted\" session\n";
      Caller caller;
      caller.identity = R"({"type":"Unknown"})";
      caller.agent = "agent with \"quotes\" and \\";
      for (const char* error : {"", "AccessDenied"}) {
        Outcome outcome;
        outcome.error_code = error;
        out.clear();
        write_event(api, scene, caller, outcome, {}, out);
        const Json event = Json::parse(out.view(), nullptr, false);
        ASSERT_FALSE(event.is_discarded()) << out.view();
        EXPECT_EQ(event["userAgent"], caller.agent);
        EXPECT_EQ(event["eventName"], api.name);
      }
    }
  }
}

TEST(SampleCatalogueTest, MistakesInTablesDoNotPass) {
  EXPECT_THROW(Template("{\"a\":\"<nothing>\"}"), std::logic_error);
  EXPECT_THROW(Template("{\"a\":\"<account"), std::logic_error);
  const Catalogue catalogue;
  EXPECT_THROW(static_cast<void>(catalogue.find("ec2:NoSuchCall")), std::logic_error);
  EXPECT_EQ(catalogue.at(catalogue.find("ec2:RunInstances")).name, "RunInstances");
}

TEST(SampleTextTest, EscapesAndFormats) {
  EXPECT_EQ(json_escaped("plain"), "plain");
  EXPECT_EQ(json_escaped(std::string("a\"b\\c\nd\te\x01") + '\0'), "a\\\"b\\\\c\\nd\\te\\u0001\\u0000");
  EXPECT_EQ(to_iso(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(to_iso(951'782'399), "2000-02-28T23:59:59Z");
  EXPECT_EQ(to_iso(951'868'799), "2000-02-29T23:59:59Z");
  EXPECT_EQ(to_iso(-1), "1969-12-31T23:59:59Z");
  EXPECT_EQ(to_iso_ms(1'772'366'400'007), "2026-03-01T12:00:00.007Z");
  const auto console = [](std::int64_t seconds) {
    Text text;
    text.put_console_date(seconds);
    return std::string(text.view());
  };
  EXPECT_EQ(console(kEnd), "Mar 1, 2026, 12:00:00 PM");
  EXPECT_EQ(console(kEnd - 12 * kHour), "Mar 1, 2026, 12:00:00 AM");
  EXPECT_EQ(console(kEnd + kHour + 61), "Mar 1, 2026, 1:01:01 PM");
  EXPECT_EQ(to_text(make_uuid(0, 0)), "00000000-0000-4000-8000-000000000000");
  Text number;
  number.put_number(18'446'744'073'709'551'615ULL);
  number.put_hex(0xabc, 18);
  EXPECT_EQ(number.view().substr(0, 20), "18446744073709551615");
  EXPECT_EQ(number.size(), 38U);
}

TEST(SampleZipfTest, FirstIsFrequentAndAllComeUp) {
  Rng rng(42);
  std::vector<int> counts(20);
  for (int i = 0; i < 20'000; ++i) ++counts[zipf(rng, counts.size())];
  EXPECT_GT(counts[0], 3'000);
  EXPECT_GT(counts[0], 5 * counts[19]);
  EXPECT_GT(counts[19], 0);
  EXPECT_EQ(zipf(rng, 1), 0U);
}

}  // namespace
}  // namespace backtrail::ingest::sample
