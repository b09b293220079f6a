// A security finding as one shape tells it: what a mapper hands to the writer and what one `finding_version` holds.
//
// One finding has one identity whatever route and shape it took (DESIGN: GuardDuty natively, through ASFF or OCSF is
// one row). `detail_*` facts come from the richest shape's newest version, `state_*` facts from the newest version of
// any shape; both orders are total, so arrival order never matters. Entities and evidence are united over all versions.
// Values only: thread-safe.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "schema/core/hash.hpp"
#include "schema/core/time.hpp"
#include "schema/model/entity.hpp"
#include "schema/model/severity.hpp"

namespace backtrail::schema {

// Which wire form told us; a larger number is richer and wins for details. Stored: never renumber.
enum class FindingShape : std::uint8_t { kOcsf = 1, kAsff = 2, kGuardDutyApi = 3, kGuardDuty = 4, kService = 5 };

constexpr std::string_view name_of(FindingShape shape) {
  switch (shape) {
    case FindingShape::kOcsf:
      return "ocsf";
    case FindingShape::kAsff:
      return "asff";
    case FindingShape::kGuardDutyApi:
      return "guardduty_api";  // UpperCamel, GetFindings
    case FindingShape::kGuardDuty:
      return "guardduty";  // lowerCamel, EventBridge and S3 export
    case FindingShape::kService:
      return "service";  // another AWS service's own form: Inspector, Macie, Access Analyzer
  }
  return "";
}

struct FindingIdentity {
  std::string account_id;   // 12 digits: the account the finding is about, never the envelope's
  std::string product_key;  // "guardduty/<region>" or the ProductArn: what makes the id unique
  std::string provider_id;  // GuardDuty finding id, or the ASFF Id
};

// Stable in every warehouse: the first 128 bits of SHA-256 over the three parts, each ended by U+0000.
Uuid finding_uid(const FindingIdentity& identity);

struct FindingTypeParts {  // ThreatPurpose:ResourceTypeAffected/ThreatFamilyName.DetectionMechanism!Artifact
  std::string purpose, resource, family, mechanism, artifact;
  bool operator==(const FindingTypeParts&) const = default;
};
// Any text is accepted; what has no "purpose:resource/family" form yields family = the text and the rest empty.
FindingTypeParts parse_finding_type(std::string_view type);

// How an entity appears in the finding, with what the finding says about it.
struct FindingEntity {
  Entity entity;
  FindingRole role = FindingRole::kRelated;
  std::string attributes_json;  // an object of strings: country, city, asn, organization, port, …; "" for none
};

struct Finding {
  FindingIdentity identity;
  FindingShape shape = FindingShape::kGuardDuty;
  std::string region;
  std::string product;      // "GuardDuty", "Security Hub", "Inspector", or the ASFF product's name
  std::string product_arn;  // "" when the shape has none
  std::string detector_id;
  std::string generator_id;
  std::string type;
  FindingTypeParts type_parts;
  std::string title, description, remediation_url;
  std::optional<double> severity;  // GuardDuty's scale; empty when not given
  Severity severity_label = Severity::kUnknown;
  std::int64_t count = 1;  // occurrences
  std::int64_t first_seen_us = 0, last_seen_us = 0, created_us = 0, updated_us = 0;
  bool archived = false;
  bool sample = false;
  bool clock_clamped = false;   // a time of the finding lay absurdly far ahead and was replaced by the receipt time
  std::string record_state;     // ASFF RecordState, lower case
  std::string workflow_status;  // ASFF Workflow.Status, lower case; "" for others
  std::string compliance_status;
  std::string resource_type;
  std::string action;  // "s3.amazonaws.com ListObjects", or the action type
  std::string user_name;
  std::vector<FindingEntity> entities;                     // the primary actor first, then the primary target
  std::vector<std::pair<std::string, std::string>> facts;  // label, value: in reading order, for people
  Uuid content_fp{};
  std::string raw;  // exact bytes
};

}  // namespace backtrail::schema
