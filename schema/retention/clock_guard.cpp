#include "schema/retention/clock_guard.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "schema/core/time.hpp"

namespace backtrail::schema {
namespace {

// The clock went on steadily since it was first doubted.
bool confirmed_by_waiting(std::int64_t now_us, const ClockEvidence& evidence) {
  if (!evidence.suspected_us) return false;
  const std::int64_t waited_us = now_us - *evidence.suspected_us;
  return waited_us >= kClockConfirmedAfterUs && waited_us < kClockConfirmedBeforeUs;
}

bool still_the_same_doubt(std::int64_t now_us, const ClockEvidence& evidence) {
  return evidence.suspected_us && now_us >= *evidence.suspected_us &&
         now_us - *evidence.suspected_us < kClockConfirmedBeforeUs;
}

}  // namespace

ClockVerdict judge_clock(std::int64_t now_us, const ClockEvidence& evidence) {
  const std::int32_t today = day_of(now_us);
  const bool ahead = now_us - evidence.database_us > kClockAheadOfDatabaseMaxUs;
  const bool stepped = today - evidence.trusted_day > kClockStepDaysMax;
  const bool believed =
      evidence.said_by_person || (!ahead && (!stepped || evidence.witnessed || confirmed_by_waiting(now_us, evidence)));
  if (believed) return {now_us, std::max(today, evidence.trusted_day), std::nullopt, ""};
  ClockVerdict verdict;
  verdict.trusted_day = evidence.trusted_day;
  verdict.expire_us = std::min(now_us, day_start(evidence.trusted_day + 1) - 1);
  verdict.suspected_us = still_the_same_doubt(now_us, evidence) ? evidence.suspected_us : now_us;
  verdict.doubt =
      ahead ? fmt::format("the clock says {}, the database's {}", format_rfc3339(now_us),
                          format_rfc3339(evidence.database_us))
            : fmt::format(
                  "the clock says {}, {} days after the last day that was certain, and no record of that time came",
                  format_rfc3339(now_us), today - evidence.trusted_day);
  return verdict;
}

}  // namespace backtrail::schema
