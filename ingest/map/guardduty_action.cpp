#include "ingest/map/guardduty_action.hpp"

#include <fmt/format.h>
#include <string>

#include "ingest/map/arn.hpp"
#include "ingest/map/json_field.hpp"

namespace backtrail::ingest {
namespace {

using schema::EntityKind;
using schema::Finding;
using schema::FindingRole;
using schema::JsonNode;

// "22 (SSH)"
std::string port_text(const JsonNode* details) {
  const auto port = text_field(details, "port"), name = text_field(details, "portName");
  if (port.empty() || name.empty() || name == "Unknown") return std::string(port);
  return fmt::format("{} ({})", port, name);
}

// Sample findings and private addresses carry -1 or 0 for "no network known".
std::string_view asn_text(const JsonNode* asn) {
  const auto text = scalar_text(asn);
  return text == "-1" || text == "0" ? std::string_view{} : text;
}

Attributes place_attributes(const JsonNode* details) {
  const JsonNode* network = field(details, "organization");
  const auto organization = text_field(network, "asnOrg");
  return {{"country", text_field(details, "country", "countryName")},
          {"country_code", text_field(details, "country", "countryCode")},
          {"city", text_field(details, "city", "cityName")},
          {"asn", asn_text(field(network, "asn"))},
          {"organization", organization.empty() ? text_field(network, "org") : organization},
          {"isp", text_field(network, "isp")}};
}

// RFC 1918, loopback, link-local and unique local addresses.
bool is_private_ip(std::string_view ip) {
  for (const std::string_view prefix :
       {"10.", "192.168.", "127.", "169.254.", "fc", "fd", "fe80:", "FC", "FD", "FE80:"})
    if (ip.starts_with(prefix)) return true;
  if (ip == "::1") return true;
  if (!ip.starts_with("172.") || ip.size() < 7 || ip[6] != '.') return false;
  const auto second = ip.substr(4, 2);
  return second >= "16" && second <= "31";
}

// remoteIpDetails, with what the action says about the connection.
void add_remote_ip_details(const JsonNode* details, const Attributes& connection, FindingBuilder& builder) {
  Attributes attributes = place_attributes(details);
  attributes.insert(attributes.end(), connection.begin(), connection.end());
  for (const std::string_view version : {"ipAddressV4", "ipAddressV6"})
    add_remote_address(text_field(details, version), attributes, builder);
}

// The values of one member may be a name, an ARN, or a list of either.
void add_affected_resources(const JsonNode* affected, FindingBuilder& builder) {
  if (affected == nullptr || !affected->is_object()) return;
  for (const JsonNode& member : affected->children()) {
    for (const JsonNode& item : items(&member)) {
      const auto text = scalar_text(&item);
      builder.add_fact("Affected resource", text);
      const bool bare_bucket = member.key() == "AWS::S3::Bucket" && !text.starts_with("arn:") && !text.empty();
      if (bare_bucket)
        builder.add_entity(EntityKind::kResource, fmt::format("arn:aws:s3:::{}", text), text, FindingRole::kTarget);
      else if (member.key() == "AWS::IAM::AccessKey")
        builder.add_entity(EntityKind::kAccessKey, text, {}, FindingRole::kTarget);
      else
        builder.add_resource(text, {}, FindingRole::kTarget);
    }
  }
}

void map_api_call(const JsonNode* call, Finding& finding, FindingBuilder& builder) {
  const auto api = text_field(call, "api"), service = text_field(call, "serviceName");
  if (finding.action.empty() && !api.empty())
    finding.action = without_nul(service.empty() ? std::string(api) : fmt::format("{} {}", service, api));
  builder.add_fact("API call", api);
  builder.add_fact("Service", service);
  builder.add_fact("Error", text_field(call, "errorCode"));
  builder.add_fact("Caller type", text_field(call, "callerType"));
  builder.add_fact("Caller domain", text_field(call, "domainDetails", "domain"));
  add_remote_ip_details(field(call, "remoteIpDetails"), {}, builder);

  const auto user_agent = text_field(call, "userAgent");
  builder.add_fact("User agent", user_agent);
  builder.add_entity(EntityKind::kUserAgent, user_agent, {}, FindingRole::kRelated);

  const JsonNode* remote_account = field(call, "remoteAccountDetails");
  const auto account_id = text_field(remote_account, "accountId");
  builder.add_fact("Remote account", account_id);
  if (schema::is_account_id(account_id))
    builder.add_entity(EntityKind::kAccount, account_id, {}, FindingRole::kRemote,
                       {{"affiliated", text_field(remote_account, "affiliated")}});
  add_affected_resources(field(call, "affectedResources"), builder);
}

void map_network_connection(const JsonNode* connection, FindingBuilder& builder) {
  const JsonNode* local_port = field(connection, "localPortDetails");
  const JsonNode* remote_port = field(connection, "remotePortDetails");
  const auto direction = text_field(connection, "connectionDirection"), protocol = text_field(connection, "protocol");
  add_remote_ip_details(field(connection, "remoteIpDetails"),
                        {{"port", text_field(remote_port, "port")},
                         {"local_port", text_field(local_port, "port")},
                         {"direction", direction},
                         {"protocol", protocol}},
                        builder);
  builder.add_fact("Direction", direction);
  builder.add_fact("Protocol", protocol);
  builder.add_fact("Local IP", text_field(connection, "localIpDetails", "ipAddressV4"));
  builder.add_fact("Local IP", text_field(connection, "localIpDetails", "ipAddressV6"));
  builder.add_fact("Local port", port_text(local_port));
  builder.add_fact("Remote port", port_text(remote_port));
  builder.add_fact("Blocked", text_field(connection, "blocked"));
  builder.add_resource(text_field(connection, "localNetworkInterface"), {}, FindingRole::kRelated);
}

// A list: every prober counts, and the first alone would hide the others.
void map_port_probe(const JsonNode* probe, FindingBuilder& builder) {
  for (const JsonNode& detail : items(field(probe, "portProbeDetails"))) {
    const JsonNode* local_port = field(&detail, "localPortDetails");
    add_remote_ip_details(field(&detail, "remoteIpDetails"),
                          {{"local_port", text_field(local_port, "port")}, {"direction", "INBOUND"}}, builder);
    builder.add_fact("Local IP", text_field(&detail, "localIpDetails", "ipAddressV4"));
    builder.add_fact("Local port", port_text(local_port));
  }
  builder.add_fact("Blocked", text_field(probe, "blocked"));
}

void map_dns_request(const JsonNode* request, FindingBuilder& builder) {
  builder.add_fact("Domain", text_field(request, "domain"));
  builder.add_fact("Domain with suffix", text_field(request, "domainWithSuffix"));
  builder.add_fact("Protocol", text_field(request, "protocol"));
  builder.add_fact("Blocked", text_field(request, "blocked"));
  const auto owner = text_field(request, "vpcOwnerAccountId");
  builder.add_fact("VPC owner", owner);
  if (schema::is_account_id(owner)) builder.add_entity(EntityKind::kAccount, owner, {}, FindingRole::kRelated);
}

void map_kubernetes_call(const JsonNode* call, FindingBuilder& builder) {
  builder.add_fact("Kubernetes request", text_field(call, "requestUri"));
  builder.add_fact("Kubernetes verb", text_field(call, "verb"));
  builder.add_fact("Kubernetes resource", text_field(call, "resource"));
  builder.add_fact("Kubernetes resource name", text_field(call, "resourceName"));
  builder.add_fact("Kubernetes namespace", text_field(call, "namespace"));
  builder.add_fact("Kubernetes parameters", text_field(call, "parameters"));
  builder.add_fact("Status code", text_field(call, "statusCode"));
  add_remote_ip_details(field(call, "remoteIpDetails"), {}, builder);
  for (const JsonNode& address : items(field(call, "sourceIPs")))
    add_remote_address(scalar_text(&address), {}, builder);
  const auto user_agent = text_field(call, "userAgent");
  builder.add_fact("User agent", user_agent);
  builder.add_entity(EntityKind::kUserAgent, user_agent, {}, FindingRole::kRelated);
}

void map_kubernetes_policy(const JsonNode* action, FindingBuilder& builder) {
  const JsonNode* check = field(action, "kubernetesPermissionCheckedDetails");
  builder.add_fact("Permission checked",
                   check == nullptr ? std::string{}
                                    : fmt::format("{} {} in {}", text_field(check, "verb"),
                                                  text_field(check, "resource"), text_field(check, "namespace")));
  builder.add_fact("Permission allowed", text_field(check, "allowed"));
  const JsonNode* binding = field(action, "kubernetesRoleBindingDetails");
  builder.add_fact("Role binding", text_field(binding, "name"));
  builder.add_fact("Bound role", text_field(binding, "roleRefName"));
  builder.add_fact("Kubernetes role", text_field(action, "kubernetesRoleDetails", "name"));
}

void map_rds_login(const JsonNode* login, FindingBuilder& builder) {
  add_remote_ip_details(field(login, "remoteIpDetails"), {}, builder);
  for (const JsonNode& attempt : items(field(login, "loginAttributes"))) {
    builder.add_fact("Database user", text_field(&attempt, "user"));
    builder.add_fact("Database application", text_field(&attempt, "application"));
    builder.add_fact("Failed logins", text_field(&attempt, "failedLoginAttempts"));
    builder.add_fact("Successful logins", text_field(&attempt, "successfulLoginAttempts"));
  }
}

}  // namespace

void add_remote_address(std::string_view address, const Attributes& attributes, FindingBuilder& builder) {
  if (!schema::is_ip_address(address)) return builder.add_fact("Remote address", address);
  builder.add_fact("Remote IP", address);
  builder.add_entity(EntityKind::kIpAddress, address, {}, FindingRole::kRemote, attributes);
  if (is_private_ip(address))
    builder.add_entity(EntityKind::kIpAddress, address, {}, FindingRole::kRemote, {{"private", "true"}});
}

void map_action(const JsonNode* action, Finding& finding, FindingBuilder& builder) {
  if (action == nullptr) return;
  if (const JsonNode* call = field(action, "awsApiCallAction")) map_api_call(call, finding, builder);
  if (const JsonNode* connection = field(action, "networkConnectionAction"))
    map_network_connection(connection, builder);
  if (const JsonNode* probe = field(action, "portProbeAction")) map_port_probe(probe, builder);
  if (const JsonNode* request = field(action, "dnsRequestAction")) map_dns_request(request, builder);
  if (const JsonNode* call = field(action, "kubernetesApiCallAction")) map_kubernetes_call(call, builder);
  map_kubernetes_policy(action, builder);
  if (const JsonNode* login = field(action, "rdsLoginAttemptAction")) map_rds_login(login, builder);
  if (finding.action.empty()) finding.action = without_nul(text_field(action, "actionType"));
}

}  // namespace backtrail::ingest
