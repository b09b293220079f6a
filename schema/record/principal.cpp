#include "schema/record/principal.hpp"

#include <string>
#include <string_view>

namespace backtrail::schema {
namespace {

std::string_view session_issuer(const JsonNode& identity, std::string_view key) {
  const JsonNode* issuer = identity.at("sessionContext", "sessionIssuer");
  return issuer == nullptr ? std::string_view{} : issuer->string_at(key);
}

// "arn:aws:sts::111122223333:assumed-role/web/session" -> part 1 is "web"; empty when there is no such part.
std::string_view arn_path_part(std::string_view arn, unsigned part) {
  auto at = arn.rfind(':');
  if (at == std::string_view::npos) return {};
  std::string_view path = arn.substr(at + 1);
  for (; part > 0; --part) {
    at = path.find('/');
    if (at == std::string_view::npos) return {};
    path.remove_prefix(at + 1);
  }
  return path.substr(0, path.find('/'));
}

std::string_view arn_tail(std::string_view arn) {
  const auto at = arn.find_last_of("/:");
  return at == std::string_view::npos ? arn : arn.substr(at + 1);
}

bool is_role_id(std::string_view id) {
  return id.starts_with("AROA");
}
bool is_user_id(std::string_view id) {
  return id.starts_with("AIDA");
}

Entity principal_entity(std::string_view key, std::string_view name) {
  return {EntityKind::kPrincipal, std::string(cut_entity_key(key)), std::string(name)};
}

// "AROAEXAMPLE:session": the role is the principal, the whole text the session.
void set_role_session(std::string_view principal_id, std::string_view role_id, std::string_view role_name,
                      ApiEvent& event) {
  const auto colon = principal_id.find(':');
  if (role_id.empty()) role_id = principal_id.substr(0, colon);
  if (!role_id.empty()) event.principal = principal_entity(role_id, role_name);
  if (colon == std::string_view::npos) return;
  event.session_name = principal_id.substr(colon + 1);
  event.session = Entity{EntityKind::kRoleSession, std::string(cut_entity_key(principal_id)), event.session_name};
  if (is_instance_id(event.session_name)) event.instance = Entity{EntityKind::kInstance, event.session_name, {}};
}

void resolve_assumed_role(const JsonNode& identity, ApiEvent& event) {
  const auto arn = identity.string_at("arn");
  auto role_name = session_issuer(identity, "userName");
  // The role stands in front of the session's name, or behind its own path.
  if (role_name.empty())
    role_name = arn.find(":role/") == std::string_view::npos ? arn_path_part(arn, 1) : arn_tail(arn);
  auto principal_id = identity.string_at("principalId");
  if (principal_id.empty()) principal_id = session_issuer(identity, "principalId");
  if (!principal_id.empty()) {
    set_role_session(principal_id, session_issuer(identity, "principalId"), role_name, event);
    return;
  }
  const auto issuer_arn = session_issuer(identity, "arn");
  const auto key = issuer_arn.empty() ? arn : issuer_arn;
  if (!key.empty()) event.principal = principal_entity(key, role_name);
}

// A federated user acts with credentials that a user (or root) asked for: the issuer is the principal.
void resolve_federated_user(const JsonNode& identity, ApiEvent& event) {
  const auto principal_id = identity.string_at("principalId");
  const auto issuer = session_issuer(identity, "principalId");
  if (issuer.empty()) {
    const auto key = principal_id.empty() ? identity.string_at("arn") : principal_id;
    if (!key.empty()) event.principal = principal_entity(key, arn_tail(identity.string_at("arn")));
    return;
  }
  set_role_session(principal_id, issuer, session_issuer(identity, "userName"), event);
}

void resolve_account(const JsonNode& identity, ApiEvent& event) {
  const auto principal_id = identity.string_at("principalId");
  const auto account = identity.string_at("accountId");
  if (is_role_id(principal_id)) return set_role_session(principal_id, {}, {}, event);
  if (is_user_id(principal_id))
    event.principal = principal_entity(principal_id, {});
  else if (account == "ANONYMOUS_PRINCIPAL" || account == "anonymous")
    event.principal = principal_entity("anonymous", "anonymous");
  else if (!account.empty())
    event.principal = principal_entity("account:" + std::string(account), {});
}

void resolve_service(const JsonNode& identity, ApiEvent& event) {
  const auto host = identity.string_at("invokedBy");
  if (!host.empty()) event.principal = principal_entity("service:" + std::string(host), host);
}

void resolve_identity_center(const JsonNode& identity, ApiEvent& event) {
  const JsonNode* person = identity.find("onBehalfOf");
  const auto user_id = person == nullptr ? std::string_view{} : person->string_at("userId");
  const auto key = user_id.empty() ? identity.string_at("principalId") : user_id;
  if (!key.empty())
    event.principal = principal_entity("identity_center:" + std::string(key), identity.string_at("userName"));
}

// Everything with an id of its own: IAM users, SAML and web identities, directory users, and shapes of the future.
void resolve_named(const JsonNode& identity, ApiEvent& event) {
  const auto principal_id = identity.string_at("principalId");
  const auto arn = identity.string_at("arn");
  auto name = identity.string_at("userName");
  // What stands in place of a name that no user has; it is not one user.
  if (name == "HIDDEN_DUE_TO_SECURITY_REASONS") name = {};
  if (name.empty() && !arn.empty()) name = arn_tail(arn);
  if (is_role_id(principal_id)) return resolve_assumed_role(identity, event);
  if (!principal_id.empty())
    event.principal = principal_entity(principal_id, name);
  else if (!arn.empty())
    event.principal = principal_entity(arn, name);
  else if (!name.empty() && !identity.string_at("accountId").empty())
    event.principal = principal_entity(std::string(identity.string_at("accountId")) + ":" + std::string(name), name);
  else
    resolve_service(identity, event);
}

void resolve_root(const JsonNode& identity, ApiEvent& event) {
  const auto account = identity.string_at("accountId");
  if (!account.empty())
    event.principal = principal_entity(std::string(account) + ":root", "root");
  else
    resolve_named(identity, event);
}

}  // namespace

void resolve_identity(const JsonNode* identity, ApiEvent& event) {
  if (identity == nullptr || !identity->is_object() || identity->children().empty()) {
    event.flags |= kFlagNoIdentity;
    return;
  }
  const JsonNode& who = *identity;
  event.identity_type = who.string_at("type");
  event.invoked_by = who.string_at("invokedBy");
  event.caller_account_id = who.string_at("accountId");
  if (const auto key = who.string_at("accessKeyId"); !key.empty())
    event.access_key = Entity{EntityKind::kAccessKey, std::string(cut_entity_key(key)), {}};
  if (const JsonNode* context = who.find("sessionContext"))
    event.source_identity = context->string_at("sourceIdentity");

  const std::string_view type = event.identity_type;
  if (type == "Root")
    resolve_root(who, event);
  else if (type == "AssumedRole" || type == "Role")
    resolve_assumed_role(who, event);
  else if (type == "FederatedUser")
    resolve_federated_user(who, event);
  else if (type == "AWSAccount")
    resolve_account(who, event);
  else if (type == "AWSService")
    resolve_service(who, event);
  else if (type == "IdentityCenterUser")
    resolve_identity_center(who, event);
  else
    resolve_named(who, event);

  if (!event.invoked_by.empty() || type == "AWSService") event.flags |= kFlagServiceMade;
}

}  // namespace backtrail::schema
