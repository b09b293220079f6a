// The parts of GuardDuty's `service` that tell people why a finding was raised: threat lists, malware, processes,
// anomalies and additional information, natively or as Security Hub's ProductFields give it.
#pragma once
#include "ingest/map/finding_builder.hpp"
#include "schema/core/json_tree.hpp"

namespace backtrail::ingest {

// Facts in reading order. `service` may be nullptr.
void map_guardduty_service(const schema::JsonNode* service, FindingBuilder& builder);

// service.additionalInfo under its own names: the long tail, to be called after everything that people read first.
void map_additional_info(const schema::JsonNode* service, FindingBuilder& builder);

// Whether the finding is one of GuardDuty's made-up samples, by its own flag in any of its forms.
bool has_sample_flag(const schema::JsonNode* service);

// Whether identifiers that AWS alone assigns are GuardDuty's placeholders (GeneratedFinding…, i-99999999). Names that
// anybody can choose are never looked at: a user called GeneratedFindingUserName must not hide what it does.
bool has_placeholder_ids(const schema::JsonNode* resource, const schema::JsonNode* action);
bool is_placeholder_id(std::string_view id);

}  // namespace backtrail::ingest
