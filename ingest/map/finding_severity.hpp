// Severity of findings as numbers on GuardDuty's scale and as labels, from every way to say it. Pure functions.
#pragma once
#include <optional>

#include "schema/core/json_tree.hpp"
#include "schema/model/severity.hpp"

namespace backtrail::ingest {

struct SeverityReading {
  std::optional<double> value;  // GuardDuty's scale, 0 to 10; empty when nothing usable was given
  schema::Severity label = schema::Severity::kUnknown;
};

// A number or a string with a number, or a label in words. What is off the scale gives nothing.
SeverityReading guardduty_severity(const schema::JsonNode* severity);

// ASFF. The provider's own view counts, because analysts' changes live elsewhere: FindingProviderFields.Severity, then
// the top-level Severity; in each the label, then Normalized (0 informational, 1-39 low, 40-69 medium, 70-89 high,
// 90-100 critical), then Product, then Original. Product is the provider's native scale, which only GuardDuty shares
// with us: `is_guardduty` says whether it may be read.
SeverityReading asff_severity(const schema::JsonNode& record, bool is_guardduty);

// OCSF: the vendor's own severity (vendor_attributes), then the record's; in each the number, then the word where the
// number says nothing (0, 99). OCSF has labels only: the number is the lower end of the label's band.
SeverityReading ocsf_severity(const schema::JsonNode& record);

}  // namespace backtrail::ingest
