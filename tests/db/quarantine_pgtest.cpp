// What could not be stored: listed, paged, filtered, shown byte for byte; alerts; and nothing outside the caller's
// scope.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>

#include "query/cursor.hpp"
#include "query/quarantine_queries.hpp"
#include "tests/db/finding_seed.hpp"

namespace backtrail::query {
namespace {

using backtrail::testing::FindingSeed;
using schema::AccountScope;
using schema::Code;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

using List = std::vector<Parameter>;
const std::string kWeb = "111122223333", kAudit = "444455556666";

class QuarantineTest : public ::testing::Test {
 protected:
  // `origin` is how tests call the record.
  void add(const std::string& origin, const std::string& account, const std::string& reason, const std::string& time,
           const std::string& raw_hex = "00ff22") {
    seed_.admin_exec(
        "INSERT INTO quarantine (account_id, quarantine_id, reason, detail, door, key_id, origin, position, "
        "received_at, bytes, "
        "sha256, raw) VALUES ('" +
        account + "', gen_random_uuid(), '" + reason + "', 'why', 'raw', 'secret-key-id', '" + origin + "', 7, '" +
        time + "', octet_length('\\x" + raw_hex + "'::bytea), sha256('\\x" + raw_hex + "'), '\\x" + raw_hex + "')");
  }
  QuarantineRequest request_of(const List& parameters) {
    auto request = parse_quarantine_request(parameters);
    EXPECT_TRUE(request.has_value()) << (request ? "" : request.error().detail);
    return request ? *request : QuarantineRequest{};
  }
  QuarantinePage page(const QuarantineRequest& request, const AccountScope& scope = AccountScope::all()) {
    auto answer = quarantine_page(seed_.warehouse(), scope, request);
    EXPECT_TRUE(answer.has_value()) << (answer ? "" : answer.error().detail);
    return answer ? std::move(*answer) : QuarantinePage{};
  }
  std::vector<std::string> found(const List& parameters, const AccountScope& scope = AccountScope::all()) {
    std::vector<std::string> origins;
    const auto answer = page(request_of(parameters), scope);
    for (const auto& row : answer.rows) origins.push_back(row.origin);
    EXPECT_EQ(answer.total, static_cast<std::int64_t>(origins.size()));
    return origins;
  }

