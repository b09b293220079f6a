// Which mapped records may be stored: the key's accounts, the retention, sane times. Pure; values only.
#pragma once
#include <optional>

#include "schema/model/api_event.hpp"
#include "schema/model/finding.hpp"
#include "schema/model/notice.hpp"
#include "schema/pg/account_scope.hpp"
#include "schema/retention/retention.hpp"

namespace backtrail::ingest {

// Beyond this an event's time is a mistake and would never expire.
inline constexpr std::int64_t kFutureMaxUs = 3653 * schema::kMicrosPerDay;

struct Admission {
  const schema::AccountScope* scope;
  const schema::RetentionRules* retention;
  std::int64_t now_us;
  const std::vector<schema::HeldDays>* held = nullptr;  // days that are kept whatever the retention says
};

// Nothing when the record may be stored; else the error whose detail begins with the quarantine reason.
std::optional<schema::Error> refuse(const schema::ApiEvent& event, const Admission& admission);
std::optional<schema::Error> refuse(const schema::Finding& finding, const Admission& admission);
// A notice without an account is for keys that may write every account.
std::optional<schema::Error> refuse(const schema::Notice& notice, const Admission& admission);

}  // namespace backtrail::ingest
