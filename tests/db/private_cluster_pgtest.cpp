// The private PostgreSQL as its users know it: starts, keeps, recovers, refuses, stops.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <pqxx/pqxx>
#include <pwd.h>
#include <signal.h>
#include <sstream>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "schema/pg/cluster/directory.hpp"
#include "schema/pg/cluster/processes.hpp"
#include "schema/pg/private_cluster.hpp"
#include "tests/support/temp_dir.hpp"

namespace backtrail::schema {
namespace {

namespace fs = std::filesystem;
using backtrail::testing::TempDir;

PrivateClusterOptions options_for(const fs::path& directory) {
  return {.data_dir = directory, .fsync = false, .run_as = {}, .settings = {{"shared_buffers", "32MB"}}};
}

std::unique_ptr<PrivateCluster> start(const PrivateClusterOptions& options) {
  auto started = PrivateCluster::start(options);
  if (!started) throw std::runtime_error(started.error().detail);
  return std::move(*started);
}

// initdb takes most of a test's time, so that most tests start on a copy of one stopped cluster: a directory named
// `pg`.
class PrivateClusterTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    stopped_ = std::make_unique<TempDir>();
    start(options_for(*stopped_ / "pg"))->stop();
  }
  static void TearDownTestSuite() { stopped_.reset(); }
  void SetUp() override {
    const std::string command = "cp -a " + (*stopped_ / "pg").string() + " " + directory.path().string();
    ASSERT_EQ(std::system(command.c_str()), 0);
  }
  TempDir directory;

 private:
  static inline std::unique_ptr<TempDir> stopped_;
};

std::string value_of(const std::string& connection_string, const std::string& sql) {
  pqxx::connection connection(connection_string);
  pqxx::nontransaction session(connection);
  const pqxx::result rows = session.exec(sql);
  return rows.empty() || rows.columns() == 0 ? "" : rows[0][0].as<std::string>("");
}

