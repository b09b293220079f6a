// Kubernetes users, workloads and containers of GuardDuty findings. Pure but for the builder that is filled.
#pragma once
#include <string_view>

#include "ingest/map/finding_builder.hpp"
#include "schema/core/json_tree.hpp"

namespace backtrail::ingest {

struct KubernetesContext {
  std::string_view cluster_arn;  // "" when the finding names no cluster
  std::string_view account_id;
};

// The actor of a Kubernetes API call: the IAM session behind it where the cluster's authenticator names it (its calls
// are in CloudTrail), and the Kubernetes user by itself, which is unique only inside its cluster. Returns the user's
// name.
std::string_view map_kubernetes_user(const schema::JsonNode* user, const KubernetesContext& context,
                                     FindingBuilder& builder);

void map_kubernetes_workload(const schema::JsonNode* workload, const KubernetesContext& context,
                             FindingBuilder& builder);

void map_container_block(const schema::JsonNode* container, schema::FindingRole role, FindingBuilder& builder);

}  // namespace backtrail::ingest
