// A synthetic organisation: fourteen accounts with ninety days of CloudTrail, GuardDuty findings, and five attacks.
//
// For trying Backtrail without an AWS account, for tests with a known truth (stories.json) and for benchmarks. Writes
// a folder in the layouts of an organisation trail and of GuardDuty's export. Deterministic: the same options give a
// byte-identical tree. Memory is bounded by the largest account, Region and slice of time, not by the number of events.
//
// Stories scale: their attack calls are always complete, while what surrounds them (backup reads, pipeline hops,
// Jenkins, heartbeats, stolen objects) shrinks in proportion in samples below a million events.
//
// Throws std::invalid_argument when check() has something to say, std::system_error when the disk has. One call uses
// one thread; calls with different folders may run at once.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace backtrail::ingest::sample {

inline constexpr std::uint64_t kEventsMin = 10'000;
inline constexpr std::uint64_t kEventsMax = 100'000'000;
inline constexpr int kDaysMin = 2;  // the stories take 36 hours
inline constexpr int kDaysMax = 3650;
// So that all account ids of an organisation have twelve digits and none of them are the examples'.
inline constexpr std::uint64_t kFirstAccountMin = 100'000'000'000, kFirstAccountMax = 999'000'000'000;

struct SampleOptions {
  std::filesystem::path out;
  std::uint64_t events = 0;  // CloudTrail events, those of the stories included
  std::uint64_t seed = 0;
  std::int64_t end_us = 0;  // the organisation's now: nothing happens at or after it
  int days = 90;
  // The accounts are numbered from here on: organisations with other ones can be in one warehouse. 0: ids as the
  // documentation has them.
  std::uint64_t first_account = 0;
};

struct SampleReport {
  std::uint64_t events_written = 0;
  std::uint64_t findings_written = 0;  // states of findings: one line each
  std::uint64_t files_written = 0;
  std::uint64_t bytes_written = 0;
};

// What is wrong with the options, in a sentence for a person; nothing if they can be used.
std::optional<std::string> check(const SampleOptions& options);

SampleReport write_sample(const SampleOptions& options,
                          const std::function<void(std::uint64_t done, std::uint64_t total)>& progress);

}  // namespace backtrail::ingest::sample
