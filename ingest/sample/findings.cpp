#include "ingest/sample/findings.hpp"

#include <algorithm>

namespace backtrail::ingest::sample {
namespace {

// Where the addresses of the documentation ranges are in the sample's world. Autonomous systems from RFC 5398.
struct Place {
  std::string_view prefix, country, city, organisation;
  double latitude, longitude;
  int system;
};
constexpr Place kPlaces[] = {
    {"198.51.100.2", "Netherlands", "Amsterdam", "Example Bulk Hosting B.V.", 52.37, 4.89, 64496},
    {"198.51.100.7", "Netherlands", "Amsterdam", "Example Bulk Hosting B.V.", 52.37, 4.89, 64496},
    {"198.51.100.9", "Bulgaria", "Sofia", "Example Offshore Servers", 42.70, 23.32, 64499},
    {"198.51.100.", "Romania", "Bucharest", "Example Transit SRL", 44.43, 26.10, 64497},
    {"203.0.113.6", "Brazil", "Sao Paulo", "Example Cabo Telecom", -23.55, -46.63, 64500},
    {"203.0.113.14", "Moldova", "Chisinau", "Example VPN Services", 47.01, 28.86, 64501},
    {"203.0.113.20", "Vietnam", "Hanoi", "Example Cloud VN", 21.03, 105.85, 64502},
    {"203.0.113.", "Indonesia", "Jakarta", "Example Net Indonesia", -6.21, 106.85, 64503},
    {"192.0.2.", "Germany", "Berlin", "Example Corporation", 52.52, 13.40, 64510},
    {"100.", "United States", "Ashburn", "Example Broadband", 39.04, -77.49, 64511}};

const Place& place_of(std::string_view address) {
  for (const Place& place : kPlaces) {
    if (address.substr(0, place.prefix.size()) == place.prefix) return place;
  }
  return kPlaces[std::size(kPlaces) - 1];
}

std::string text(std::string_view view) {
  return std::string(view);
}

}  // namespace

std::string finding_id(const FindingSpec& spec) {
  return hex_id(mix(spec.seed, tag("finding id")), 32);
}

std::string finding_arn(const StoryBook& book, const FindingSpec& spec) {
  const Account& account = book.account(spec.account);
  const auto region = static_cast<std::size_t>(spec.region);
  return "arn:aws:guardduty:" + text(kRegions[region].name) + ":" + account.id + ":detector/" +
         account.detectors[region] + "/finding/" + finding_id(spec);
}

Json remote_ip(std::string_view address) {
  const Place& place = place_of(address);
  return {{"ipAddressV4", text(address)},
          {"organization",
           {{"asn", std::to_string(place.system)},
            {"asnOrg", text(place.organisation)},
            {"isp", text(place.organisation)},
            {"org", text(place.organisation)}}},
          {"country", {{"countryName", text(place.country)}}},
          {"city", {{"cityName", text(place.city)}}},
          {"geoLocation", {{"lat", place.latitude}, {"lon", place.longitude}}}};
}

Json remote_endpoint(std::string_view address) {
  const Place& place = place_of(address);
  return {{"id", text(address)},
          {"ip", text(address)},
          {"location",
           {{"city", text(place.city)},
            {"country", text(place.country)},
            {"lat", place.latitude},
            {"lon", place.longitude}}},
          {"autonomousSystem", {{"name", text(place.organisation)}, {"number", place.system}}}};
}

Json access_key_details(std::string_view key, std::string_view principal, std::string_view user,
                        std::string_view type) {
  return {
      {"accessKeyId", text(key)}, {"principalId", text(principal)}, {"userType", text(type)}, {"userName", text(user)}};
}

Json instance_details(const StoryBook& book, int account_index, const Instance& instance, const Role& role,
                      std::string_view public_ip) {
  const Account& account = book.account(account_index);
  const std::string dns = "ip-" +
                          [&] {
                            std::string dashed = instance.private_ip;
                            std::replace(dashed.begin(), dashed.end(), '.', '-');
                            return dashed;
                          }() +
                          "." + instance.zone.substr(0, instance.zone.size() - 1) + ".compute.internal";
  Json interface = {
      {"ipv6Addresses", Json::array()},
      {"networkInterfaceId", instance.network_interface},
      {"privateDnsName", dns},
      {"privateIpAddress", instance.private_ip},
      {"privateIpAddresses", {{{"privateDnsName", dns}, {"privateIpAddress", instance.private_ip}}}},
      {"subnetId", instance.subnet},
      {"vpcId", instance.vpc},
      {"securityGroups", {{{"groupName", account.name + "-hosts"}, {"groupId", instance.security_group}}}},
      {"publicDnsName", ""},
      {"publicIp", text(public_ip)}};
  return {
      {"instanceId", instance.id},
      {"instanceType", instance.type},
      {"outpostArn", nullptr},
      {"launchTime", to_iso_ms((book.end() - 20 * kDay - static_cast<std::int64_t>(instance.seed % 8'000'000)) * 1000)},
      {"platform", nullptr},
      {"productCodes", Json::array()},
      {"iamInstanceProfile",
       {{"arn", "arn:aws:iam::" + account.id + ":instance-profile/" + role.name}, {"id", "AIPA" + role.id.substr(4)}}},
      {"networkInterfaces", Json::array({interface})},
      {"tags",
       {{{"key", "Name"}, {"value", instance.name}},
        {{"key", "owner"}, {"value", account.owner}},
        {{"key", "aws:autoscaling:groupName"}, {"value", account.name + "-workers"}}}},
      {"instanceState", "running"},
      {"availabilityZone", instance.zone},
      {"imageId", instance.image},
      {"imageDescription", "Amazon Linux 2023 AMI 2023.4 x86_64 HVM kernel-6.1"}};
}

Json bucket_details(std::string_view bucket, const Account& account, std::int64_t created) {
  return {{"arn", "arn:aws:s3:::" + text(bucket)},
          {"name", text(bucket)},
          {"type", "Destination"},
          {"createdAt", created},
          {"owner", {{"id", hex_id(tag(account.id), 64)}}},
          {"tags",
           {{{"key", "data-classification"}, {"value", "confidential"}}, {{"key", "owner"}, {"value", account.owner}}}},
          {"defaultServerSideEncryption",
           {{"encryptionType", "aws:kms"},
            {"kmsMasterKeyArn", "arn:aws:kms:us-east-1:" + account.id + ":key/" + account.key_ids[0]}}},
          {"publicAccess",
           {{"permissionConfiguration",
             {{"bucketLevelPermissions",
               {{"accessControlList", {{"allowsPublicReadAccess", false}, {"allowsPublicWriteAccess", false}}},
                {"bucketPolicy", {{"allowsPublicReadAccess", false}, {"allowsPublicWriteAccess", false}}},
                {"blockPublicAccess",
                 {{"ignorePublicAcls", false},
                  {"restrictPublicBuckets", false},
                  {"blockPublicAcls", false},
                  {"blockPublicPolicy", false}}}}},
              {"accountLevelPermissions",
               {{"blockPublicAccess",
                 {{"ignorePublicAcls", false},
                  {"restrictPublicBuckets", false},
                  {"blockPublicAcls", false},
                  {"blockPublicPolicy", false}}}}}}},
            {"effectivePermission", "NOT_PUBLIC"}}}};
}

Json api_call_action(std::string_view api, std::string_view service, std::string_view address,
                     std::string_view error_code, std::string_view agent) {
  Json call = {{"api", text(api)}, {"serviceName", text(service)}, {"callerType", "Remote IP"}};
  if (!error_code.empty()) call["errorCode"] = text(error_code);
  if (!agent.empty()) call["userAgent"] = text(agent);
  call["remoteIpDetails"] = remote_ip(address);
  call["affectedResources"] = Json::object();
  return {{"actionType", "AWS_API_CALL"}, {"awsApiCallAction", call}};
}

Json connection_action(std::string_view address, int remote_port, std::string_view local_address, int local_port,
                       std::string_view direction) {
  return {{"actionType", "NETWORK_CONNECTION"},
          {"networkConnectionAction",
           {{"connectionDirection", text(direction)},
            {"remoteIpDetails", remote_ip(address)},
            {"remotePortDetails", {{"port", remote_port}, {"portName", remote_port == 443 ? "HTTPS" : "Unknown"}}},
            {"localPortDetails",
             {{"port", local_port},
              {"portName", local_port == 22     ? "SSH"
                           : local_port == 3389 ? "RDP"
                                                : "Unknown"}}},
            {"localIpDetails", {{"ipAddressV4", text(local_address)}}},
            {"protocol", "TCP"},
            {"blocked", false}}}};
}

Json threat_list_evidence(std::string_view list) {
  return {{"threatIntelligenceDetails", {{{"threatListName", text(list)}, {"threatNames", Json::array()}}}}};
}

FindingRef publish(StoryBook& book, const FindingSpec& spec, const std::vector<FindingState>& states,
                   const std::vector<Uuid>& calls) {
  const Account& account = book.account(spec.account);
  const auto region = static_cast<std::size_t>(spec.region);
  FindingRef ref;
  ref.id = finding_id(spec);
  ref.arn = finding_arn(book, spec);
  const std::int64_t created_ms = states.front().updated * 1000 + static_cast<std::int64_t>(spec.seed % 1000);
  for (const FindingState& state : states) {
    Json service = {{"serviceName", "guardduty"}, {"detectorId", account.detectors[region]}};
    if (!spec.action.is_null()) service["action"] = spec.action;
    service["resourceRole"] = "TARGET";
    service["additionalInfo"] = spec.additional;
    service.update(spec.service_extra);
    service["eventFirstSeen"] = to_iso_ms(state.first_seen * 1000);
    service["eventLastSeen"] = to_iso_ms(state.last_seen * 1000);
    service["archived"] = spec.archived;
    service["count"] = state.count;
    const std::int64_t updated_ms = state.updated * 1000 + static_cast<std::int64_t>(spec.seed % 1000);
    Json finding = {{"schemaVersion", "2.0"},
                    {"accountId", account.id},
                    {"region", text(kRegions[region].name)},
                    {"partition", "aws"},
                    {"id", ref.id},
                    {"arn", ref.arn},
                    {"type", spec.type},
                    {"resource", spec.resource},
                    {"service", service},
                    {"severity", spec.severity},
                    {"createdAt", to_iso_ms(created_ms)},
                    {"updatedAt", to_iso_ms(updated_ms)},
                    {"title", spec.title},
                    {"description", spec.description}};
    if (!spec.attack_sequence.empty()) finding["associatedAttackSequenceArn"] = spec.attack_sequence;
    if (state.change) state.change(finding);
    book.finding(spec.account, spec.region, state.updated, finding);
  }
  ref.json = {{"id", ref.id},
              {"account_id", account.id},
              {"region", text(kRegions[region].name)},
              {"type", spec.type},
              {"severity", spec.severity},
              {"states", states.size()},
              {"first_seen", to_iso_ms(states.back().first_seen * 1000)},
              {"last_seen", to_iso_ms(states.back().last_seen * 1000)},
              {"calls", Json::array()}};
  for (const Uuid& call : calls) ref.json["calls"].push_back(to_text(call));
  return ref;
}

}  // namespace backtrail::ingest::sample
