// What an archive says about a record that the record cannot say itself: when and how it was received at first, what
// analysts wrote, why it was refused. Rows that have it are restored, not received. Values only.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "ingest/receipt.hpp"

namespace backtrail::ingest {

struct Provenance {
  std::int64_t received_us = 0;
  std::string door, key_id, origin;
  bool variant = false;  // an event told in OCSF that was no copy
  // Of a finding.
  std::optional<std::string> status, assignee;
  std::optional<double> effective_severity;
  std::optional<int> effective_severity_label;
  // Of a quarantined record.
  std::string account_id, reason, detail, parser_version, scope;
  RecordKind record_kind = RecordKind::kUnknown;
  std::uint64_t position = 0;
  int tries = 0;
  std::optional<std::int64_t> last_tried_us, resolved_us;
};

}  // namespace backtrail::ingest
