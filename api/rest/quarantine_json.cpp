#include "api/rest/quarantine_json.hpp"

#include "api/rest/receipt_json.hpp"

namespace backtrail::api {
namespace {

// What to do about it, for people; nothing for a reason of another version.
Json advice_json(const std::string& code) {
  const ingest::Reason* reason = ingest::find_reason(code);
  return reason == nullptr ? Json(nullptr) : Json(reason->advice);
}

}  // namespace

Json quarantine_row_json(const query::QuarantineRow& row) {
  return {{"quarantine_id", row.quarantine_id},
          {"account_id", text_or_null(row.account_id)},
          {"kind", row.kind},
          {"reason", row.reason},
          {"detail", row.detail},
          {"advice", advice_json(row.reason)},
          {"door", row.door},
          {"key_id", text_or_null(row.key_id)},
          {"origin", row.origin},
          {"position", row.position},
          {"bytes", row.bytes},
          {"sha256", row.sha256},
          {"received_at", time_json(row.received_us)},
          {"parser_version", text_or_null(row.parser_version)},
          {"tries", row.tries},
          {"last_tried_at", time_json(row.last_tried_us)},
          {"resolved_at", time_json(row.resolved_us)}};
}

Json replay_json(const ingest::ReplayReport& report, std::int64_t remaining) {
  return {{"resolved", report.resolved},
          {"still_quarantined", report.still_quarantined},
          {"not_open", report.not_open},
          {"failed", report.failed},
          {"remaining", remaining + static_cast<std::int64_t>(report.not_tried)},
          {"receipt", receipt_counts_json(report.receipt)}};
}

}  // namespace backtrail::api
