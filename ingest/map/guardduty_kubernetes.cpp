#include "ingest/map/guardduty_kubernetes.hpp"

#include <fmt/format.h>
#include <string>

#include "ingest/map/arn.hpp"
#include "ingest/map/finding_caller.hpp"
#include "ingest/map/json_field.hpp"

namespace backtrail::ingest {
namespace {

using schema::EntityKind;
using schema::FindingRole;
using schema::JsonNode;

// A name inside the cluster, as a key that is unique outside it.
std::string cluster_key(const KubernetesContext& context, std::string_view kind, std::string_view name) {
  if (name.empty()) return {};
  const auto cluster = context.cluster_arn.empty() ? context.account_id : context.cluster_arn;
  return fmt::format("{}/{}/{}", cluster, kind, name);
}

std::string_view first_item(const JsonNode* list) {
  const auto all = items(list);
  return all.empty() ? std::string_view{} : scalar_text(&all.front());
}

// uid is "aws-iam-authenticator:ACCOUNT:AROA…" or "…:AIDA…"; sessionName has the name of a role's session.
void add_iam_identity(const JsonNode* user, const KubernetesContext& context, FindingBuilder& builder) {
  constexpr std::string_view kAuthenticator = "aws-iam-authenticator:";
  std::string_view uid = text_field(user, "uid");
  if (!uid.starts_with(kAuthenticator)) return;
  uid.remove_prefix(kAuthenticator.size());
  const auto colon = uid.find(':');
  if (colon == std::string_view::npos || colon + 1 == uid.size()) return;
  const auto session = first_item(field(user, "sessionName"));
  std::string principal_id(uid.substr(colon + 1));
  const bool is_role = principal_id.starts_with("AROA");
  if (is_role && !session.empty()) principal_id.append(":").append(session);
  Caller caller;
  caller.principal_id = principal_id;
  caller.user_type = is_role ? "AssumedRole" : "IAMUser";
  caller.account_id = schema::is_account_id(uid.substr(0, colon)) ? uid.substr(0, colon) : context.account_id;
  add_caller(caller, FindingRole::kActor, builder);
}

}  // namespace

std::string_view map_kubernetes_user(const JsonNode* user, const KubernetesContext& context, FindingBuilder& builder) {
  if (user == nullptr) return {};
  const auto name = text_field(user, "username");
  add_iam_identity(user, context, builder);
  // Clusters that map IAM identities one to one use the ARN as the name.
  const bool is_arn = parse_arn(name).has_value();
  builder.add_entity(EntityKind::kPrincipal, is_arn ? std::string(name) : cluster_key(context, "user", name),
                     is_arn ? last_part(name) : name, FindingRole::kActor);
  builder.add_fact("User", name);
  builder.add_fact("Kubernetes user ID", text_field(user, "uid"));
  for (const JsonNode& group : items(field(user, "groups"))) builder.add_fact("Kubernetes groups", scalar_text(&group));
  for (const JsonNode& session : items(field(user, "sessionName"))) builder.add_fact("Session", scalar_text(&session));
  builder.add_fact("Impersonated user", text_field(user, "impersonatedUser", "username"));
  return name;
}

void map_kubernetes_workload(const JsonNode* workload, const KubernetesContext& context, FindingBuilder& builder) {
  if (workload == nullptr) return;
  const auto name = text_field(workload, "name"), space = text_field(workload, "namespace");
  const auto type = text_field(workload, "type"), account = text_field(workload, "serviceAccountName");
  const std::string path = name.empty() ? std::string{} : fmt::format("{}/{}", space, name);
  builder.add_entity(EntityKind::kResource, cluster_key(context, type.empty() ? "workload" : type, path), name,
                     FindingRole::kRelated, {{"namespace", space}, {"service_account", account}});
  builder.add_fact("Workload", name);
  builder.add_fact("Workload type", type);
  builder.add_fact("Namespace", space);
  builder.add_fact("Service account", account);
  for (const std::string_view flag : {"hostNetwork", "hostPID", "hostIPC"})
    if (truth_of(field(workload, flag))) builder.add_fact("Host access", flag);
  for (const JsonNode& container : items(field(workload, "containers")))
    map_container_block(&container, FindingRole::kRelated, builder);
}

void map_container_block(const JsonNode* container, FindingRole role, FindingBuilder& builder) {
  if (container == nullptr) return;
  const auto id = text_field(container, "id"), name = text_field(container, "name");
  const auto image = text_field(container, "image");
  builder.add_entity(EntityKind::kResource, id, name, role,
                     {{"image", image}, {"runtime", text_field(container, "containerRuntime")}});
  builder.add_fact("Container", name.empty() ? id : name);
  builder.add_fact("Container image", image);
  if (truth_of(field(container, "securityContext", "privileged"))) builder.add_fact("Container privileged", "true");
}

}  // namespace backtrail::ingest
