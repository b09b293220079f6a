// The other commands, on a warehouse that serves meanwhile.
#include <algorithm>
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/support/golden.hpp"
#include "tests/system/running_backtrail.hpp"

namespace backtrail::testing {
namespace {

using nlohmann::json;

class CommandTest : public RunningBacktrail {
 protected:
  // From the answer sheet beside the sample.
  static json story(const std::string& name) {
    const json answers = json::parse(read_whole_file(data_dir() + "/sample/stories.json"));
    for (const json& story : answers.at("stories"))
      if (story.at("name") == name) return story;
    return {};
  }
};

TEST_F(CommandTest, ImportAccountsForEveryRecordAndAddsNothingTwice) {
  const TempDir files;
  std::ofstream(files / "events.json")
      << R"({"Records":[{"eventVersion":"1.08","userIdentity":{"type":"IAMUser","principalId":"AIDAIMPORTER","arn":)"
      << R"("arn:aws:iam::111122223333:user/importer","accountId":"111122223333","userName":"importer"},"eventTime":")"
      << R"(2026-01-01T00:00:00Z","eventSource":"s3.amazonaws.com","eventName":"ListBuckets","awsRegion":"eu-west-1",)"
      << R"("eventID":"5a1c2f9e-1111-4222-8333-444455556666","eventType":"AwsApiCall","recipientAccountId":)"
      << R"("111122223333"},{"oops":1}]})";
  std::ofstream(files / "notes.txt") << "no records";
  const std::vector<std::string> import{"import", files.path().string(), "--json", "--retention", "forever"};
  const auto first = command(import);
  ASSERT_EQ(first.status, 0) << first.err;
  const json once = json::parse(first.out);
  EXPECT_EQ(once.at("received"), 2) << once;
  EXPECT_EQ(once.at("new"), 1);
  EXPECT_EQ(once.at("quarantined"), 1);
  const auto second = command(import);
  EXPECT_EQ(second.status, 0);
  EXPECT_EQ(json::parse(second.out).at("received"), 0) << second.out;
  auto again = import;
  again.emplace_back("--again");
  const json twice = json::parse(command(again).out);
  EXPECT_EQ(twice.at("new"), 0);
  EXPECT_EQ(twice.at("duplicates"), 1) << twice;
  EXPECT_EQ(twice.at("quarantined"), 1);  // one row for the same bytes and reason, however often

  const auto found = command(
      {"lookup", "--user", "importer", "--from", "2026-01-01T00:00:00Z", "--to", "2026-01-02T00:00:00Z", "--json"});
  EXPECT_EQ(found.status, 0) << found.err;
  EXPECT_EQ(json::parse(found.out).at("total"), 1) << found.out;
}

TEST_F(CommandTest, QuarantineIsListedShownAndReplayed) {
  const TempDir files;
  const std::string record = R"({"quarantined":"by a test","quarantined":"twice"})";
  std::ofstream(files / "twice.json") << record;
  ASSERT_EQ(command({"import", files.path().string()}).status, 0);
  const auto rows = [&] {
    const auto list = command({"quarantine", "list", "--reason", "dup_key", "--door", "import", "--json"});
    EXPECT_EQ(list.status, 0) << list.err;
    return json::parse(list.out).at("quarantine");
  };
  ASSERT_EQ(rows().size(), 1U);
  const std::string id = rows()[0].at("quarantine_id");
  EXPECT_EQ(command({"quarantine", "show", id, "--raw"}).out, record);
  EXPECT_NE(command({"quarantine", "show", id}).out.find("readers disagree"), std::string::npos);
  const auto replay = command({"quarantine", "replay", id, "--json"});
  EXPECT_EQ(replay.status, 3) << "something is left to look at";
  EXPECT_EQ(json::parse(replay.out).at("still_quarantined"), 1) << replay.out;
  EXPECT_EQ(rows()[0].at("tries"), 1);
  EXPECT_EQ(command({"quarantine", "replay", "--all", "--reason", "bomb"}).status, 0) << "there is none";
  EXPECT_EQ(command({"quarantine", "replay"}).status, 2);
  EXPECT_EQ(command({"quarantine", "show", "nonsense"}).status, 1);
}

TEST_F(CommandTest, ImportSaysWhichFileIsMissing) {
  const auto import = command({"import", "/nonexistent/file"});
  EXPECT_EQ(import.status, 1);
  EXPECT_NE(import.err.find("/nonexistent/file"), std::string::npos);
}

