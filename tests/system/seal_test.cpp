// seal, verify and unseal on a warehouse that serves meanwhile.
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/temp_dir.hpp"
#include "tests/system/running_backtrail.hpp"

namespace backtrail::testing {
namespace {

using nlohmann::json;

class SealCommandTest : public RunningBacktrail {
 protected:
  static json answer(const std::vector<std::string>& arguments, int status = 0) {
    const auto done = command(arguments);
    EXPECT_EQ(done.status, status) << done.err;
    return json::parse(done.out, nullptr, false);
  }
};

TEST_F(SealCommandTest, SealedDaysAnswerAsBefore) {
  const TempDir files;
  std::ofstream file(files / "events.json");
  for (int i = 0; i < 3; ++i)
    file << R"({"eventVersion":"1.08","userIdentity":{"type":"IAMUser","principalId":"AIDASEALEDUSER001","arn":)"
         << R"("arn:aws:iam::111122223333:user/sealed","accountId":"111122223333","userName":"sealed"},"eventTime":)"
         << R"("2026-01-05T00:00:0)" << i << R"(Z","eventSource":"s3.amazonaws.com","eventName":"ListBuckets",)"
         << R"("awsRegion":"eu-west-1","eventID":"5a1c2f9e-1111-4222-8333-44445555777)" << i
         << R"(","eventType":"AwsApiCall","recipientAccountId":"111122223333"})" << '\n';
  file.close();
  answer({"import", files.path().string(), "--json", "--retention", "forever"});
  const auto asked = [] {
    auto found = answer(
        {"lookup", "--user", "sealed", "--from", "2026-01-05T00:00:00Z", "--to", "2026-01-06T00:00:00Z", "--json"});
    EXPECT_EQ(found.at("total"), 3) << found;
    return found;
  };
  const json before = asked();
  const json sealed = answer({"seal", "2026-01-05", "--json"});
  EXPECT_EQ(sealed.at("events"), 3) << sealed;
  EXPECT_EQ(sealed.at("parts"), 1) << sealed;
  EXPECT_EQ(asked(), before);
  const json verified = answer({"verify", "--from", "2026-01-05", "--to", "2026-01-05", "--json"});
  EXPECT_EQ(verified.at("events"), 3) << verified;
  EXPECT_TRUE(verified.at("damaged").empty()) << verified;
  EXPECT_EQ(answer({"import", files.path().string(), "--again", "--json"}).at("duplicates"), 3);
  const json back = answer({"unseal", "2026-01-05", "--json"});
  EXPECT_EQ(back.at("events"), 3) << back;
  EXPECT_EQ(asked(), before);
  EXPECT_EQ(answer({"verify", "--from", "2026-01-05", "--to", "2026-01-05", "--json"}).at("parts"), 0);
}

TEST_F(SealCommandTest, PartsOfADayAreMerged) {
  const TempDir files;
  for (int i = 0; i < 3; ++i) {
    std::ofstream(files / ("events" + std::to_string(i) + ".json"))
        << R"({"eventVersion":"1.08","userIdentity":{"type":"IAMUser","principalId":"AIDAMERGEDUSER001","arn":)"
        << R"("arn:aws:iam::111122223333:user/merged","accountId":"111122223333","userName":"merged"},"eventTime":)"
        << R"("2026-01-06T00:00:0)" << i << R"(Z","eventSource":"s3.amazonaws.com","eventName":"ListBuckets",)"
        << R"("awsRegion":"eu-west-1","eventID":"5a1c2f9e-2222-4222-8333-44445555777)" << i
        << R"(","eventType":"AwsApiCall","recipientAccountId":"111122223333"})" << '\n';
    answer({"import", files.path().string(), "--json", "--retention", "forever"});
    EXPECT_EQ(answer({"seal", "2026-01-06", "--json", "--no-merge"}).at("parts"), 1);
  }
  const auto text = command({"seal", "2026-01-06"});
  EXPECT_NE(text.out.find("merged 3 parts with 3 events into 1, and 3 directories into 1"), std::string::npos)
      << text.out << text.err;
  const json again = answer({"seal", "2026-01-06", "--json"});
  EXPECT_EQ(again.at("merged").at("parts_before"), 0) << again;
  const json found = answer(
      {"lookup", "--user", "merged", "--from", "2026-01-06T00:00:00Z", "--to", "2026-01-07T00:00:00Z", "--json"});
  EXPECT_EQ(found.at("total"), 3) << found;
  const json verified = answer({"verify", "--from", "2026-01-06", "--to", "2026-01-06", "--json"});
  EXPECT_EQ(verified.at("parts"), 1) << verified;
  EXPECT_TRUE(verified.at("damaged").empty()) << verified;
}

TEST_F(SealCommandTest, RefusesWhatIsNoDay) {
  const auto refused = command({"seal", "yesterday"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_NE(refused.err.find("2026-11-20"), std::string::npos) << refused.err;
  EXPECT_EQ(command({"unseal"}).status, 2);
}

}  // namespace
}  // namespace backtrail::testing
