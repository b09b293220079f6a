// What bombs cost in memory: the peak of the resident set, which the kernel measures, over what it was before.
#include <cstdio>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>
#include <optional>
#include <string>

#include "tests/support/compressed.hpp"
#include "tests/support/recorded_records.hpp"

namespace backtrail::ingest {
namespace {

using ::testing::Each;
using testing::gzip;

constexpr std::size_t kMiB = 1024 * 1024;
constexpr std::size_t kGrowthMax = 32 * kMiB;

std::size_t status_bytes(const std::string& field) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(field + ":")) return std::stoul(line.substr(field.size() + 1)) * 1024;
  return 0;
}

// How much the resident set grew at most while `f` ran. Nothing where the kernel does not say.
template <class F>
std::optional<std::size_t> peak_growth(const F& f) {
  malloc_trim(0);
  std::ofstream reset("/proc/self/clear_refs");
  reset << "5" << std::flush;
  if (!reset) return std::nullopt;
  const std::size_t before = status_bytes("VmRSS");
  f();
  const std::size_t peak = status_bytes("VmHWM");
  return peak > before ? peak - before : 0;
}

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

struct Bomb {
  const char* name;
  std::string bytes;
};

std::vector<Bomb> bombs() {
  using namespace std::string_literals;
  // Larger than the limits let it grow, and made without holding it.
  const std::string zeros(256 * kMiB, '\0');
  const std::string gz = gzip(zeros, 9), zst = testing::zstd(zeros, 19);
  const std::string unsized = testing::zstd_stream({zeros});
  std::vector<std::pair<std::string, std::string>> files(200, {"a", std::string(kMiB, ' ')});
  for (std::size_t i = 0; i < files.size(); ++i) files[i].first += std::to_string(i);
  std::string claims = "\x28\xb5\x2f\xfd\xa0"s;
  claims += "\x00\x00\xc0\x03"s;
  claims += std::string(400'000, 'x');
  std::vector<Bomb> made;
  const auto add = [&made](const char* name, std::string bytes) { made.push_back({name, std::move(bytes)}); };
  add("gzip", gz);
  add("gzip and much behind it", gz + std::string(kMiB, 'x'));
  add("zstd", zst);
  add("zstd of no stated size", unsized);
  add("zstd with a window of 2 GiB", "\x28\xb5\x2f\xfd\x00\xa8\x01\x00\x00"s);
  add("zstd that claims 60 MiB", claims);
  add("gzip in gzip", gzip(gz, 9));
  add("gzip in gzip in gzip", gzip(gzip(gz, 9), 9));
  add("zstd in gzip", gzip(zst));
  add("gzip after many members", repeated(gzip("{}"), 1000) + gz);
  add("gzip in front of what is no gzip", gz + "trailing");
  add("zip", testing::zip({{"a", zeros}}));
  add("zip of many", testing::zip(files));
  return made;
}

TEST(DecodeMemoryTest, BombsCostLittleAndAreKept) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer's own memory hides what is measured";
#endif
  for (const Bomb& bomb : bombs()) {
    std::vector<std::string> texts;
    const auto growth = peak_growth([&] { texts = testing::recognised(bomb.bytes).texts(); });
    if (!growth) GTEST_SKIP() << "the kernel does not reset the peak of the resident set";
    EXPECT_FALSE(texts.empty()) << bomb.name;
    EXPECT_THAT(texts, Each(::testing::StartsWith("quarantined"))) << bomb.name;
    EXPECT_LE(*growth, bomb.bytes.size() + kGrowthMax) << bomb.name;
    std::printf("  %-34s %9zu bytes, resident set +%.1f MiB\n", bomb.name, bomb.bytes.size(),
                static_cast<double>(*growth) / static_cast<double>(kMiB));
  }
}

TEST(DecodeMemoryTest, ThousandsOfEmptyMembersAreNothing) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer's own memory hides what is measured";
#endif
  const std::string members = repeated(gzip(""), 10'000);
  std::vector<std::string> texts;
  const auto growth = peak_growth([&] { texts = testing::recognised(members).texts(); });
  EXPECT_TRUE(texts.empty());
  EXPECT_LE(growth.value_or(0), members.size() + kGrowthMax);
}

}  // namespace
}  // namespace backtrail::ingest