// The deadline only ends a hanging test; nothing is measured.
bool becomes_true(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (std::chrono::steady_clock::now() < deadline) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

uid_t owner_of_process(pid_t id) {
  struct stat found {};
  return stat(("/proc/" + std::to_string(id)).c_str(), &found) == 0 ? found.st_uid : static_cast<uid_t>(-1);
}

// Runs a program that holds the cluster of `directory`, and gives its process id once the server answers.
pid_t hold_in_another_process(const fs::path& directory) {
  std::array<int, 2> ready{};
  if (pipe(ready.data()) != 0) throw std::runtime_error("pipe");
  const pid_t child = fork();
  if (child == 0) {
    const auto cluster = PrivateCluster::start(options_for(directory));
    const char answer = cluster ? 'y' : 'n';
    if (write(ready[1], &answer, 1) != 1) _exit(1);
    for (;;) pause();
  }
  close(ready[1]);
  char answer = 'n';
  const ssize_t got = read(ready[0], &answer, 1);
  close(ready[0]);
  if (got != 1 || answer != 'y') throw std::runtime_error("the other process did not start");
  return child;
}

void kill_and_reap(pid_t child) {
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

TEST(PrivateClusterFirstStart, AnswersOnFirstStartWithADatabaseOfItsOwn) {
  TempDir directory;
  const auto cluster = start(options_for(directory / "pg"));
  const std::string admin = cluster->admin_connection_string();
  EXPECT_EQ(value_of(admin, "SELECT current_database()"), "backtrail");
  EXPECT_EQ(value_of(admin, "SHOW server_encoding"), "UTF8");
  EXPECT_EQ(value_of(admin, "SELECT datcollate || '/' || datctype FROM pg_database WHERE datname = 'backtrail'"),
            "C/C.UTF-8");
  EXPECT_EQ(value_of(admin, "SHOW data_checksums"), "on");
  EXPECT_EQ(value_of(admin, "SHOW timezone"), "UTC");
  EXPECT_EQ(value_of(admin, "SHOW shared_buffers"), "32MB");
  EXPECT_EQ(value_of(admin, "SHOW synchronous_commit"), "on");
}

TEST_F(PrivateClusterTest, IsDurableUnlessATestAsksOtherwise) {
  auto options = options_for(directory / "pg");
  EXPECT_EQ(value_of(start(options)->admin_connection_string(), "SHOW fsync"), "off");
  options.fsync = true;
  const auto cluster = start(options);
  EXPECT_EQ(value_of(cluster->admin_connection_string(), "SHOW fsync"), "on");
  EXPECT_EQ(value_of(cluster->admin_connection_string(), "SHOW full_page_writes"), "on");
}

TEST_F(PrivateClusterTest, IsReachableOnlyThroughAClosedSocketDirectory) {
  const auto cluster = start(options_for(directory / "pg"));
  EXPECT_EQ(value_of(cluster->admin_connection_string(), "SHOW listen_addresses"), "");
  struct stat socket {};
  ASSERT_EQ(stat(cluster->socket_directory().c_str(), &socket), 0);
  EXPECT_EQ(socket.st_mode & 07777, 0700U);
  struct stat data {};
  ASSERT_EQ(stat((directory / "pg" / "data").c_str(), &data), 0);
  EXPECT_EQ(data.st_mode & 07777, 0700U);
}

TEST_F(PrivateClusterTest, OperatorsSettingsWinButCannotOpenANetworkPort) {
  std::ofstream(directory / "pg" / "local.conf") << "work_mem = '7MB'\nlisten_addresses = '127.0.0.1'\n";
  chmod((directory / "pg" / "local.conf").c_str(), 0644);
  const auto cluster = start(options_for(directory / "pg"));
  EXPECT_EQ(value_of(cluster->admin_connection_string(), "SHOW work_mem"), "7MB");
  EXPECT_EQ(value_of(cluster->admin_connection_string(), "SHOW listen_addresses"), "");
}

TEST_F(PrivateClusterTest, SecondStartKeepsTheData) {
  {
    const auto cluster = start(options_for(directory / "pg"));
    value_of(cluster->admin_connection_string(), "CREATE TABLE kept AS SELECT 42 AS answer");
  }
  const auto cluster = start(options_for(directory / "pg"));
  EXPECT_EQ(value_of(cluster->admin_connection_string(), "SELECT answer FROM kept"), "42");
}

TEST_F(PrivateClusterTest, StopLeavesNoProcessAndNoSocket) {
  const auto cluster = start(options_for(directory / "pg"));
  const pid_t postmaster = cluster->postmaster_pid();
  ASSERT_GT(postgres_processes(directory / "pg" / "data").size(), 3U);
  cluster->stop();
  EXPECT_FALSE(cluster->running());
  EXPECT_TRUE(postgres_processes(directory / "pg" / "data").empty());
  EXPECT_EQ(kill(postmaster, 0), -1);
  EXPECT_FALSE(fs::exists(cluster->socket_directory() / ".s.PGSQL.5432"));
  EXPECT_FALSE(fs::exists(directory / "pg" / "data" / "postmaster.pid"));
  cluster->stop();  // a second time does nothing
}

TEST_F(PrivateClusterTest, DeadPostmasterIsStartedAgainWithCommittedData) {
  const auto cluster = start(options_for(directory / "pg"));
  const std::string admin = cluster->admin_connection_string();
  value_of(admin, "CREATE TABLE kept AS SELECT 42 AS answer");
  const pid_t killed = cluster->postmaster_pid();
  ASSERT_EQ(kill(killed, SIGKILL), 0);
  ASSERT_TRUE(becomes_true([&] { return cluster->running() && cluster->postmaster_pid() != killed; }));
  ASSERT_TRUE(becomes_true([&] {
    try {
      return value_of(admin, "SELECT answer FROM kept") == "42";
    } catch (const pqxx::broken_connection&) {
      return false;  // still recovering
    }
  }));
}

TEST_F(PrivateClusterTest, StopWhileThePostmasterIsBeingRestartedEnds) {
  const auto cluster = start(options_for(directory / "pg"));
  ASSERT_EQ(kill(cluster->postmaster_pid(), SIGKILL), 0);
  cluster->stop();
  EXPECT_TRUE(becomes_true([&] { return postgres_processes(directory / "pg" / "data").empty(); }));
}

TEST_F(PrivateClusterTest, TwoAtOnceAreRefusedWithTheProcessThatHoldsIt) {
  const auto cluster = start(options_for(directory / "pg"));
  const auto second = PrivateCluster::start(options_for(directory / "pg"));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::kIo);
  EXPECT_NE(second.error().detail.find("in use by process " + std::to_string(getpid())), std::string::npos)
      << second.error().detail;
  EXPECT_EQ(value_of(cluster->admin_connection_string(), "SELECT 1"), "1");
}

TEST_F(PrivateClusterTest, DoesNotOutliveAKilledProgram) {
  const pid_t program = hold_in_another_process(directory / "pg");
  ASSERT_FALSE(postgres_processes(directory / "pg" / "data").empty());
  kill_and_reap(program);
  EXPECT_TRUE(becomes_true([&] { return postgres_processes(directory / "pg" / "data").empty(); }));
}

TEST_F(PrivateClusterTest, StartsRightAfterItsProgramAndPostmasterWereKilled) {
  const pid_t program = hold_in_another_process(directory / "pg");
  {
    const auto other = running_private_cluster(directory / "pg", kPrivateAdmin);
    ASSERT_TRUE(other) << other.error().detail;
    value_of(*other, "CREATE TABLE kept AS SELECT 42 AS answer");
  }
  // Everything at once, as the kernel does when memory runs out; a zombie with the old number may stay.
  const auto processes = postgres_processes(directory / "pg" / "data");
  kill(program, SIGKILL);
  for (const pid_t id : processes) kill(id, SIGKILL);
  const auto cluster = start(options_for(directory / "pg"));
  EXPECT_EQ(value_of(cluster->admin_connection_string(), "SELECT answer FROM kept"), "42");
  waitpid(program, nullptr, 0);
}

TEST_F(PrivateClusterTest, EndsBackEndsThatOutlivedTheirPostmaster) {
  const pid_t program = hold_in_another_process(directory / "pg");
  const auto admin = running_private_cluster(directory / "pg", kPrivateAdmin);
  ASSERT_TRUE(admin) << admin.error().detail;
  // A stopped process cannot notice that its postmaster is gone.
  pqxx::connection connection(*admin);
  const pid_t back_end = connection.backendpid();
  ASSERT_EQ(kill(back_end, SIGSTOP), 0);
  std::ifstream pid_file(directory / "pg" / "data" / "postmaster.pid");
  pid_t postmaster = 0;
  ASSERT_TRUE(pid_file >> postmaster);
  kill(postmaster, SIGKILL);
  kill_and_reap(program);
  // The logger stays as long as anyone could write to it.
  ASSERT_TRUE(becomes_true([&] { return postgres_processes(directory / "pg" / "data").size() <= 2; }));
  const auto left = postgres_processes(directory / "pg" / "data");
  EXPECT_NE(std::find(left.begin(), left.end(), back_end), left.end());
  ASSERT_TRUE(end_leftovers(directory / "pg" / "data", std::chrono::seconds(1)));
  EXPECT_TRUE(postgres_processes(directory / "pg" / "data").empty());
  EXPECT_EQ(value_of(start(options_for(directory / "pg"))->admin_connection_string(), "SELECT 1"), "1");
}

TEST_F(PrivateClusterTest, StalePidFileOfAnotherProgramIsNotBelieved) {
  // Our own number: a living process, but no PostgreSQL.
  const fs::path data = directory / "pg" / "data";
  std::ofstream(data / "postmaster.pid") << getpid() << "\n" << data.string() << "\n0\n5432\n";
  EXPECT_EQ(value_of(start(options_for(directory / "pg"))->admin_connection_string(), "SELECT 1"), "1");
}

TEST(PrivateClusterFirstStart, InterruptedInitdbIsMadeAnew) {
  TempDir directory;
  fs::create_directories(directory / "pg" / "data.new" / "base");
  std::ofstream(directory / "pg" / "data.new" / "PG_VERSION") << "15\n";
  EXPECT_EQ(value_of(start(options_for(directory / "pg"))->admin_connection_string(), "SELECT 1"), "1");
  EXPECT_FALSE(fs::exists(directory / "pg" / "data.new"));
}

TEST(PrivateClusterFirstStart, StartedByRootItRunsAsAnotherUser) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  TempDir directory;
  const auto cluster = start(options_for(directory / "pg"));
  for (const pid_t id : postgres_processes(directory / "pg" / "data")) EXPECT_NE(owner_of_process(id), 0U);
  EXPECT_EQ(owner_of_process(cluster->postmaster_pid()),
            getpwnam("postgres") != nullptr ? getpwnam("postgres")->pw_uid : getpwnam("nobody")->pw_uid);
  EXPECT_NE(cluster->server_user_name(), "root");
}

