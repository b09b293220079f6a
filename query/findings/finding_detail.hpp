// One finding with everything that is known of it, its activity's interval and lanes, and the exact bytes of its
// versions.
//
// An id that is malformed, unknown or of an account outside the caller's scope gives one and the same kNotFound, so
// that ids cannot be probed. Thread-safe.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "query/findings/finding_evidence.hpp"
#include "query/findings/finding_lanes.hpp"
#include "query/findings/finding_rows.hpp"
#include "query/warehouse.hpp"
#include "schema/core/error.hpp"
#include "schema/model/finding.hpp"
#include "schema/pg/account_scope.hpp"

namespace backtrail::query {

inline constexpr std::size_t kRelatedRowsMax = 20;
// Findings per shared entity that are looked at for the most related ones.
inline constexpr std::size_t kRelatedLookedAtMax = 5000;
inline constexpr std::size_t kDetailEntitiesMax = 5000;
inline constexpr std::size_t kDetailVersionsMax = 1000;
// Records that are read for evidence.api: the newest ones, unless they are very large.
inline constexpr std::size_t kEvidenceVersionsMax = 20;
inline constexpr std::size_t kEvidenceRecordMaxBytes = 256 * 1024;

struct FindingFact {
  std::string label, value;
  std::optional<schema::Entity> entity;  // the entity that the value is
};

struct FindingVersion {
  schema::Uuid version_id;
  std::int64_t updated_us, count;
  std::optional<double> severity;
  schema::FindingShape shape;
  std::int64_t received_us, bytes;
};

struct RelatedFinding {
  FindingRow row;
  std::vector<schema::Entity> shared;
};

struct FindingDetail {
  FindingRow row;
  bool held = false;  // by a legal hold that the caller may see
  std::string description;
  schema::FindingTypeParts type_parts;
  std::string provider_id;
  std::optional<std::string> product_arn, detector_id, generator_id, compliance_status, workflow_status,
      remediation_url;
  std::vector<FindingFact> facts;
  std::vector<MentionedEntity> entities;  // remote addresses among them, with their attributes
  std::vector<ApiEvidence> apis;
  std::vector<FindingVersion> versions;  // newest first
  FindingActivity activity;
  std::vector<RelatedFinding> related;
};

schema::Result<FindingDetail> finding_detail(const Warehouse& warehouse, const schema::AccountScope& scope,
                                             std::string_view finding_id, std::int64_t now_us);

// Only the interval and lanes.
schema::Result<FindingActivity> finding_activity(const Warehouse& warehouse, const schema::AccountScope& scope,
                                                 std::string_view finding_id, std::int64_t now_us);

// The exact bytes of a version, or of the newest. kBadRecord when what is stored is damaged.
schema::Result<std::string> finding_raw(const Warehouse& warehouse, const schema::AccountScope& scope,
                                        std::string_view finding_id, std::optional<std::string_view> version_id);

}  // namespace backtrail::query