  FindingSeed seed_;
};

TEST_F(QuarantineTest, IsListedNewestFirstAndFiltered) {
  add("a", kWeb, "syntax", "2026-11-20T10:00:00Z");
  add("b", kAudit, "time", "2026-11-20T11:00:00Z");
  add("c", "", "encoding", "2026-11-20T12:00:00Z");
  EXPECT_THAT(found({}), ElementsAre("c", "b", "a"));
  EXPECT_THAT(found({{"reason", "time,syntax"}}), ElementsAre("b", "a"));
  EXPECT_THAT(found({{"account_id", kWeb}, {"account_id", kAudit}}), ElementsAre("b", "a"));
  EXPECT_THAT(found({{"account_id", "none"}}), ElementsAre("c"));
  EXPECT_THAT(found({{"from", "2026-11-20T11:00:00Z"}, {"to", "2026-11-20T12:00:00Z"}}), ElementsAre("b"));
  EXPECT_THAT(found({{"reason", "'; DROP TABLE quarantine; --"}}), IsEmpty());
}

TEST_F(QuarantineTest, IsPagedWithoutGapsThroughEqualTimes) {
  for (int i = 0; i < 7; ++i)
    add(std::to_string(i), i % 2 == 0 ? kWeb : "", "syntax", i < 5 ? "2026-11-20T10:00:00Z" : "2026-11-20T10:00:01Z");
  const auto whole = found({});
  for (const std::string limit : {"1", "2", "6", "7"}) {
    auto request = request_of({{"limit", limit}});
    std::vector<std::string> walked;
    for (int pages = 0; pages < 10; ++pages) {
      const auto answer = page(request);
      EXPECT_EQ(answer.total, 7);
      for (const auto& row : answer.rows) walked.push_back(row.origin);
      if (!answer.next_cursor) break;
      request.page.cursor = *answer.next_cursor;
    }
    EXPECT_EQ(walked, whole) << limit;
  }
}

TEST_F(QuarantineTest, RefusesForeignAndForgedCursors) {
  for (int i = 0; i < 2; ++i) add(std::to_string(i), kWeb, "syntax", "2026-11-20T10:00:00Z");
  auto request = request_of({{"limit", "1"}});
  request.page.cursor = *page(request).next_cursor;
  request.reasons = {"syntax"};
  EXPECT_EQ(quarantine_page(seed_.warehouse(), AccountScope::all(), request).error().code, Code::kBadCursor);
  request.reasons.clear();
  request.page.cursor =
      encode_cursor("quarantine", question_hash("{};{};"), {"infinity", kWeb + "-" + std::string(32, '0')});
  EXPECT_EQ(quarantine_page(seed_.warehouse(), AccountScope::all(), request).error().code, Code::kBadCursor);
}

TEST_F(QuarantineTest, ShowsARecordAndItsExactBytes) {
  add("a", kWeb, "syntax", "2026-11-20T10:00:00.5Z", "7b22610a00ff5c78");
  add("b", "", "encoding", "2026-11-20T10:00:00Z", "");
  for (const auto& listed : page({}).rows) {
    const auto row = quarantine_detail(seed_.warehouse(), AccountScope::all(), listed.quarantine_id);
    ASSERT_TRUE(row.has_value());
    EXPECT_EQ(row->origin, listed.origin);
    EXPECT_EQ(row->position, 7);
    const auto raw = quarantine_raw(seed_.warehouse(), AccountScope::all(), listed.quarantine_id);
    ASSERT_TRUE(raw.has_value());
    EXPECT_EQ(*raw, row->origin == "a" ? std::string("{\"a\n\0\xFF\\x", 8) : "");
    const auto digest = schema::sha256(*raw);
    EXPECT_EQ(row->sha256, schema::hex(digest.data(), digest.size()));
    EXPECT_EQ(row->bytes, static_cast<std::int64_t>(raw->size()));
  }
}

TEST_F(QuarantineTest, IsShownInsideTheScopeOnlyAndWithoutAnAccountOnlyToThoseWhoSeeAll) {
  add("web", kWeb, "syntax", "2026-11-20T10:00:00Z");
  add("nobody", "", "syntax", "2026-11-20T10:00:00Z");
  const auto audit = *AccountScope::of({kAudit}), web = *AccountScope::of({kWeb});
  EXPECT_THAT(found({}, web), ElementsAre("web"));
  EXPECT_THAT(found({}, audit), IsEmpty());
  EXPECT_THAT(found({}, AccountScope::none()), IsEmpty());
  for (const auto& row : page({}).rows)
    EXPECT_EQ(quarantine_raw(seed_.warehouse(), audit, row.quarantine_id).error().code, Code::kNotFound);
  for (const auto& id : {std::string(), std::string("none-"), std::string("none-x"), "none-" + std::string(32, '0'),
                         kWeb + "-" + std::string(32, 'G')}) {
    EXPECT_EQ(quarantine_detail(seed_.warehouse(), AccountScope::all(), id).error().code, Code::kNotFound) << id;
    EXPECT_EQ(quarantine_raw(seed_.warehouse(), AccountScope::all(), id).error().code, Code::kNotFound) << id;
  }
}

TEST_F(QuarantineTest, RefusesBadParameters) {
  const auto refused = [](const List& parameters) {
    const auto request = parse_quarantine_request(parameters);
    EXPECT_FALSE(request.has_value());
    return request ? std::string{} : request.error().detail;
  };
  EXPECT_THAT(refused({{"account_id", "12"}}), StartsWith("account_id: "));
  EXPECT_THAT(refused({{"limit", "1001"}}), StartsWith("limit: "));
  EXPECT_THAT(refused({{"from", "x"}}), StartsWith("from: "));
  EXPECT_THAT(refused({{"from", "2026-11-20T00:00:00Z"}, {"to", "2026-11-20T00:00:00Z"}}), StartsWith("to: "));
  EXPECT_THAT(refused({{"raeson", "x"}}), StartsWith("there is a parameter"));
  EXPECT_THAT(refused({{"reason", std::string(kFilterValueMaxBytes + 1, 'x')}}), StartsWith("reason: "));
  EXPECT_THAT(refused({{"reason", std::string(kFilterValuesMax, ',')}}), StartsWith("reason: at most 200"));
  EXPECT_TRUE(parse_quarantine_request(List{{"reason", std::string(kFilterValuesMax - 1, ',')}}).has_value());
}

TEST_F(QuarantineTest, AlertsAreListedNewestFirstUpToTheLimitAndCountedExactly) {
  const auto raise = [&](int from, int to) {
    seed_.admin_exec(
        "INSERT INTO alert (account_id, kind, subject, detail, raised_at) SELECT CASE WHEN n % 2 = 0 THEN '" + kWeb +
        "' ELSE '' END, 'variant', 's' || n, 'd', timestamptz '2026-11-20T00:00:00Z' + n * interval '1 second' FROM "
        "generate_series(" +
        std::to_string(from) + ", " + std::to_string(to) + ") AS n");
  };
  EXPECT_THAT(alert_list(seed_.warehouse(), AccountScope::all())->rows, IsEmpty());
  raise(1, static_cast<int>(kAlertsMax));
  auto list = *alert_list(seed_.warehouse(), AccountScope::all());
  EXPECT_THAT(list.rows, SizeIs(kAlertsMax));
  EXPECT_EQ(list.rows.front().subject, "s1000");
  raise(1001, 1001);
  list = *alert_list(seed_.warehouse(), AccountScope::all());
  EXPECT_THAT(list.rows, SizeIs(kAlertsMax));
  EXPECT_EQ(list.total, static_cast<std::int64_t>(kAlertsMax) + 1);
  EXPECT_EQ(alert_list(seed_.warehouse(), *AccountScope::of({kWeb}))->total, 500);
  EXPECT_EQ(alert_list(seed_.warehouse(), *AccountScope::of({kAudit}))->total, 0);
}

}  // namespace
}  // namespace backtrail::query