TEST(PrivateClusterFirstStart, RunsAsTheUserThatIsAskedForAndKeepsToIt) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  TempDir directory;
  auto options = options_for(directory / "pg");
  options.run_as = "nobody";
  {
    const auto cluster = start(options);
    EXPECT_EQ(owner_of_process(cluster->postmaster_pid()), getpwnam("nobody")->pw_uid);
  }
  options.run_as = "";  // the owner of the data, not `postgres`
  EXPECT_EQ(start(options)->server_user_name(), "nobody");
  options.run_as = "root";
  EXPECT_FALSE(PrivateCluster::start(options));
  options.run_as = "no-such-user";
  EXPECT_FALSE(PrivateCluster::start(options));
}

TEST(PrivateClusterFirstStart, NamesTheDirectoryThatTheServersUserCannotEnter) {
  if (geteuid() != 0) GTEST_SKIP() << "only root runs the server as another user";
  TempDir directory;
  fs::create_directories(directory / "closed");
  chmod((directory / "closed").c_str(), 0700);
  const auto refused = PrivateCluster::start(options_for(directory / "closed" / "pg"));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().detail.find("cannot enter " + (directory / "closed").string()), std::string::npos)
      << refused.error().detail;
}

TEST(PrivateClusterFirstStart, DirectoriesThatItMakesLetTheServersUserPass) {
  TempDir directory;
  const mode_t before = umask(0077);
  const auto cluster = PrivateCluster::start(options_for(directory / "made" / "here" / "pg"));
  umask(before);
  ASSERT_TRUE(cluster) << cluster.error().detail;
  EXPECT_EQ(value_of((*cluster)->admin_connection_string(), "SELECT 1"), "1");
}

