#include "ingest/map/ocsf_entities.hpp"

#include <fmt/format.h>
#include <initializer_list>
#include <string>

#include "ingest/map/arn.hpp"
#include "ingest/map/finding_caller.hpp"
#include "ingest/map/guardduty_action.hpp"
#include "ingest/map/guardduty_service.hpp"
#include "ingest/map/json_field.hpp"

namespace backtrail::ingest {
namespace {

using schema::EntityKind;
using schema::Finding;
using schema::FindingRole;
using schema::JsonNode;

constexpr std::string_view kIpObservable = "2", kResourceObservable = "10";

// The first member of these names that says something: products spell one thing in several ways.
std::string_view any_text(const JsonNode* node, std::initializer_list<std::string_view> names) {
  for (const auto name : names)
    if (const auto text = text_field(node, name); !text.empty()) return text;
  return {};
}

// "AWS::EC2::Instance" and "AwsEc2Instance" are "ec2instance".
std::string plain_type(std::string_view type) {
  std::string plain;
  for (const char c : type)
    if (c != ':') plain += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return plain.starts_with("aws") ? plain.substr(3) : plain;
}

// AIDA…, AROA…, and their like: four capitals and at least twelve capitals or digits, then perhaps ":session".
bool is_unique_id(std::string_view text) {
  const std::string_view id = text.substr(0, text.find(':'));
  if (id.size() < 16 || id.front() != 'A') return false;
  for (const char c : id)
    if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'))) return false;
  return true;
}

bool is_aws_identity(std::string_view type) {
  for (const std::string_view known : {"Root", "IAMUser", "AssumedRole", "Role", "FederatedUser", "AWSAccount",
                                       "AWSService", "SAMLUser", "WebIdentityUser", "IdentityCenterUser"})
    if (type == known) return true;
  return false;
}

class OcsfEntities {
 public:
  OcsfEntities(const JsonNode& record, bool is_guardduty, Finding& finding, FindingBuilder& builder)
      : record_(record), is_guardduty_(is_guardduty), finding_(finding), builder_(builder) {}

  void map() {
    // Who did it comes first, wherever it stands.
    map_activity(&record_);
    for (const JsonNode& evidence : items(record_.find("evidences"))) map_activity(&evidence);
    map_resource_list(field(&record_, "resources"));
    map_resource_list(field(&record_, "resource"));
    map_observables();
  }

 private:
  void map_resource_list(const JsonNode* resources) {
    bool first = true;
    for (const JsonNode& resource : items(resources)) {
      map_resource(resource, role_of(resource, first));
      first = false;
    }
  }

  FindingRole role_of(const JsonNode& resource, bool first) const {
    const auto role = text_field(&resource, "role");
    if (role == "Actor") return FindingRole::kActor;
    if (role == "Target" || role == "Affected") return FindingRole::kTarget;
    if (role == "Related") return FindingRole::kRelated;
    // Whose key made the calls of a GuardDuty finding is who acted.
    if (is_guardduty_ && plain_type(text_field(&resource, "type")) == "iamaccesskey") return FindingRole::kActor;
    return first || !is_guardduty_ ? FindingRole::kTarget : FindingRole::kRelated;
  }

  void map_resource(const JsonNode& resource, FindingRole role) {
    const std::string type = plain_type(text_field(&resource, "type"));
    auto uid = text_field(&resource, "uid");
    if (uid.starts_with("AWS::")) uid = uid.substr(uid.rfind(':') + 1);
    if (type == "iamaccesskey")
      map_access_key(resource, uid, role);
    else if (type == "ec2instance")
      map_instance(resource, uid, role);
    else if (type == "account" && schema::is_account_id(uid))
      builder_.add_entity(EntityKind::kAccount, uid, text_field(&resource, "name"), role);
    else if (type == "iamuser" || type == "iamrole")
      map_iam(resource, uid, role);
    else
      map_other(resource, type, uid, role);
  }

