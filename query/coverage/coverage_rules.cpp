#include "query/coverage/coverage_rules.hpp"

#include <algorithm>
#include <functional>
#include <string>

namespace backtrail::query {
namespace {

using schema::CoverageSource;
using schema::kMicrosPerDay;
using schema::kMicrosPerHour;

constexpr std::int64_t kHoursPerDay = 24;

// Active hours, counted from 1970, ascending.
std::vector<std::int64_t> active_hours(std::span<const DayHours> days, std::int32_t from_day) {
  std::vector<std::int64_t> hours;
  for (const DayHours& one : days)
    for (std::int64_t hour = 0; one.day >= from_day && hour < kHoursPerDay; ++hour)
      if ((one.hours >> hour & 1U) != 0) hours.push_back(one.day * kHoursPerDay + hour);
  return hours;
}

std::size_t active_days(const std::vector<std::int64_t>& hours) {
  std::size_t days = 0;
  for (std::size_t i = 0; i < hours.size(); ++i)
    if (i == 0 || hours[i] / kHoursPerDay != hours[i - 1] / kHoursPerDay) ++days;
  return days;
}

}  // namespace

SilenceLimits silence_limits(CoverageSource source) {
  switch (source) {
    case CoverageSource::kCloudTrailManagement:
      return {2 * kMicrosPerHour, 6 * kMicrosPerHour};
    case CoverageSource::kCloudTrailData:
    case CoverageSource::kCloudTrailNetworkActivity:
      return {6 * kMicrosPerHour, kMicrosPerDay};
    // A heartbeat is sent to be missed.
    case CoverageSource::kHeartbeat:
      return {2 * kMicrosPerHour, 4 * kMicrosPerHour};
    // A healthy account has no findings for weeks: only a detector that was never still for long can be missed.
    case CoverageSource::kCloudTrailInsight:
    case CoverageSource::kGuardDuty:
    case CoverageSource::kSecurityHub:
    case CoverageSource::kOtherProduct:
    case CoverageSource::kNotice:
      return {3 * kMicrosPerDay, 7 * kMicrosPerDay};
  }
  return {kMicrosPerDay, 3 * kMicrosPerDay};
}

std::optional<std::int64_t> usual_pause_us(std::span<const DayHours> history) {
  if (history.empty()) return std::nullopt;
  const auto hours = active_hours(history, history.back().day - kRhythmDays + 1);
  if (hours.size() < kRhythmHoursMin || active_days(hours) < kRhythmActiveDaysMin) return std::nullopt;
  std::vector<std::int64_t> pauses;
  for (std::size_t i = 1; i < hours.size(); ++i) pauses.push_back(hours[i] - hours[i - 1]);
  std::nth_element(pauses.begin(), pauses.begin() + 1, pauses.end(), std::greater<>());
  const std::int64_t usual_us = pauses[1] * kMicrosPerHour;
  return usual_us <= kRhythmPauseMaxUs ? std::optional(usual_us) : std::nullopt;
}

Patience patience_of(CoverageSource source, std::int64_t usual) {
  const SilenceLimits limits = silence_limits(source);
  return {std::max(limits.late_min_us, usual + usual / 2), std::max(limits.silent_min_us, usual * 2)};
}

CellJudgement judge(const CellHistory& cell, const schema::TimeRange& window) {
  CellJudgement judgement;
  judgement.usual_pause_us = usual_pause_us(cell.days);
  if (!judgement.usual_pause_us) return judgement;
  const Patience patience = patience_of(cell.source, *judgement.usual_pause_us);
  const std::int64_t silence_us = window.to_us - cell.last_us;
  if (silence_us <= patience.late_us)
    judgement.status = CoverageStatus::kOk;
  else if (cell.account_active)
    judgement.status = silence_us <= patience.silent_us ? CoverageStatus::kLate : CoverageStatus::kSilent;

  // A pause lies between the end of one active hour and the start of the next.
  const auto hours = active_hours(cell.days, cell.days.front().day);
  const auto note = [&](std::int64_t from_us, std::int64_t to_us) {
    if (to_us - from_us > patience.late_us && to_us > window.from_us)
      judgement.gaps.push_back({std::max(from_us, window.from_us), to_us});
  };
  for (std::size_t i = 1; i < hours.size(); ++i) note((hours[i - 1] + 1) * kMicrosPerHour, hours[i] * kMicrosPerHour);
  if (judgement.status == CoverageStatus::kLate || judgement.status == CoverageStatus::kSilent)
    judgement.gaps.push_back({std::max(cell.last_us, window.from_us), window.to_us});
  return judgement;
}

CoverageStatus judge_account(const AccountFacts& account, std::int64_t now_us) {
  if (!account.registered || !account.active) return CoverageStatus::kOk;
  if (!account.last_management_us) return CoverageStatus::kNever;
  return now_us - *account.last_management_us > kRegisteredSilenceUs ? CoverageStatus::kSilent : CoverageStatus::kOk;
}

bool is_active_account(const std::optional<std::string>& registered_status) {
  if (!registered_status) return true;
  constexpr std::string_view kActive = "active";
  return std::equal(registered_status->begin(), registered_status->end(), kActive.begin(), kActive.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b; });
}

}  // namespace backtrail::query