// n and n+1: a socket path of 107 bytes works where it is, one of 108 needs another directory.
TEST(PrivateClusterFirstStart, SocketPathAtTheLimitAndOneByteBeyond) {
  TempDir directory;
  const auto root_of_length = [&](std::size_t socket_bytes) {
    const std::size_t have = directory.path().string().size() + 1 + std::string("/socket").size();
    return directory / std::string(socket_bytes - have, 'd');
  };
  {
    const fs::path root = root_of_length(kSocketDirectoryBytesMax);
    const auto cluster = start(options_for(root));
    EXPECT_EQ(cluster->socket_directory(), root / "socket");
    EXPECT_EQ(value_of(cluster->admin_connection_string(), "SELECT 1"), "1");
  }
  fs::path elsewhere;
  {
    const auto cluster = start(options_for(root_of_length(kSocketDirectoryBytesMax + 1)));
    elsewhere = cluster->socket_directory();
    EXPECT_LT(elsewhere.string().size(), 30U);
    struct stat found {};
    ASSERT_EQ(stat(elsewhere.c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 07777, 0700U);
    EXPECT_EQ(value_of(cluster->admin_connection_string(), "SELECT 1"), "1");
  }
  EXPECT_FALSE(fs::exists(elsewhere));
}

TEST(PrivateClusterFirstStart, DirectoryNamesWithSignsWork) {
  for (const char* name : {"it's a \"dir\" \\ = x", "one,two"}) {
    TempDir directory;
    const auto cluster = start(options_for(directory / name));
    EXPECT_EQ(value_of(cluster->admin_connection_string(), "SELECT 1"), "1") << name;
  }
}

TEST_F(PrivateClusterTest, OtherCommandsFindTheRunningServer) {
  const auto before = running_private_cluster(directory / "never-started", kPrivateAdmin);
  ASSERT_FALSE(before);
  EXPECT_EQ(before.error().code, Code::kDatabaseDown);
  EXPECT_EQ(running_private_cluster(directory / "pg", kPrivateAdmin).error().code, Code::kDatabaseDown);
  const pid_t program = hold_in_another_process(directory / "pg");
  const auto during = running_private_cluster(directory / "pg", kPrivateAdmin);
  ASSERT_TRUE(during) << during.error().detail;
  EXPECT_EQ(value_of(*during, "SELECT 1"), "1");
  kill_and_reap(program);
  EXPECT_EQ(running_private_cluster(directory / "pg", kPrivateAdmin).error().code, Code::kDatabaseDown);
  EXPECT_TRUE(becomes_true([&] { return postgres_processes(directory / "pg" / "data").empty(); }));
}

TEST_F(PrivateClusterTest, WrongSettingIsReportedWithTheServersWords) {
  auto options = options_for(directory / "pg");
  options.settings.emplace_back("no_such_setting", "1");
  const auto refused = PrivateCluster::start(options);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().detail.find("no_such_setting"), std::string::npos) << refused.error().detail;
  EXPECT_TRUE(postgres_processes(directory / "pg" / "data").empty());
  options.settings = {{"work_mem = '1MB'\nlisten_addresses", "*"}};
  EXPECT_EQ(PrivateCluster::start(options).error().code, Code::kBadParameter);
}