  void map_access_key(const JsonNode& resource, std::string_view uid, FindingRole role) {
    const JsonNode* data = field(&resource, "data");
    const JsonNode* user = field(&resource, "user");
    auto key = any_text(data, {"access_key_id", "accessKeyId"});
    if (key.empty()) key = text_field(user, "credential_uid");
    if (key.empty() && schema::is_access_key_id(uid)) key = uid;
    auto principal = any_text(data, {"principal_id", "principalId"});
    if (principal.empty()) principal = principal_of(user);
    auto name = any_text(data, {"principal_name", "principalName", "user_name", "userName"});
    if (name.empty()) name = text_field(user, "name");
    auto type = any_text(data, {"principal_type", "principalType", "user_type", "userType"});
    if (type.empty()) type = text_field(user, "type");
    add_caller({principal, type, name, key, finding_.identity.account_id, text_field(&resource, "cloud_partition")},
               role, builder_);
    set_user_name(name);
    builder_.add_fact("Access key", key);
    builder_.add_fact("User", name);
    builder_.add_fact("User type", type);
    builder_.add_fact("Principal ID", principal);
  }

  void map_instance(const JsonNode& resource, std::string_view uid, FindingRole role) {
    const JsonNode* data = field(&resource, "data");
    const JsonNode* device = field(&resource, "device");
    auto id = any_text(data, {"instance_id", "instanceId"});
    if (!schema::is_instance_id(id)) id = last_part(uid);
    const auto name = tag_name(resource);
    auto model = any_text(data, {"instance_type", "instanceType"});
    if (model.empty()) model = text_field(device, "model");
    builder_.add_resource(id, name, role, {{"instance_type", model}});
    builder_.add_fact("Instance", id);
    builder_.add_fact("Instance name", name);
    builder_.add_fact("Instance type", model);
    auto profile = text_field(data, "iam_instance_profile", "arn");
    if (profile.empty()) profile = text_field(device, "instance_profile", "uid_alt");
    auto image = any_text(data, {"image_id", "imageId"});
    if (image.empty()) image = text_field(device, "image", "uid");
    builder_.add_resource(profile, {}, FindingRole::kRelated);
    builder_.add_fact("Instance profile", profile);
    builder_.add_resource(image, {}, FindingRole::kRelated);
    builder_.add_fact("Image", image);
    for (const JsonNode* block : {data, device})
      for (const JsonNode& interface : items(field(block, "network_interfaces"))) map_interface(interface);
  }

  void map_interface(const JsonNode& interface) {
    for (const auto id : {any_text(&interface, {"network_interface_id", "uid"}), text_field(&interface, "vpc_id"),
                          text_field(&interface, "subnet_id")})
      builder_.add_resource(id, {}, FindingRole::kRelated);
    for (const JsonNode& group : items(field(&interface, "security_groups")))
      builder_.add_resource(any_text(&group, {"group_id", "uid"}), any_text(&group, {"group_name", "name"}),
                            FindingRole::kRelated);
    // Public and private addresses; private ones must never be joined on.
    for (const auto address : {text_field(&interface, "public_ip"), text_field(&interface, "private_ip_address"),
                               text_field(&interface, "ip")})
      builder_.add_fact("Instance IP", address);
  }

  void map_iam(const JsonNode& resource, std::string_view uid, FindingRole role) {
    const JsonNode* data = field(&resource, "data");
    const auto id = any_text(data, {"user_id", "role_id", "userId", "roleId"});
    auto name = text_field(&resource, "name");
    if (name.empty() || name == uid) name = last_part(uid);
    builder_.add_entity(EntityKind::kPrincipal, id.empty() ? uid : id, name, role);
    builder_.add_resource(uid, name, FindingRole::kRelated);
    builder_.add_fact(plain_type(text_field(&resource, "type")) == "iamuser" ? "User" : "Role", name);
    builder_.add_fact("Principal ID", id);
  }

  void map_other(const JsonNode& resource, std::string_view type, std::string_view uid, FindingRole role) {
    const auto name = text_field(&resource, "name");
    const JsonNode* container = field(&resource, "device", "container");
    const Attributes attributes{{"type", text_field(&resource, "type")},
                                {"image", text_field(container, "image", "name")}};
    const auto arn = parse_arn(uid);
    const bool bucket = type == "s3bucket";
    if (bucket && (!arn || arn->service == "s3")) {
      // Buckets have one key in every partition: the one that API events give them.
      const auto bucket_name = arn ? arn->resource : uid;
      builder_.add_entity(EntityKind::kResource, fmt::format("arn:aws:s3:::{}", bucket_name), bucket_name, role,
                          attributes);
      builder_.add_fact("Bucket", bucket_name);
      return;
    }
    builder_.add_resource(uid, name, role, attributes);
    builder_.add_fact("Resource", uid);
  }

