// Which days are sealed now: a pure decision.
//
// A day is sealed 24 hours after its end, when nothing came for it for an hour; late events are sealed again once a day
// at most, or when they are many, because every part costs a look-up. A day is sealed early when its rows outgrow a
// limit. Thread-safe.
#pragma once
#include <cstdint>
#include <vector>

namespace backtrail::ingest::seal {

inline constexpr std::int32_t kSealAgeDays = 1;                        // whole days between a day's end and sealing
inline constexpr std::int64_t kQuietUs = 3600LL * 1'000'000;           // nothing came for so long
inline constexpr std::int64_t kLateQuietUs = 24LL * 3600 * 1'000'000;  // … for a day that has parts already
inline constexpr std::uint64_t kSealAnywayRows = 200'000;              // of an old day, however busy it is
inline constexpr std::uint64_t kEarlySealRows = 4'000'000;             // of a day that is not old enough

struct DayLoad {
  std::int32_t day = 0;
  std::uint64_t rows = 0;
  std::int64_t last_received_us = 0;
  bool has_parts = false;
};

// The first day that is too young to be sealed for its age.
std::int32_t first_young_day(std::int64_t now_us);
// `old_days` are before first_young_day, `young_days` are not and have estimates. The oldest first.
std::vector<std::int32_t> plan_seals(const std::vector<DayLoad>& old_days, const std::vector<DayLoad>& young_days,
                                     std::int64_t now_us);

}  // namespace backtrail::ingest::seal
