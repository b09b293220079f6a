#include "ingest/map/finding_caller.hpp"

#include <fmt/format.h>
#include <string>

namespace backtrail::ingest {
namespace {

using schema::EntityKind;
using schema::FindingRole;

bool is_role_type(std::string_view type) {
  return type == "AssumedRole" || type == "Role";
}

// "AROAEXAMPLE:session" is the session; what stands before the colon is the role.
void add_role(const Caller& caller, FindingRole role, FindingBuilder& builder) {
  const auto colon = caller.principal_id.find(':');
  if (colon != std::string_view::npos) {
    const std::string_view session_name = caller.principal_id.substr(colon + 1);
    builder.add_entity(EntityKind::kRoleSession, caller.principal_id, session_name, role);
    if (schema::is_instance_id(session_name))
      builder.add_entity(EntityKind::kInstance, session_name, {}, FindingRole::kRelated);
  }
  builder.add_entity(EntityKind::kPrincipal, caller.principal_id.substr(0, colon), caller.user_name, role);
}

// CloudTrail tells who issued the session, a finding does not: the session and its id stand for the principal.
void add_federated_user(const Caller& caller, FindingRole role, FindingBuilder& builder) {
  const auto colon = caller.principal_id.find(':');
  if (colon != std::string_view::npos)
    builder.add_entity(EntityKind::kRoleSession, caller.principal_id, caller.principal_id.substr(colon + 1), role);
  builder.add_entity(EntityKind::kPrincipal, caller.principal_id, caller.user_name, role);
}

// API calls on users and roles name them without a path, as findings do.
std::string iam_arn(const Caller& caller) {
  if (caller.user_name.empty() || caller.account_id.empty()) return {};
  const bool role = is_role_type(caller.user_type);
  if (!role && caller.user_type != "IAMUser") return {};
  return fmt::format("arn:{}:iam::{}:{}/{}", caller.partition.empty() ? "aws" : caller.partition, caller.account_id,
                     role ? "role" : "user", caller.user_name);
}

bool is_anonymous(std::string_view text) {
  return text == "ANONYMOUS_PRINCIPAL" || text == "anonymous";
}

void add_principal(const Caller& caller, FindingRole role, FindingBuilder& builder) {
  const std::string_view id = caller.principal_id, type = caller.user_type;
  const auto add = [&](std::string_view key, std::string_view name) {
    builder.add_entity(EntityKind::kPrincipal, key, name, role);
  };
  if (type == "Root") return add(fmt::format("{}:root", schema::is_account_id(id) ? id : caller.account_id), "root");
  if (is_anonymous(id) || is_anonymous(caller.user_name)) return add("anonymous", {});
  if (id.starts_with("AROA")) return add_role(caller, role, builder);
  if (id.starts_with("AIDA")) return add(id, caller.user_name);
  if (type == "FederatedUser" && !id.empty()) return add_federated_user(caller, role, builder);
  if (type == "AWSService") {
    const std::string_view host = id.empty() ? caller.user_name : id;
    return host.empty() ? void() : add(fmt::format("service:{}", host), host);
  }
  if (type == "AWSAccount" && schema::is_account_id(id)) return add(fmt::format("account:{}", id), {});
  if (!id.empty()) return add(id, caller.user_name);
  add(iam_arn(caller), caller.user_name);
}

}  // namespace

void add_caller(const Caller& caller, FindingRole role, FindingBuilder& builder) {
  add_principal(caller, role, builder);
  // Security Hub writes "null" where GuardDuty had no key.
  if (caller.access_key_id != "null") builder.add_entity(EntityKind::kAccessKey, caller.access_key_id, {}, role);
  builder.add_resource(iam_arn(caller), caller.user_name, FindingRole::kRelated);
}

}  // namespace backtrail::ingest
