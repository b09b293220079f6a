// What the program says of itself, and how it refuses what it does not understand.
#include <gtest/gtest.h>
#include <sstream>

#include "tests/support/temp_dir.hpp"
#include "tests/system/program.hpp"

namespace backtrail::testing {
namespace {

// The commands that `backtrail --help` lists.
std::vector<std::string> listed_commands() {
  std::istringstream help(run_backtrail({"--help"}).out);
  std::vector<std::string> commands;
  bool listing = false;
  for (std::string line; std::getline(help, line);) {
    if (listing && line.starts_with("  ") && !line.starts_with("   "))
      commands.push_back(line.substr(2, line.find(' ', 2) - 2));
    if (line == "Subcommands:") listing = true;
  }
  return commands;
}

TEST(HelpTest, EveryCommandTeaches) {
  const auto commands = listed_commands();
  EXPECT_GE(commands.size(), 9U);
  for (const auto& command : commands) {
    const auto help = run_backtrail({command, "--help"});
    EXPECT_EQ(help.status, 0) << command;
    EXPECT_NE(help.out.find("Usage: backtrail " + command), std::string::npos) << help.out;
    EXPECT_EQ(help.err, "");
  }
}

TEST(HelpTest, RefusalsSayWhatToDoNext) {
  const struct {
    std::vector<std::string> arguments;
    int status;
    std::string says;
  } cases[] = {
      {{}, 2, "--help"},
      {{"nonsense"}, 2, "--help"},
      {{"up", "--nonsense"}, 2, "--help"},
      {{"lookup"}, 2, "--user"},
      {{"import"}, 2, "PATH"},
      {{"up", "--listen", "nowhere"}, 1, "ADDRESS:PORT"},
      {{"up", "--sns-topic", "findings"}, 1, "TOPIC_ARN=KEY_ID"},
      {{"up", "--sns-topic", "arn:aws:sns:eu-west-1:111122223333:findings=4t9p3k7h2m5x"}, 1, "--sns-certificates"},
      {{"up", "--spool-mib", "127"}, 2, "127 not in range 128 to 67108864"},
      {{"up", "--spool-mib", "67108865"}, 2, "not in range"},
      {{"up", "--spool-mib", "18446744073709551616"}, 2, "--spool-mib"},
      {{"serve", "--spool-mib", "-1"}, 2, "--spool-mib"},
      {{"serve", "--roles", "dancer"}, 1, "collector, api and maintenance"},
      {{"migrate", "--database-url", "postgresql:///nothing?host=/nonexistent"}, 1, "/nonexistent"},
  };
  for (const auto& test : cases) {
    const auto answer = run_backtrail(test.arguments);
    EXPECT_EQ(answer.status, test.status) << answer.err;
    EXPECT_NE(answer.err.find(test.says), std::string::npos) << answer.err;
    EXPECT_EQ(answer.out, "");
  }
}

TEST(HelpTest, TooSmallASampleIsRefusedBeforeAnythingIsMade) {
  const TempDir directory;
  const auto up =
      run_backtrail({"up", "--listen", "127.0.0.1:0", "--data-dir", (directory / "var").string(), "--sample", "9999"});
  EXPECT_EQ(up.status, 1);
  EXPECT_NE(up.err.find("10000"), std::string::npos) << up.err;
  EXPECT_FALSE(std::filesystem::exists(directory / "var"));
  EXPECT_EQ(run_backtrail({"sample", "--out", (directory / "s").string(), "--events", "9999"}).status, 1);
}

}  // namespace
}  // namespace backtrail::testing
