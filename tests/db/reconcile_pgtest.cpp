// Lists of findings against the warehouse: what arrived, what did not, what is older than the retention; loading it.
#include <gmock/gmock.h>

#include "ingest/reconcile/reconcile.hpp"
#include "tests/db/ingest_warehouse.hpp"
#include "tests/support/compressed.hpp"

namespace backtrail::ingest {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string finding_id(int number) {
  return fmt::format("{:032x}", number);
}

// A finding as get-findings writes it.
Json listed(int number, std::string_view updated = "2026-11-02T09:05:00Z", std::string_view account = kAccountA,
            bool archived = false) {
  const Json lower = guardduty_json(number, updated, account);
  return {{"AccountId", account},
          {"Arn", lower["arn"]},
          {"Id", lower["id"]},
          {"Partition", "aws"},
          {"Region", "eu-west-1"},
          {"SchemaVersion", "2.0"},
          {"Type", lower["type"]},
          {"Severity", 5},
          {"CreatedAt", lower["createdAt"]},
          {"UpdatedAt", updated},
          {"Title", "A title"},
          {"Description", "A description."},
          {"Resource", {{"ResourceType", "AccessKey"}}},
          {"Service",
           {{"ServiceName", "guardduty"},
            {"DetectorId", "d1"},
            {"EventFirstSeen", "2026-11-02T08:00:00Z"},
            {"EventLastSeen", "2026-11-02T09:00:00Z"},
            {"Archived", archived},
            {"Count", 1}}}};
}

Json asff(int number, std::string_view record_state = "ACTIVE") {
  return {{"SchemaVersion", "2018-10-08"},
          {"Id", fmt::format("arn:aws:securityhub:eu-west-1:{}:subscription/x/finding/{}", kAccountA, number)},
          {"ProductArn", "arn:aws:securityhub:eu-west-1::product/aws/securityhub"},
          {"ProductName", "Security Hub"},
          {"CompanyName", "AWS"},
          {"Region", "eu-west-1"},
          {"GeneratorId", "g"},
          {"AwsAccountId", kAccountA},
          {"Types", {"Software and Configuration Checks"}},
          {"CreatedAt", "2026-11-01T00:00:00Z"},
          {"UpdatedAt", "2026-11-02T00:00:00Z"},
          {"Severity", {{"Label", "LOW"}}},
          {"Title", "t"},
          {"Description", "d"},
          {"Resources", {{{"Type", "AwsAccount"}, {"Id", fmt::format("AWS::::Account:{}", kAccountA)}}}},
          {"RecordState", record_state}};
}

std::string page(std::initializer_list<Json> findings) {
  Json document{{"Findings", Json::array()}};
  for (const auto& one : findings) document["Findings"].push_back(one);
  return document.dump(2);
}

std::string counts_of(const ReconcileCounts& c) {
  return fmt::format("{} = {} received + {} behind + {} missed + {} expired; {} archived, {} loaded", c.listed,
                     c.received, c.behind, c.missed, c.expired, c.archived, c.loaded);
}

class ReconcileTest : public ::testing::Test {
 protected:
  SourceList list_of(std::initializer_list<std::string> files) {
    SourceList list(context_);
    int number = 0;
    for (const auto& file : files) list.add_file(fmt::format("file-{}", ++number), file);
    return list;
  }
  ReconcileReport run(const SourceList& list, bool load = true) {
    auto report = reconcile(list, warehouse_.ingest(), &warehouse_.pipeline(), {load, kNowUs});
    EXPECT_TRUE(report.has_value()) << (report ? "" : report.error().detail);
    return report ? std::move(*report) : ReconcileReport{};
  }

