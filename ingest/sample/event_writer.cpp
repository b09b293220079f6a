#include "ingest/sample/event_writer.hpp"

namespace backtrail::ingest::sample {
namespace {

// The API's name without the date and version that CloudTrail shows for some services (CreateFunction20150331v2).
std::string_view action_of(std::string_view api_name) {
  return api_name.substr(0, api_name.find("20"));
}

void put_denied_message(const Api& api, const Scene& scene, std::string_view arn, Text& out) {
  if (api.object_store) {
    out.put("Access Denied");
    return;
  }
  if (api.service == "ec2") out.put("You are not authorized to perform this operation. ");
  out.put("User: ");
  out.put(arn);
  out.put(" is not authorized to perform: ");
  out.put(api.service);
  out.put(':');
  out.put(action_of(api.name));
  out.put(" on resource: arn:aws:");
  out.put(api.service);
  out.put(':');
  if (!api.global) out.put(kRegions[static_cast<std::size_t>(scene.region)].name);
  out.put(':');
  out.put(scene.account->id);
  out.put(":* because no identity-based policy allows the ");
  out.put(api.service);
  out.put(':');
  out.put(action_of(api.name));
  out.put(" action");
}

void put_error(const Api& api, const Scene& scene, const Caller& caller, const Outcome& outcome, Text& out) {
  // A failed sign-in has a message and no code.
  if (!outcome.error_code.empty()) {
    out.put(R"(,"errorCode":")");
    out.put(caller.network ? "VpceAccessDenied" : outcome.error_code);
    out.put('"');
  }
  out.put(R"(,"errorMessage":")");
  if (outcome.error_message.empty()) {
    put_denied_message(api, scene, caller.arn, out);
  } else {
    out.put_escaped(outcome.error_message);
  }
  out.put('"');
}

void put_parameters(const Template& shape, std::string_view given, const Scene& scene, Text& out) {
  if (!given.empty()) {
    out.put(given);
  } else if (shape.empty()) {
    out.put("null");
  } else {
    shape.expand(scene, out);
  }
}

// S3's byte counts. Writes receive bytes, reads send them; object calls move far more than bucket calls.
void put_transfer(const Api& api, const Scene& scene, bool failed, Text& out) {
  Rng rng(mix(scene.event_seed, tag("transfer")));
  const std::uint64_t bytes = api.data_event ? rng.below(1ULL << (12 + rng.below(14))) : rng.below(1400);
  out.put(
      R"(,"additionalEventData":{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":)");
  out.put_number(api.read_only || failed ? 0 : bytes);
  if (api.name == "PutObject") out.put(R"(,"SSEApplied":"SSE_KMS")");
  out.put(R"(,"AuthenticationMethod":"AuthHeader","x-amz-id-2":")");
  out.put_token(rng.next(), 75);
  out.put(R"(=","bytesTransferredOut":)");
  out.put_number(failed ? 243 : api.read_only ? bytes : 0);
  out.put('}');
}

void put_sign_in(const Api& api, Text& out) {
  if (api.name == "ConsoleLogin") {
    out.put(
        R"(,"additionalEventData":{"LoginTo":"https://console.aws.amazon.com/console/home","MobileVersion":"No","MFAUsed":"Yes"})");
  } else {
    out.put(R"(,"additionalEventData":{"SwitchFrom":"AssumedRole"})");
  }
}

void put_request_id(const Api& api, const Scene& scene, Text& out) {
  if (!api.object_store) return out.put_uuid(scene.request_id);
  // S3 numbers its requests in its own way: sixteen capitals and digits.
  static constexpr char kDigits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  std::uint64_t bits = scene.request_id.high ^ scene.request_id.low;
  char id[16];
  for (char& c : id) {
    c = kDigits[bits & 31];
    bits = bits >> 4 | bits << 60;
  }
  out.put({id, sizeof(id)});
}

void put_host(const Api& api, const Scene& scene, Text& out) {
  const std::string_view region = kRegions[static_cast<std::size_t>(scene.region)].name;
  if (api.sign_in) return out.put("signin.aws.amazon.com");
  out.put(api.service);
  out.put('.');
  if (!api.global) {
    out.put(region);
    out.put('.');
  }
  out.put("amazonaws.com");
}

void put_tls(const Api& api, const Scene& scene, Text& out) {
  const bool newest = tag(api.service) % 3 != 0;
  out.put(
      newest
          ? R"(,"tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":")"
          : R"(,"tlsDetails":{"tlsVersion":"TLSv1.2","cipherSuite":"ECDHE-RSA-AES128-GCM-SHA256","clientProvidedHostHeader":")");
  put_host(api, scene, out);
  out.put(R"("})");
}

void put_type(const Api& api, const Caller& caller, Text& out) {
  out.put(caller.network      ? R"(,"eventType":"AwsVpceEvent")"
          : api.sign_in       ? R"(,"eventType":"AwsConsoleSignIn")"
          : api.service_event ? R"(,"eventType":"AwsServiceEvent")"
                              : R"(,"eventType":"AwsApiCall")");
}

// Everything after the parameters.
void put_tail(const Api& api, const Scene& scene, const Caller& caller, const Outcome& outcome, const Uuid& event_id,
              Text& out) {
  out.put(R"(,"requestID":")");
  put_request_id(api, scene, out);
  out.put(R"(","eventID":")");
  out.put_uuid(event_id);
  out.put(api.read_only ? R"(","readOnly":true)" : R"(","readOnly":false)");
  if (!outcome.resources.empty() || (!api.resources.empty() && outcome.request.empty())) {
    out.put(R"(,"resources":[)");
    put_parameters(api.resources, outcome.resources, scene, out);
    out.put(']');
  }
  put_type(api, caller, out);
  if (api.service == "logs") out.put(R"(,"apiVersion":"20140328")");
  if (api.service == "dynamodb" && api.data_event) out.put(R"(,"apiVersion":"2012-08-10")");
  out.put(api.data_event || caller.network ? R"(,"managementEvent":false,"recipientAccountId":")"
                                           : R"(,"managementEvent":true,"recipientAccountId":")");
  out.put(scene.account->id);
  out.put('"');
  if (outcome.shared_id) {
    out.put(R"(,"sharedEventID":")");
    out.put_uuid(*outcome.shared_id);
    out.put('"');
  }
  if (!caller.endpoint.empty()) {
    out.put(R"(,"vpcEndpointId":")");
    out.put(caller.endpoint);
    out.put(R"(","vpcEndpointAccountId":")");
    out.put(scene.account->id);
    out.put('"');
  }
  if (api.service_event && !api.response.empty()) {
    out.put(R"(,"serviceEventDetails":)");
    api.response.expand(scene, out);
  }
  out.put(caller.network   ? R"(,"eventCategory":"NetworkActivity")"
          : api.data_event ? R"(,"eventCategory":"Data")"
                           : R"(,"eventCategory":"Management")");
  if (!caller.by_service) put_tls(api, scene, out);
  if (caller.console) out.put(R"(,"sessionCredentialFromConsole":"true")");
  out.put('}');
}

}  // namespace

