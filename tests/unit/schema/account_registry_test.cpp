// Files of accounts: both forms, the tolerance for how spreadsheets write them, and what is rejected with which reason.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>

#include "schema/registry/accounts.hpp"

namespace backtrail::schema {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::optional<std::string> field(const AccountLine& account, AccountField which) {
  return account.fields[static_cast<std::size_t>(which)];
}
bool has(const AccountFile& file, AccountField which) {
  return file.has[static_cast<std::size_t>(which)];
}

AccountFile parsed(std::string_view text) {
  auto file = parse_account_file(text);
  EXPECT_TRUE(file.has_value()) << (file ? "" : file.error().detail);
  return file ? std::move(*file) : AccountFile{};
}

std::vector<std::string> rejections(const AccountFile& file) {
  std::vector<std::string> out;
  for (const auto& one : file.rejected) out.push_back(std::to_string(one.line) + ": " + one.reason);
  return out;
}

TEST(AccountFileTest, ReadsCsv) {
  const auto file =
      parsed("account_id,name,organizational_unit,owner,environment\n111122223333,prod-web,Workloads,web team,prod\n");
  ASSERT_EQ(file.accounts.size(), 1U);
  EXPECT_EQ(file.accounts[0].account_id, "111122223333");
  EXPECT_EQ(field(file.accounts[0], AccountField::kName), "prod-web");
  EXPECT_EQ(field(file.accounts[0], AccountField::kOrganizationalUnit), "Workloads");
  EXPECT_EQ(field(file.accounts[0], AccountField::kOwner), "web team");
  EXPECT_EQ(field(file.accounts[0], AccountField::kEnvironment), "prod");
  EXPECT_TRUE(has(file, AccountField::kOwner));
  EXPECT_FALSE(has(file, AccountField::kEmail));
}

TEST(AccountFileTest, ReadsWhatSpreadsheetsWrite) {
  const auto file = parsed(
      "\xEF\xBB\xBF\"Account_ID\" , Name \r\n\"111122223333\",\"prod, "
      "\"\"web\"\"\"\r\n\r\n444455556666,\"a\"\r\n777788889999, last ");
  EXPECT_THAT(rejections(file), IsEmpty());
  ASSERT_EQ(file.accounts.size(), 3U);
  EXPECT_EQ(field(file.accounts[0], AccountField::kName), "prod, \"web\"");
  EXPECT_EQ(field(file.accounts[1], AccountField::kName), "a");
  EXPECT_EQ(field(file.accounts[2], AccountField::kName), "last");
}

TEST(AccountFileTest, TakesColumnsInAnyOrderAndEmptyCells) {
  const auto file = parsed("name,account_id\n,111122223333\n");
  ASSERT_EQ(file.accounts.size(), 1U);
  EXPECT_EQ(field(file.accounts[0], AccountField::kName), std::nullopt);
  EXPECT_TRUE(has(file, AccountField::kName));
}

TEST(AccountFileTest, RejectsBadLinesAndKeepsTheRest) {
  const auto file = parsed(
      "account_id,name\n"
      "11112222333,short\n"            // 2
      "111122223333,fine\n"            // 3
      "444455556666\n"                 // 4: a cell is missing
      "111122223333,again\n"           // 5
      "\"444455556666\"x,broken\n"     // 6
      "444455556666,\"two\nlines\"\n"  // 7 and 8: a control character
      "777788889999,fine too\n"        // 9
      "123456789012,\"never closed\n");
  EXPECT_THAT(rejections(file),
              ElementsAre("2: account_id is not 12 digits", "4: 1 cells where the header has 2",
                          "5: the account stands in line 3 already", "6: text follows the closing quote of a cell",
                          "7: name holds a control character", "10: a quote is not closed"));
  EXPECT_EQ(file.rejected_count, 6U);
  ASSERT_EQ(file.accounts.size(), 2U);
  EXPECT_EQ(file.accounts[1].account_id, "777788889999");
}

TEST(AccountFileTest, CountsLinesFromTheTopOfTheFile) {
  const auto file = parsed("\n\r\naccount_id,name\n\nx,y\n");
  EXPECT_THAT(rejections(file), ElementsAre("5: account_id is not 12 digits"));
}

TEST(AccountFileTest, ReadsListAccounts) {
  const auto file = parsed(R"({"Accounts":[
    {"Id":"111122223333","Arn":"arn:aws:organizations::1:account/o-x/111122223333","Email":"a@example.com","Name":"prod","Status":"ACTIVE","JoinedMethod":"CREATED"},
    {"Id":111122223333,"Name":"a number"}, 7, {"Id":"444455556666","Name":"line\nbreak"}, {"Id":"777788889999"}]})");
  ASSERT_EQ(file.accounts.size(), 2U);
  EXPECT_EQ(field(file.accounts[0], AccountField::kName), "prod");
  EXPECT_EQ(field(file.accounts[0], AccountField::kEmail), "a@example.com");
  EXPECT_EQ(field(file.accounts[0], AccountField::kStatus), "ACTIVE");
  EXPECT_EQ(field(file.accounts[1], AccountField::kName), std::nullopt);
  EXPECT_FALSE(has(file, AccountField::kOwner));
  EXPECT_THAT(rejections(file),
              ElementsAre("2: account_id is not 12 digits", "3: it is no object", "4: name holds a control character"));
}