  // An actor with a call, endpoints, and what they touched; top-level or one evidence.
  void map_activity(const JsonNode* node) {
    map_actor(field(node, "actor"));
    const bool is_call = map_api(field(node, "api"));
    map_endpoints(node, is_call);
    const auto user_agent = text_field(node, "http_request", "user_agent");
    builder_.add_fact("User agent", user_agent);
    builder_.add_entity(EntityKind::kUserAgent, user_agent, {}, FindingRole::kRelated);
    builder_.add_fact("Domain", text_field(node, "query", "hostname"));
    builder_.add_fact("URL", text_field(node, "url", "url_string"));
    map_process(field(node, "process"));
    map_file(field(node, "file"));
    builder_.add_fact("Container", text_field(node, "container", "name"));
    const auto bucket = text_field(node, "databucket", "name");
    if (!bucket.empty())
      builder_.add_entity(EntityKind::kResource, fmt::format("arn:aws:s3:::{}", bucket), bucket, FindingRole::kTarget);
  }

  // The unique id before the ARN: sessions and names are chosen by the caller.
  static std::string_view principal_of(const JsonNode* user) {
    for (const char* name : {"uid_alt", "uid", "uuid"})
      if (const auto text = text_field(user, name); is_unique_id(text)) return text;
    const auto uid = text_field(user, "uid");
    return uid.starts_with("arn:") || schema::is_account_id(uid) ? uid : std::string_view{};
  }

  void map_actor(const JsonNode* actor) {
    map_process(field(actor, "process"));
    const JsonNode* user = field(actor, "user");
    const JsonNode* session = field(actor, "session");
    auto key = text_field(user, "credential_uid");
    if (key.empty()) key = text_field(session, "credential_uid");
    const auto principal = principal_of(user), type = text_field(user, "type"), name = text_field(user, "name");
    // The user of a process ("root", 0) is no identity of AWS.
    if (principal.empty() && key.empty() && !is_aws_identity(type)) {
      builder_.add_fact("Process user", name);
      return;
    }
    auto account = text_field(user, "account", "uid");
    if (account.empty()) account = finding_.identity.account_id;
    add_caller({principal, type, name, key, account, {}}, FindingRole::kActor, builder_);
    set_user_name(name);
    builder_.add_fact("Access key", key);
    builder_.add_fact("User", name);
    builder_.add_fact("User type", type);
    builder_.add_fact("Principal ID", principal);
    const auto issuer = text_field(session, "issuer");
    if (issuer.starts_with("arn:")) builder_.add_resource(issuer, {}, FindingRole::kRelated);
    builder_.add_fact("Session issuer", issuer);
  }

  bool map_api(const JsonNode* api) {
    const auto operation = text_field(api, "operation"), service = text_field(api, "service", "name");
    if (operation.empty()) return false;
    if (finding_.action.empty())
      finding_.action =
          without_nul(service.empty() ? std::string(operation) : fmt::format("{} {}", service, operation));
    builder_.add_fact("API call", operation);
    builder_.add_fact("Service", service);
    builder_.add_fact("Error", text_field(api, "response", "error"));
    return true;
  }

  void add_endpoint(const JsonNode* endpoint, std::string_view direction) {
    const auto address = text_field(endpoint, "ip");
    if (address.empty()) return builder_.add_fact("Remote host", any_text(endpoint, {"hostname", "domain"}));
    const JsonNode* place = field(endpoint, "location");
    const JsonNode* network = field(endpoint, "autonomous_system");
    auto organization = text_field(network, "name");
    if (organization.empty()) organization = text_field(endpoint, "isp_org");
    add_remote_address(address,
                       {{"country", text_field(place, "country")},
                        {"city", text_field(place, "city")},
                        {"asn", text_field(network, "number")},
                        {"organization", organization},
                        {"isp", text_field(endpoint, "isp")},
                        {"port", text_field(endpoint, "port")},
                        {"direction", direction}},
                       builder_);
  }