TEST_F(PrivateClusterTest, DataOfAnUnknownVersionIsNotTouched) {
  std::ofstream(directory / "pg" / "data" / "PG_VERSION") << "14\n";
  const auto refused = PrivateCluster::start(options_for(directory / "pg"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kNotFound);
  EXPECT_NE(refused.error().detail.find("made by PostgreSQL 14"), std::string::npos) << refused.error().detail;
}

TEST_F(PrivateClusterTest, LogKeepsValuesOut) {
  const auto cluster = start(options_for(directory / "pg"));
  pqxx::connection connection(cluster->admin_connection_string());
  pqxx::nontransaction session(connection);
  session.exec("CREATE TABLE one (value text PRIMARY KEY)");
  session.exec_params("INSERT INTO one VALUES ($1)", "attackers-words");
  EXPECT_THROW(session.exec_params("INSERT INTO one VALUES ($1)", "attackers-words"), pqxx::unique_violation);
  std::string log;
  ASSERT_TRUE(becomes_true([&] {
    log.clear();
    for (const auto& file : fs::directory_iterator(directory / "pg" / "log")) {
      std::ostringstream text;
      text << std::ifstream(file.path()).rdbuf();
      log += text.str();
    }
    return log.find("duplicate key") != std::string::npos;
  }));
  EXPECT_EQ(log.find("attackers-words"), std::string::npos) << log;
}

TEST_F(PrivateClusterTest, OnlyTheNewestLogFilesStay) {
  for (int i = 10; i < 40; ++i)
    std::ofstream(directory / "pg" / "log" / ("postgresql-200001" + std::to_string(i) + "-000000.log")) << "old";
  const auto cluster = start(options_for(directory / "pg"));
  ASSERT_TRUE(becomes_true([&] {
    const auto files = std::distance(fs::directory_iterator(directory / "pg" / "log"), fs::directory_iterator{});
    return files <= 12;  // ten, startup.log and the new server's own
  }));
}

}  // namespace
}  // namespace backtrail::schema