std::string_view denied_code(const Api& api) {
  if (api.service == "ec2") return "Client.UnauthorizedOperation";
  if (api.service == "dynamodb" || api.service == "ssm" || api.service == "ecs" || api.service == "kms" ||
      api.service == "lambda") {
    return "AccessDeniedException";
  }
  return "AccessDenied";
}

void write_event(const Api& api, const Scene& scene, const Caller& caller, const Outcome& outcome, const Uuid& event_id,
                 Text& out) {
  const bool failed = !outcome.error_code.empty() || !outcome.error_message.empty();
  out.put(R"({"eventVersion":")");
  out.put(api.version);
  out.put(R"(","userIdentity":)");
  out.put(caller.identity);
  out.put(R"(,"eventTime":")");
  out.put_iso(scene.seconds);
  out.put(R"(","eventSource":")");
  out.put(api.source);
  out.put(R"(","eventName":")");
  out.put(api.name);
  out.put(R"(","awsRegion":")");
  out.put(kRegions[static_cast<std::size_t>(scene.region)].name);
  out.put(R"(","sourceIPAddress":")");
  out.put(caller.ip);
  out.put(R"(","userAgent":")");
  out.put_escaped(caller.agent);
  out.put('"');
  if (failed) put_error(api, scene, caller, outcome, out);
  out.put(R"(,"requestParameters":)");
  put_parameters(api.request, outcome.request, scene, out);
  out.put(R"(,"responseElements":)");
  if (api.service_event || (failed && outcome.response.empty())) {
    out.put("null");
  } else {
    put_parameters(api.response, outcome.response, scene, out);
  }
  if (!outcome.additional.empty()) {
    out.put(R"(,"additionalEventData":)");
    out.put(outcome.additional);
  } else if (api.object_store) {
    put_transfer(api, scene, failed, out);
  } else if (api.sign_in) {
    put_sign_in(api, out);
  }
  put_tail(api, scene, caller, outcome, event_id, out);
}

}  // namespace backtrail::ingest::sample