  IngestWarehouse warehouse_;
  schema::HashKey key_ = read_hash_key(warehouse_.ingest()).value();
  MapContext context_{kNowUs, &key_};
};

TEST_F(ReconcileTest, TellsReceivedMissedBehindAndArchivedPerAccountAndRegion) {
  warehouse_.deliver(guardduty_json(1).dump() + guardduty_json(2).dump());
  const auto list = list_of(
      {page({listed(1), listed(2, "2026-11-03T00:00:00Z")}),
       page({listed(3, "2026-11-02T09:05:00Z", kAccountA, true), listed(4, "2026-11-02T09:05:00Z", kAccountB)})});
  const auto report = run(list, false);
  ASSERT_THAT(report.rows, SizeIs(2));
  EXPECT_EQ(report.rows[0].account_id, kAccountA);
  EXPECT_EQ(report.rows[0].region, "eu-west-1");
  EXPECT_EQ(report.rows[0].product, "GuardDuty");
  EXPECT_EQ(counts_of(report.rows[0].counts), "3 = 1 received + 1 behind + 1 missed + 0 expired; 1 archived, 0 loaded");
  EXPECT_EQ(report.rows[1].account_id, kAccountB);
  EXPECT_EQ(counts_of(report.total), "4 = 1 received + 1 behind + 2 missed + 0 expired; 1 archived, 0 loaded");
  ASSERT_THAT(report.missed, SizeIs(3));
  EXPECT_THAT(report.fetch_commands, IsEmpty());
  EXPECT_EQ(warehouse_.count("finding"), 2) << "only reported";
}

TEST_F(ReconcileTest, LoadsExactlyWhatIsMissing) {
  warehouse_.deliver(guardduty_json(1).dump() + guardduty_json(2).dump());
  const auto list =
      list_of({page({listed(1), listed(2, "2026-11-03T00:00:00Z"), listed(3, "2026-11-02T09:05:00Z", kAccountA, true)}),
               page({asff(1), asff(2, "ARCHIVED")})});
  const auto report = run(list);
  EXPECT_EQ(counts_of(report.total), "5 = 1 received + 1 behind + 3 missed + 0 expired; 2 archived, 4 loaded");
  EXPECT_EQ(text_of(report.receipt), "received 4: new 3 updated 1");
  for (const auto& one : report.missed) EXPECT_TRUE(one.loaded) << one.finding_id;
  EXPECT_EQ(warehouse_.value("SELECT count(*) FILTER (WHERE archived) || '/' || count(*) FROM finding"), "2/5");
  EXPECT_EQ(warehouse_.value(
                "SELECT count(*) FROM finding_version AS v JOIN finding AS f USING (account_id, finding_uid) WHERE "
                "f.provider_id = '" +
                finding_id(1) + "'"),
            "1")
      << "what had arrived is not loaded once more";
  EXPECT_EQ(
      warehouse_.value("SELECT DISTINCT origin FROM finding_version WHERE received_at = (SELECT max(received_at) FROM "
                       "delivery WHERE door = 'reconcile') AND origin LIKE 'file%' ORDER BY 1"),
      "file-1 file-2");
  EXPECT_EQ(counts_of(run(list).total), "5 = 5 received + 0 behind + 0 missed + 0 expired; 2 archived, 0 loaded");
}

TEST_F(ReconcileTest, ReadsEveryFormThatPeopleSave) {
  const auto pages = page({listed(1)}) + "\n" + page({listed(2)});
  const auto array = "[" + page({listed(3)}) + "," + page({listed(4), listed(1)}) + "]";
  const auto lines = listed(5).dump() + "\n" + listed(6).dump() + "\n";
  const auto list = list_of({pages, array, gzip(lines), R"({"FindingIds":[],"NextToken":""})"});
  EXPECT_THAT(list.findings(), SizeIs(6));
  EXPECT_THAT(list.ids(), IsEmpty());
  EXPECT_THAT(list.unread(), IsEmpty());
}

TEST_F(ReconcileTest, ReadsIdsInEveryForm) {
  const auto id = [](int number) { return "\"" + finding_id(number) + "\""; };
  const auto list = list_of(
      {"{\"FindingIds\":[" + id(1) + "," + id(2) + "],\"NextToken\":\"x\"}\n{\"FindingIds\":[" + id(3) + "]}",
       "[" + id(4) + "," + id(1) + "]", "FINDINGIDS\t" + finding_id(5) + "\nFINDINGIDS\t" + finding_id(6) + "\n",
       finding_id(7) + "\t" + finding_id(8) + "\n", page({listed(8)})});
  std::vector<std::string> ids;
  for (const auto& [one, file] : list.ids()) ids.push_back(one);
  EXPECT_THAT(ids, ElementsAre(finding_id(1), finding_id(2), finding_id(3), finding_id(4), finding_id(5), finding_id(6),
                               finding_id(7)))
      << "content says more than an id";
  EXPECT_THAT(list.unread(), IsEmpty());
}

TEST_F(ReconcileTest, GivesTheCommandsThatFetchIds) {
  std::string ids, received;
  for (int i = 1; i <= 53; ++i) ids += finding_id(i) + "\n";
  for (int i = 1; i <= 2; ++i) received += guardduty_json(i).dump() + "\n";
  warehouse_.deliver(received);
  const auto report = run(list_of({ids}));
  EXPECT_EQ(counts_of(report.total), "53 = 2 received + 0 behind + 51 missed + 0 expired; 0 archived, 0 loaded");
  ASSERT_THAT(report.fetch_commands, SizeIs(2)) << "fifty ids a command";
  // The Region and the detector are those of the ones that arrived.
  EXPECT_THAT(report.fetch_commands[0],
              ::testing::StartsWith("aws guardduty get-findings --region eu-west-1 --detector-id d1 --finding-ids " +
                                    finding_id(3) + " "));
  EXPECT_THAT(report.fetch_commands[1], ::testing::EndsWith(" " + finding_id(53) + " > missed-2.json"));
  EXPECT_THAT(run(list_of({finding_id(99)})).fetch_commands[0], HasSubstr("--region REGION --detector-id DETECTOR_ID"));
}

// A finding's text is the sender's: nothing of it may become part of a command.
TEST_F(ReconcileTest, PutsNoSendersTextIntoCommands) {
  Json odd = guardduty_json(1);
  odd["service"]["detectorId"] = "$(reboot)";
  warehouse_.deliver(odd.dump());
  const auto report = run(list_of({finding_id(1) + "\n" + finding_id(2)}));
  ASSERT_THAT(report.fetch_commands, SizeIs(1));
  EXPECT_THAT(report.fetch_commands[0], HasSubstr("--detector-id DETECTOR_ID"));
  EXPECT_FALSE(is_finding_id("$(reboot)"));
  EXPECT_FALSE(is_finding_id(finding_id(1) + "0"));
  EXPECT_FALSE(is_finding_id(std::string(32, 'A')));
  EXPECT_TRUE(is_finding_id(std::string(32, 'a')));
}

TEST_F(ReconcileTest, CallsNoFindingMissedThatIsOlderThanTheRetention) {
  Json old = listed(1, "2026-06-02T09:05:00Z");
  old["Service"]["EventLastSeen"] = "2026-06-02T09:00:00Z";
  old["Service"]["EventFirstSeen"] = "2026-06-02T09:00:00Z";
  old["CreatedAt"] = "2026-06-02T09:00:00Z";
  const auto report = run(list_of({page({old})}));
  EXPECT_EQ(counts_of(report.total), "1 = 0 received + 0 behind + 0 missed + 1 expired; 0 archived, 0 loaded");
  EXPECT_THAT(report.missed, IsEmpty());
  EXPECT_EQ(warehouse_.count("quarantine"), 0);
}

TEST_F(ReconcileTest, TellsWhatItDidNotUnderstand) {
  const auto list = list_of({event({.number = 1}) + R"({"a":1})" + listed(1).dump(), "notes of a person"});
  EXPECT_THAT(list.findings(), SizeIs(1));
  ASSERT_THAT(list.unread(), SizeIs(3));
  EXPECT_EQ(list.unread()[0].reason, "an API event, no finding");
  EXPECT_EQ(list.unread()[2].file, 1U);
}

TEST_F(ReconcileTest, TakesTheNewestOfSeveralStates) {
  const auto list = list_of({page({listed(1, "2026-11-02T10:00:00Z"), listed(1, "2026-11-02T12:00:00Z")}),
                             page({listed(1, "2026-11-02T11:00:00Z")})});
  ASSERT_THAT(list.findings(), SizeIs(1));
  EXPECT_EQ(schema::format_rfc3339(list.findings().begin()->second.finding.updated_us), "2026-11-02T12:00:00Z");
}

// What counts is the state, not the form it came in.
TEST_F(ReconcileTest, TakesANewerStateOfAnotherFormAsReceived) {
  warehouse_.deliver(guardduty_json(1, "2026-11-03T00:00:00Z").dump());
  EXPECT_EQ(run(list_of({page({listed(1)})})).total.received, 1U) << "a newer state has arrived";
}

}  // namespace
}  // namespace backtrail::ingest
