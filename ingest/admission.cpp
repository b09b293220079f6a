#include "ingest/admission.hpp"

#include <fmt/format.h>

namespace backtrail::ingest {

using schema::Code;
using schema::Error;
using schema::fail;

namespace {

Error mismatch(std::string_view account_id) {
  return fail(Code::kForbidden, fmt::format("account_mismatch: the key may not write for account {}", account_id));
}

bool expired(std::int64_t time_us, const char* kind, const Admission& admission) {
  const auto rule = admission.retention->find(kind);
  if (rule == admission.retention->end() || !rule->second) return false;
  return time_us < admission.now_us - std::int64_t{*rule->second} * schema::kMicrosPerDay;
}

bool held_day(const Admission& admission, const std::string& account_id, std::int32_t day) {
  return admission.held != nullptr && schema::holds_day(*admission.held, account_id, day);
}

bool held_finding(const Admission& admission, const schema::Finding& finding) {
  return admission.held != nullptr && !admission.held->empty() &&
         schema::holds_finding(*admission.held, finding.identity.account_id, finding_uid(finding.identity),
                               schema::day_of(finding.first_seen_us), schema::day_of(finding.last_seen_us));
}

}  // namespace

std::optional<Error> refuse(const schema::ApiEvent& event, const Admission& admission) {
  if (!admission.scope->allows(event.account_id)) return mismatch(event.account_id);
  if (event.event_time_us > admission.now_us + kFutureMaxUs)
    return fail(Code::kBadTime, "time: more than ten years in the future");
  const auto first_kept =
      schema::first_kept_day(*admission.retention, event.event_class, schema::day_of(admission.now_us));
  if (first_kept && event.event_day() < *first_kept && !held_day(admission, event.account_id, event.event_day()))
    return fail(Code::kBadTime, fmt::format("too_old: of {}, kept from {} on", schema::format_day(event.event_day()),
                                            schema::format_day(*first_kept)));
  return std::nullopt;
}

std::optional<Error> refuse(const schema::Finding& finding, const Admission& admission) {
  if (!admission.scope->allows(finding.identity.account_id)) return mismatch(finding.identity.account_id);
  if (expired(finding.last_seen_us, "finding", admission) && !held_finding(admission, finding))
    return fail(Code::kBadTime, fmt::format("too_old: last seen {}", schema::format_rfc3339(finding.last_seen_us)));
  return std::nullopt;
}

std::optional<Error> refuse(const schema::Notice& notice, const Admission& admission) {
  const auto& scope = *admission.scope;
  if (notice.account_id.empty() ? !scope.is_all() : !scope.allows(notice.account_id))
    return mismatch(notice.account_id.empty() ? "none" : notice.account_id);
  if (expired(notice.time_us, "notice", admission) &&
      !held_day(admission, notice.account_id, schema::day_of(notice.time_us)))
    return fail(Code::kBadTime, fmt::format("too_old: of {}", schema::format_rfc3339(notice.time_us)));
  return std::nullopt;
}

}  // namespace backtrail::ingest
