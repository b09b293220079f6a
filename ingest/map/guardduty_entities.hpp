// Which things of ours a GuardDuty finding is about: the blocks of `resource`, each to entities and facts.
//
// resource.resourceType names the primary block; the others are related (a finding about a key also carries the
// instance that the key was issued to). Whose credentials made an API call is the actor whatever resourceRole says;
// of everything else the role is resourceRole. Pure but for the finding and the builder that are filled.
#pragma once
#include "ingest/map/finding_builder.hpp"
#include "schema/core/json_tree.hpp"

namespace backtrail::ingest {

struct ResourceContext {
  std::string_view resource_type;  // "AccessKey", "Instance", "S3Bucket", …
  std::string_view resource_role;  // "TARGET" or "ACTOR"
  std::string_view partition;
  bool is_api_call = false;
};

// Fills entities, facts and finding.user_name from the finding's `resource`.
void map_guardduty_resource(const schema::JsonNode* resource, const ResourceContext& context, schema::Finding& finding,
                            FindingBuilder& builder);

// service.detection.sequence of attack sequences: all actors, resources and endpoints; signals that are findings become
// related resources keyed by their ARN or id.
void map_attack_sequence(const schema::JsonNode* sequence, std::string_view partition, schema::Finding& finding,
                         FindingBuilder& builder);

// An EC2 instance's network interfaces: ids, groups, subnet, VPC and addresses.
void map_network_interfaces(const schema::JsonNode* interfaces, FindingBuilder& builder);

}  // namespace backtrail::ingest
