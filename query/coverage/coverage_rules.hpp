// When a source of an account and Region counts as late or silent, and which pauses were gaps. Pure: what was heard and
// the present are arguments, nothing is read.
//
// The measure is the cell's own rhythm: the second longest pause between hours in which something happened, over the
// kRhythmDays days up to its last record. The second longest, because one outage must not become the measure, and three
// weeks hold two weekends from end to end. A cell without a rhythm (a handful of records, a single day, pauses of many
// days) is quiet: nothing can be expected of it. The register expects CloudTrail management events of every active
// account, whatever history says.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "schema/core/time.hpp"
#include "schema/model/coverage.hpp"

namespace backtrail::query {

inline constexpr std::int32_t kRhythmDays = 21;
// A rhythm takes this many active hours on this many days.
inline constexpr std::size_t kRhythmHoursMin = 6;
inline constexpr std::size_t kRhythmActiveDaysMin = 3;
// What is usually still for longer keeps no rhythm.
inline constexpr std::int64_t kRhythmPauseMaxUs = 3 * schema::kMicrosPerDay;
// A registered account without a management event from any Region for longer is silent: AWS itself calls its services
// there daily.
inline constexpr std::int64_t kRegisteredSilenceUs = 3 * schema::kMicrosPerDay;

enum class CoverageStatus : std::uint8_t {
  kOk,      // heard within its rhythm
  kQuiet,   // heard before, but never in a rhythm: nothing is expected
  kLate,    // one and a half usual pauses have gone by
  kNever,   // expected by the register, never heard
  kSilent,  // two usual pauses have gone by: somebody should look
};
inline constexpr std::array kCoverageStatuses{CoverageStatus::kOk, CoverageStatus::kQuiet, CoverageStatus::kLate,
                                              CoverageStatus::kNever, CoverageStatus::kSilent};

constexpr std::string_view name_of(CoverageStatus status) {
  switch (status) {
    case CoverageStatus::kOk:
      return "ok";
    case CoverageStatus::kQuiet:
      return "quiet";
    case CoverageStatus::kLate:
      return "late";
    case CoverageStatus::kNever:
      return "never";
    case CoverageStatus::kSilent:
      return "silent";
  }
  return "";
}

// How long a source may be silent whatever its rhythm says.
struct SilenceLimits {
  std::int64_t late_min_us, silent_min_us;
};
SilenceLimits silence_limits(schema::CoverageSource source);

// The hours of one day (UTC) in which something happened: bit h is hour h.
struct DayHours {
  std::int32_t day;
  std::uint32_t hours;
};

// The usual pause of a history (by day, ascending): the second longest distance between two active hours. Only the last
// kRhythmDays days up to the last one count. Nothing when there is no rhythm.
std::optional<std::int64_t> usual_pause_us(std::span<const DayHours> history);

struct Patience {
  std::int64_t late_us, silent_us;
};
// How much silence is late and how much is silent, for a source with this usual pause.
Patience patience_of(schema::CoverageSource source, std::int64_t usual_pause_us);

struct CellHistory {
  schema::CoverageSource source;
  std::int64_t last_us;  // the newest record
  std::span<const DayHours>
      days;             // ascending; reaches back kRhythmDays before the last record and to the window's start
  bool account_active;  // false: closed or suspended, nothing is expected any more
};

struct CellJudgement {
  CoverageStatus status = CoverageStatus::kQuiet;
  std::optional<std::int64_t> usual_pause_us;
  // Pauses inside `window` that were longer than late allows, oldest first; the last one may still go on (it ends at
  // the window's end). Whole hours.
  std::vector<schema::TimeRange> gaps;
};
CellJudgement judge(const CellHistory& cell, const schema::TimeRange& window);

// What the register may expect of an account: CloudTrail management events from somewhere.
struct AccountFacts {
  bool registered = false, active = true;
  std::optional<std::int64_t> last_management_us;
};
// kOk when nothing is expected.
CoverageStatus judge_account(const AccountFacts& account, std::int64_t now_us);

// "ACTIVE" in any casing, or nothing said.
bool is_active_account(const std::optional<std::string>& registered_status);

}  // namespace backtrail::query