TEST(AccountFileTest, RefusesWhatIsNoListOfAccounts) {
  const auto refused = [](std::string_view text) {
    const auto file = parse_account_file(text);
    EXPECT_FALSE(file.has_value()) << text;
    return file ? std::string{} : file.error().detail;
  };
  EXPECT_EQ(refused(""), "the file is empty");
  EXPECT_EQ(refused(" \r\n"), "the file is empty");
  EXPECT_THAT(refused("id,name\n1,2\n"), HasSubstr("no header of accounts"));
  EXPECT_THAT(refused("name,owner\na,b\n"), HasSubstr("no column account_id"));
  EXPECT_THAT(refused("account_id,name,Name\n"), HasSubstr("name twice"));
  EXPECT_THAT(refused("{\"Accounts\":{}}"), HasSubstr("a list Accounts"));
  EXPECT_THAT(refused("{\"Accounts\":["), HasSubstr("a list Accounts"));
  EXPECT_THAT(refused("account_id,name\n111122223333,caf\xE9\n"), HasSubstr("not UTF-8"));
}

TEST(AccountFileTest, TakesTheLargestFieldAndNoLonger) {
  const std::string fits(kAccountFieldMaxBytes, 'x');
  EXPECT_EQ(parsed("account_id,name\n111122223333," + fits + "\n").accounts.size(), 1U);
  EXPECT_THAT(rejections(parsed("account_id,name\n111122223333," + fits + "x\n")),
              ElementsAre("2: name is longer than 512 bytes"));
}

std::string csv_of(std::size_t lines) {
  std::string text = "account_id\n";
  for (std::size_t i = 0; i < lines; ++i) text += std::to_string(100'000'000'000 + i) + "\n";
  return text;
}

TEST(AccountFileTest, TakesAsManyLinesAsTheLimitAndNoMore) {
  EXPECT_EQ(parsed(csv_of(kAccountFileMaxLines)).accounts.size(), kAccountFileMaxLines);
  const auto file = parse_account_file(csv_of(kAccountFileMaxLines + 1));
  ASSERT_FALSE(file.has_value());
  EXPECT_EQ(file.error().code, Code::kTooLarge);
}

TEST(AccountFileTest, TakesTheLargestFileAndNoLarger) {
  std::string text = "account_id\n";
  text.resize(kAccountFileMaxBytes, 'x');
  EXPECT_THAT(rejections(parsed(text)), ElementsAre("2: account_id is not 12 digits"));
  text += 'x';
  const auto file = parse_account_file(text);
  ASSERT_FALSE(file.has_value());
  EXPECT_THAT(file.error().detail, HasSubstr("larger than"));
}

TEST(AccountFileTest, ReportsAsManyRejectionsAsTheLimitAndCountsTheRest) {
  std::string text = "account_id\n";
  for (std::size_t i = 0; i <= kAccountRejectionsMax; ++i) text += "x\n";
  const auto file = parsed(text);
  EXPECT_EQ(file.rejected.size(), kAccountRejectionsMax);
  EXPECT_EQ(file.rejected_count, kAccountRejectionsMax + 1);
}

}  // namespace
}  // namespace backtrail::schema