  // Only the outside end of a connection is a remote address; without a direction neither end is known to be it.
  void map_endpoints(const JsonNode* node, bool is_call) {
    const JsonNode* source = field(node, "src_endpoint");
    const JsonNode* target = field(node, "dst_endpoint");
    const JsonNode* connection = field(node, "connection_info");
    const auto id = text_field(connection, "direction_id"), word = text_field(connection, "direction");
    const bool inbound = id == "1" || word == "Inbound", outbound = id == "2" || word == "Outbound";
    builder_.add_fact("Direction", word);
    builder_.add_fact("Protocol", text_field(connection, "protocol_name"));
    if (is_call || inbound) {
      add_endpoint(source, is_call ? std::string_view{} : "INBOUND");
      builder_.add_fact("Local port", text_field(target, "port"));
    } else if (outbound) {
      add_endpoint(target, "OUTBOUND");
      builder_.add_fact("Local port", text_field(source, "port"));
    } else {
      builder_.add_fact("Source IP", text_field(source, "ip"));
      builder_.add_fact("Destination IP", text_field(target, "ip"));
    }
  }

  void map_file(const JsonNode* file) {
    const auto path = text_field(file, "path");
    builder_.add_fact("File", path.empty() ? text_field(file, "name") : path);
    for (const JsonNode& hash : items(field(file, "hashes")))
      builder_.add_fact("File hash", any_text(&hash, {"value", "fingerprint"}));
  }

  void map_process(const JsonNode* process) {
    const auto path = text_field(process, "file", "path");
    builder_.add_fact("Process", path.empty() ? text_field(process, "name") : path);
    builder_.add_fact("Command", text_field(process, "cmd_line"));
    for (const JsonNode& hash : items(field(process, "file", "hashes")))
      builder_.add_fact("File hash", any_text(&hash, {"value", "fingerprint"}));
  }

  void map_observables() {
    for (const JsonNode& observable : items(record_.find("observables"))) {
      const auto value = text_field(&observable, "value"), type = text_field(&observable, "type_id");
      if (value.empty()) continue;
      if (type == kIpObservable && schema::is_ip_address(value))
        builder_.add_entity(EntityKind::kIpAddress, value, {}, FindingRole::kRelated);
      else if (type == kResourceObservable && parse_arn(value))
        builder_.add_resource(value, {}, FindingRole::kRelated);
      const auto name = text_field(&observable, "name");
      builder_.add_fact(name.empty() ? "Observable" : name, value);
    }
  }

  static std::string_view tag_name(const JsonNode& resource) {
    for (const JsonNode* tags : {field(&resource, "tags"), field(&resource, "data", "tags")})
      for (const JsonNode& tag : items(tags))
        if (any_text(&tag, {"name", "key"}) == "Name") return text_field(&tag, "value");
    return {};
  }

  void set_user_name(std::string_view name) {
    if (finding_.user_name.empty()) finding_.user_name = without_nul(name);
  }

  const JsonNode& record_;
  bool is_guardduty_;
  Finding& finding_;
  FindingBuilder& builder_;
};

}  // namespace

void map_ocsf_entities(const JsonNode& record, bool is_guardduty, Finding& finding, FindingBuilder& builder) {
  OcsfEntities(record, is_guardduty, finding, builder).map();
}

bool has_placeholder_ocsf_resource(const JsonNode& record) {
  for (const JsonNode& resource : items(record.find("resources"))) {
    const std::string type = plain_type(text_field(&resource, "type"));
    if (type != "ec2instance" && type != "iamaccesskey") continue;
    const JsonNode* data = field(&resource, "data");
    for (const auto id : {last_part(text_field(&resource, "uid")), any_text(data, {"instance_id", "access_key_id"}),
                          any_text(data, {"principal_id"})})
      if (is_placeholder_id(id)) return true;
  }
  return false;
}

}  // namespace backtrail::ingest