TEST_F(CommandTest, LookupTellsTheStoryOfTheLeakedKey) {
  const json leaked = story("leaked_ci_key");
  ASSERT_TRUE(leaked.is_object());
  const std::string key = leaked.at("entities").at("access_key");
  std::set<std::string> wanted = leaked.at("groups").at("attack");
  wanted.merge(leaked.at("groups").at("jenkins_same_key").get<std::set<std::string>>());

  const auto exact = command({"lookup", "--key", key, "--last", "90d", "--json", "--limit", "1000"});
  ASSERT_EQ(exact.status, 0) << exact.err;
  const json answer = json::parse(exact.out);
  std::set<std::string> by, on;  // calls that the key signed, and calls that name it
  for (const json& event : answer.at("events"))
    (event.at("access_key_id") == key ? by : on).insert(event.at("event_id").get<std::string>());
  EXPECT_EQ(by, wanted);
  const std::set<std::string> containment = leaked.at("groups").at("containment");
  EXPECT_EQ(on.size(), 1U);  // its deactivation
  EXPECT_TRUE(std::includes(containment.begin(), containment.end(), on.begin(), on.end()));
  EXPECT_EQ(answer.at("total"), by.size() + on.size());

  const auto table = command({"lookup", "--key", key, "--last", "90d"});
  EXPECT_EQ(table.status, 0) << table.err;
  EXPECT_NE(table.out.find(answer.at("total").dump()), std::string::npos) << table.out;
  const auto served = ask(address(), "GET", "/api/v1/activity?limit=1000&last=90d&access_key=" + key);
  ASSERT_EQ(served.status, 200) << served.body;
  EXPECT_EQ(json::parse(served.body).at("total"), answer.at("total"));
}

TEST_F(CommandTest, LookupOfNobodySaysSo) {
  const auto nobody = command({"lookup", "--user", "nobody-here\x1b[31m"});
  EXPECT_EQ(nobody.status, 1);
  EXPECT_NE(nobody.err.find("nobody-here"), std::string::npos);
  EXPECT_EQ(nobody.err.find('\x1b'), std::string::npos);
}

TEST_F(CommandTest, KeysAreMadeUsedAndRevoked) {
  const auto made =
      command({"key", "create", "--name", "door", "--role", "ingest", "--account", "111122223333", "--json"});
  ASSERT_EQ(made.status, 0) << made.err;
  const json key = json::parse(made.out);
  const Address sender{address().port, key.at("token")};
  const auto pushed = ask(sender, "POST", "/ingest/raw", "[]");
  EXPECT_EQ(pushed.status, 200) << pushed.body;
  EXPECT_EQ(ask(sender, "GET", "/api/v1/findings").status, 403);
  EXPECT_NE(command({"key", "list"}).out.find("door"), std::string::npos);
  EXPECT_EQ(command({"key", "list"}).out.find(std::string(key.at("token"))), std::string::npos);
  EXPECT_EQ(command({"key", "revoke", key.at("key_id")}).status, 0);
  EXPECT_EQ(command({"key", "revoke", "000000000000"}).status, 1);
}

TEST_F(CommandTest, AccountsComeFromTheOrganisation) {
  const TempDir files;
  std::ofstream(files / "accounts.csv") << "account_id,name,owner\n123456789012,The new one,carol\n";
  const auto imported = command({"accounts", "import", (files / "accounts.csv").string()});
  EXPECT_EQ(imported.status, 0) << imported.err;
  const auto listed = ask(address(), "GET", "/api/v1/accounts");
  EXPECT_NE(listed.body.find("The new one"), std::string::npos) << listed.body;
  EXPECT_NE(command({"accounts", "list"}).out.find("The new one"), std::string::npos);
  std::ofstream(files / "bad.csv") << "nothing,of,use\n1,2,3\n";
  EXPECT_EQ(command({"accounts", "import", (files / "bad.csv").string()}).status, 1);
}

TEST_F(CommandTest, RetentionIsSetAndApplied) {
  const auto set = command({"retention", "quarantine", "30d"});
  EXPECT_EQ(set.status, 0) << set.err;
  EXPECT_NE(set.out.find("30 days"), std::string::npos) << set.out;
  EXPECT_EQ(command({"retention", "quarantine", "30x"}).status, 1);
  EXPECT_EQ(command({"retention", "nonsense", "30d"}).status, 1);
  EXPECT_EQ(command({"retention", "--apply"}).status, 0);
  EXPECT_EQ(command({"retention", "quarantine", "90d"}).status, 0);
}

TEST_F(CommandTest, MigrateIsDoneAlready) {
  const auto migrated = command({"migrate"});
  EXPECT_EQ(migrated.status, 0) << migrated.err;
}

TEST_F(CommandTest, TheSameSeedGivesTheSameBytes) {
  const TempDir files;
  for (const char* name : {"a", "b"})
    ASSERT_EQ(run_backtrail({"sample", "--out", (files / name).string(), "--events", kSampleEvents, "--end",
                             "2026-11-20T00:00:00Z"})
                  .status,
              0);
  std::size_t compared = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(files / "a")) {
    if (!entry.is_regular_file()) continue;
    const auto other = (files / "b") / std::filesystem::relative(entry.path(), files / "a").string();
    EXPECT_EQ(read_whole_file(entry.path()), read_whole_file(other)) << entry.path();
    ++compared;
  }
  EXPECT_GT(compared, 100U);
}

}  // namespace
}  // namespace backtrail::testing
