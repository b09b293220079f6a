// May retention believe the clock? A clock that jumps ahead by years would expire everything at once.
//
// A time is suspicious when it lies more than kClockStepDaysMax beyond the day that retention believed in last, or
// ahead of the database's clock. It is believed nevertheless when a person says so; and, unless the database's clock
// says otherwise, when records came that happened at that time (senders have clocks of their own), or when the clock
// has gone on from there for a day without a step: then a machine was only switched off for long. Until then retention
// goes by the day it believed in last and removes nothing more. A clock that is behind removes nothing early and needs
// no guard. Pure.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

namespace backtrail::schema {

inline constexpr std::int32_t kClockStepDaysMax = 7;
inline constexpr std::int64_t kClockAheadOfDatabaseMaxUs = 3'600'000'000;    // an hour
inline constexpr std::int64_t kClockConfirmedAfterUs = 86'400'000'000;       // a day
inline constexpr std::int64_t kClockConfirmedBeforeUs = 7 * 86'400'000'000;  // else it stepped again
inline constexpr std::int64_t kClockWitnessUs = 2 * 86'400'000'000;          // a record that happened so long ago

struct ClockEvidence {
  std::int32_t trusted_day = 0;
  std::optional<std::int64_t> suspected_us;  // since when a time is doubted
  std::int64_t database_us = 0;
  bool witnessed = false;  // a record came that happened within kClockWitnessUs before now
  bool said_by_person = false;
};

struct ClockVerdict {
  std::int64_t expire_us = 0;                // what retention goes by
  std::int32_t trusted_day = 0;              // to be remembered
  std::optional<std::int64_t> suspected_us;  // to be remembered
  std::string doubt;                         // for people; empty when the clock is believed
};

ClockVerdict judge_clock(std::int64_t now_us, const ClockEvidence& evidence);

}  // namespace backtrail::schema
