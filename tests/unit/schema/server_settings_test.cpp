#include "schema/pg/cluster/server_settings.hpp"

#include <gtest/gtest.h>
#include <map>

#include "schema/pg/cluster/postgres_binaries.hpp"

namespace backtrail::schema {
namespace {

constexpr std::uint64_t kGiB = 1024ULL * 1024 * 1024;

std::map<std::string, std::string> settings_of(std::uint64_t memory_gib, std::uint64_t disk_gib = 200) {
  std::map<std::string, std::string> out;
  for (const auto& [name, value] : server_settings({memory_gib * kGiB, disk_gib * kGiB, kGiB}, true)) {
    EXPECT_TRUE(is_setting_name(name)) << name;
    EXPECT_TRUE(out.emplace(name, value).second) << name << " is set twice";
  }
  return out;
}

TEST(ServerSettings, MemoryFollowsTheMachineWithinBounds) {
  EXPECT_EQ(settings_of(4).at("shared_buffers"), "819MB");
  EXPECT_EQ(settings_of(20).at("shared_buffers"), "4096MB");
  EXPECT_EQ(settings_of(24).at("shared_buffers"), "4096MB");
  EXPECT_EQ(settings_of(0).at("shared_buffers"), "128MB");
  EXPECT_EQ(settings_of(24).at("work_mem"), "64MB");
}

TEST(ServerSettings, LogOnDiskFollowsTheFreeSpace) {
  EXPECT_EQ(settings_of(4, 1000).at("max_wal_size"), "4096MB");
  EXPECT_EQ(settings_of(4, 10).at("max_wal_size"), "512MB");
  EXPECT_EQ(settings_of(4, 1).at("max_wal_size"), "256MB");
}

TEST(ServerSettings, SmallSharedMemoryIsAvoided) {
  const auto has_mmap = [](std::uint64_t mib) {
    for (const auto& [name, value] : server_settings({4 * kGiB, 10 * kGiB, mib * 1024 * 1024}, true)) {
      if (name == "dynamic_shared_memory_type") return value == "mmap";
    }
    return false;
  };
  EXPECT_TRUE(has_mmap(255));
  EXPECT_FALSE(has_mmap(256));
}

TEST(ServerSettings, FsyncIsLeftOnUnlessATestTurnsItOff) {
  EXPECT_EQ(settings_of(4).count("fsync"), 0U);
  bool off = false;
  for (const auto& [name, value] : server_settings({}, false)) off = off || (name == "fsync" && value == "off");
  EXPECT_TRUE(off);
}

TEST(ServerSettings, FileQuotesValuesAndKeepsOneLineEach) {
  EXPECT_EQ(settings_file({{"a", "it's"}, {"b", "x\\y\nlisten_addresses = '*'"}}),
            "a = 'it''s'\nb = 'x\\\\y listen_addresses = ''*'''\n");
}

TEST(ServerSettings, NamesHoldNoSyntax) {
  EXPECT_TRUE(is_setting_name("auto_explain.log_min_duration"));
  for (const char* bad : {"", "a b", "a=1", "a\n", "A", "a'"}) EXPECT_FALSE(is_setting_name(bad)) << bad;
}

TEST(PostgresBinaries, MajorVersionIsReadFromTheProgramsAnswer) {
  EXPECT_EQ(postgres_major("postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)\n"), 15);
  EXPECT_EQ(postgres_major("postgres (PostgreSQL) 18devel"), 18);
  EXPECT_EQ(postgres_major("postgres (PostgreSQL) "), std::nullopt);
  EXPECT_EQ(postgres_major("mysqld 8"), std::nullopt);
  EXPECT_EQ(postgres_major(""), std::nullopt);
}

TEST(PostgresBinaries, MissingVersionSaysWhatToInstall) {
  const auto none = find_postgres_binaries(9);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Code::kNotFound);
  EXPECT_NE(none.error().detail.find("postgresql-9"), std::string::npos) << none.error().detail;
}

}  // namespace
}  // namespace backtrail::schema
