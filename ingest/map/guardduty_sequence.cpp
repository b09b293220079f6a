// Attack sequences: several actors, resources and endpoints, joined by signals; no service.action and hardly a
// resource.
#include <fmt/format.h>
#include <string>

#include "ingest/map/arn.hpp"
#include "ingest/map/finding_caller.hpp"
#include "ingest/map/guardduty_action.hpp"
#include "ingest/map/guardduty_entities.hpp"
#include "ingest/map/json_field.hpp"

namespace backtrail::ingest {
namespace {

using schema::EntityKind;
using schema::Finding;
using schema::FindingRole;
using schema::JsonNode;

// The principal's id: user.uid, with the session's name where uid is only the role; else what the actor's own id tells
// ("user:AssumedRole:AROA…:session").
std::string principal_id_of(const JsonNode& actor) {
  const JsonNode* user = field(&actor, "user");
  std::string id(text_field(user, "uid"));
  if (id.empty()) {
    std::string_view actor_id = text_field(&actor, "id");
    const std::string prefix = fmt::format("user:{}:", text_field(user, "type"));
    if (actor_id.starts_with(prefix)) id = actor_id.substr(prefix.size());
  }
  const auto session = text_field(&actor, "session", "uid");
  if (id.starts_with("AROA") && id.find(':') == std::string::npos && !session.empty()) id.append(":").append(session);
  return id;
}

void map_actor(const JsonNode& actor, std::string_view partition, Finding& finding, FindingBuilder& builder) {
  const JsonNode* user = field(&actor, "user");
  if (user != nullptr) {
    const std::string principal_id = principal_id_of(actor);
    const auto account = text_field(user, "account", "uid");
    const Caller caller{principal_id,
                        text_field(user, "type"),
                        text_field(user, "name"),
                        text_field(user, "credentialUid"),
                        account.empty() ? std::string_view{finding.identity.account_id} : account,
                        partition};
    add_caller(caller, FindingRole::kActor, builder);
    if (finding.user_name.empty()) finding.user_name = without_nul(caller.user_name);
    builder.add_fact("Access key", caller.access_key_id);
    builder.add_fact("User", caller.user_name);
    builder.add_fact("User type", caller.user_type);
    builder.add_fact("Principal ID", principal_id);
  }
  // The issuer of a session is the role's ARN; as an id of its own kind it is already the principal.
  const auto issuer = text_field(&actor, "session", "issuer");
  builder.add_fact("Session issuer", issuer);
  if (issuer.starts_with("arn:")) builder.add_resource(issuer, {}, FindingRole::kRelated);
  builder.add_fact("MFA", text_field(&actor, "session", "mfaStatus"));
  builder.add_fact("Process", text_field(&actor, "process", "path"));
}

void map_sequence_instance(const JsonNode& resource, std::string_view uid, std::string_view name,
                           FindingBuilder& builder) {
  // The uid is an ARN or the bare id; some writers give the id as the name only.
  const auto id = schema::is_instance_id(last_part(uid)) ? last_part(uid) : name;
  if (schema::is_instance_id(id))
    builder.add_entity(EntityKind::kInstance, id, name, FindingRole::kTarget);
  else
    builder.add_resource(uid, name, FindingRole::kTarget);
  builder.add_fact("Instance", id);
  const auto profile = text_field(&resource, "data", "ec2Instance", "iamInstanceProfile", "arn");
  builder.add_resource(profile, {}, FindingRole::kRelated);
  builder.add_fact("Instance profile", profile);
}

void map_sequence_access_key(const JsonNode& resource, std::string_view uid, std::string_view partition,
                             const Finding& finding, FindingBuilder& builder) {
  const JsonNode* key = field(&resource, "data", "accessKey");
  const auto account = text_field(&resource, "accountId");
  add_caller({text_field(key, "principalId"), text_field(key, "userType"), text_field(key, "userName"), uid,
              account.empty() ? std::string_view{finding.identity.account_id} : account, partition},
             FindingRole::kTarget, builder);
  builder.add_fact("Access key", uid);
}

void map_sequence_bucket(std::string_view uid, std::string_view name, FindingBuilder& builder) {
  const auto bucket = name.empty() ? last_part(uid) : name;
  if (bucket.empty()) return;
  builder.add_entity(EntityKind::kResource, fmt::format("arn:aws:s3:::{}", bucket), bucket, FindingRole::kTarget);
  builder.add_fact("Bucket", bucket);
}

void map_sequence_interface(const JsonNode& resource, FindingBuilder& builder) {
  const JsonNode* interface = field(&resource, "data", "ec2NetworkInterface");
  const auto public_ip = text_field(interface, "publicIp");
  if (schema::is_ip_address(public_ip))
    builder.add_entity(EntityKind::kIpAddress, public_ip, {}, FindingRole::kRelated);
  builder.add_fact("Public IP", public_ip);
  builder.add_fact("VPC", text_field(interface, "vpcId"));
  builder.add_resource(text_field(interface, "vpcId"), {}, FindingRole::kRelated);
  builder.add_resource(text_field(interface, "subNetId"), {}, FindingRole::kRelated);
  for (const JsonNode& group : items(field(interface, "securityGroups")))
    builder.add_resource(text_field(&group, "groupId"), text_field(&group, "groupName"), FindingRole::kRelated);
}

void map_resource(const JsonNode& resource, std::string_view partition, const Finding& finding,
                  FindingBuilder& builder) {
  const auto type = text_field(&resource, "resourceType");
  const auto uid = text_field(&resource, "uid"), name = text_field(&resource, "name");
  if (type == "EC2_INSTANCE") return map_sequence_instance(resource, uid, name, builder);
  if (type == "ACCESS_KEY") return map_sequence_access_key(resource, uid, partition, finding, builder);
  if (type == "S3_BUCKET") return map_sequence_bucket(uid, name, builder);
  builder.add_resource(uid.empty() ? name : uid, name, FindingRole::kTarget);
  builder.add_fact("Resource", uid.empty() ? name : uid);
  if (type == "EC2_NETWORK_INTERFACE") map_sequence_interface(resource, builder);
  if (type == "ECS_TASK")
    builder.add_resource(text_field(&resource, "data", "ecsTask", "taskDefinitionArn"), {}, FindingRole::kRelated);
}

void map_endpoint(const JsonNode& endpoint, FindingBuilder& builder) {
  const JsonNode* network = field(&endpoint, "autonomousSystem");
  add_remote_address(text_field(&endpoint, "ip"),
                     {{"country", text_field(&endpoint, "location", "country")},
                      {"city", text_field(&endpoint, "location", "city")},
                      {"asn", text_field(network, "number")},
                      {"organization", text_field(network, "name")},
                      {"port", text_field(&endpoint, "port")},
                      {"direction", text_field(&endpoint, "connection", "direction")}},
                     builder);
  builder.add_fact("Domain", text_field(&endpoint, "domain"));
}

// A signal may be a finding that the warehouse holds as well: it is kept by its ARN or id, so that the two can be
// joined.
void map_signal(const JsonNode& signal, FindingBuilder& builder) {
  const auto type = text_field(&signal, "type"), name = text_field(&signal, "name");
  builder.add_fact("Signal", type.empty() ? std::string(name) : fmt::format("{} ({})", name, type));
  if (type == "FINDING")
    builder.add_entity(EntityKind::kResource, text_field(&signal, "uid"), name, FindingRole::kRelated,
                       {{"signal", "finding"}});
}

void map_indicator(const JsonNode& indicator, FindingBuilder& builder) {
  const auto title = text_field(&indicator, "title");
  std::string text(title.empty() ? text_field(&indicator, "key") : title);
  std::string_view separator = ": ";
  for (const JsonNode& value : items(field(&indicator, "values"))) {
    text.append(separator).append(scalar_text(&value));
    separator = ", ";
  }
  builder.add_fact("Indicator", text);
}

}  // namespace

void map_attack_sequence(const JsonNode* sequence, std::string_view partition, Finding& finding,
                         FindingBuilder& builder) {
  if (sequence == nullptr) return;
  for (const JsonNode& actor : items(field(sequence, "actors"))) map_actor(actor, partition, finding, builder);
  for (const JsonNode& resource : items(field(sequence, "resources")))
    map_resource(resource, partition, finding, builder);
  for (const JsonNode& endpoint : items(field(sequence, "endpoints"))) map_endpoint(endpoint, builder);
  for (const JsonNode& signal : items(field(sequence, "signals"))) map_signal(signal, builder);
  for (const JsonNode& indicator : items(field(sequence, "sequenceIndicators"))) map_indicator(indicator, builder);
  builder.add_fact("Sequence", text_field(sequence, "uid"));
}

}  // namespace backtrail::ingest
