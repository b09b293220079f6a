#include "schema/record/ocsf_activity.hpp"

#include <charconv>
#include <map>
#include <string>

namespace backtrail::schema {
namespace {

std::string_view scalar(const JsonNode* node) {
  if (node == nullptr) return {};
  if (node->type() == JsonType::kTrue) return "true";
  if (node->type() == JsonType::kFalse) return "false";
  return node->text();
}

template <class... Keys>
std::string_view text_at(const JsonNode& node, std::string_view first, Keys... rest) {
  return scalar(node.at(first, rest...));
}

std::string_view first_of(std::initializer_list<std::string_view> texts) {
  for (const auto text : texts)
    if (!text.empty()) return text;
  return {};
}

// A JSON object being written; values are escaped, empty ones left out.
class ObjectText {
 public:
  void add(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    begin(name);
    append_json_string(value, text_);
  }
  // `json` is JSON already.
  void add_json(std::string_view name, std::string_view json) {
    if (json.empty()) return;
    begin(name);
    text_ += json;
  }
  std::string take() { return text_.empty() ? std::string{} : std::move(text_) + '}'; }

 private:
  void begin(std::string_view name) {
    text_ += text_.empty() ? '{' : ',';
    append_json_string(name, text_);
    text_ += ':';
  }
  std::string text_;
};

// The value as JSON text; the parser has bounded its depth.
void append_json(const JsonNode& node, std::string& out) {
  if (node.is_string()) return append_json_string(node.text(), out);
  if (!node.is_object() && !node.is_array()) {
    out += node.is_null() ? std::string_view("null") : scalar(&node);
    return;
  }
  out += node.is_object() ? '{' : '[';
  bool first = true;
  for (const JsonNode& child : node.children()) {
    if (!first) out += ',';
    first = false;
    if (node.is_object()) {
      append_json_string(child.key(), out);
      out += ':';
    }
    append_json(child, out);
  }
  out += node.is_object() ? '}' : ']';
}

// "AROAEXAMPLE:session", "AIDAEXAMPLE": what stands for a principal, whichever of the names a version gives it.
bool is_unique_id(std::string_view text) {
  return text.size() >= 16 && text.starts_with("A") && !text.starts_with("AWS") &&
         text.substr(0, 4).find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string_view::npos;
}

std::string identity_of(const JsonNode& record) {
  const JsonNode* actor = record.find("actor");
  if (actor == nullptr) actor = record.find("identity");  // before 1.0
  if (actor == nullptr) return {};
  std::string_view principal, arn, other;
  for (const char* name : {"uid_alt", "uid", "uuid"}) {
    const auto text = text_at(*actor, "user", name);
    if (text.starts_with("arn:"))
      arn = text;
    else if (is_unique_id(text) && principal.empty())
      principal = text;
    else if (!text.empty() && other.empty())
      other = text;
  }
  ObjectText identity;
  const auto type = text_at(*actor, "user", "type");
  identity.add("type", type);
  identity.add("principalId", principal.empty() ? other : principal);
  identity.add("arn", arn);
  identity.add("accountId",
               first_of({text_at(*actor, "user", "account", "uid"), text_at(*actor, "user", "account_uid")}));
  identity.add("accessKeyId",
               first_of({text_at(*actor, "user", "credential_uid"), text_at(*actor, "session", "credential_uid")}));
  identity.add("userName", text_at(*actor, "user", "name"));
  identity.add("invokedBy", text_at(*actor, "invoked_by"));
  const auto issuer = text_at(*actor, "session", "issuer");
  if (issuer.starts_with("arn:") && type == "AssumedRole") {
    ObjectText role, session;
    role.add("type", "Role");
    role.add("principalId", principal.substr(0, principal.find(':')));
    role.add("arn", issuer);
    role.add("userName", issuer.substr(issuer.rfind('/') + 1));
    session.add_json("sessionIssuer", role.take());
    identity.add_json("sessionContext", session.take());
  }
  return identity.take();
}

// Requests and answers are JSON in a string, or an object, or members of `unmapped` with the path as their name. Text
// is parsed before it is put anywhere: it must not be able to end the object it stands in.
std::string block_of(const JsonNode& record, const JsonNode* data, std::string_view unmapped_prefix) {
  std::string json;
  if (data != nullptr && data->is_object()) {
    append_json(*data, json);
    return json;
  }
  if (data != nullptr && data->is_string() && !data->text().empty()) {
    std::string padded(data->text());
    padded.reserve(padded.size() + kJsonPaddingBytes);
    JsonParser parser;
    const auto parsed = parser.parse(padded);
    if (parsed && (*parsed)->is_object()) append_json(**parsed, json);
    if (!json.empty()) return json;
  }
  ObjectText block;
  const JsonNode* unmapped = record.find("unmapped");
  if (unmapped == nullptr) return {};
  for (const JsonNode& member : unmapped->children())
    if (member.key().starts_with(unmapped_prefix))
      block.add(member.key().substr(unmapped_prefix.size()), scalar(&member));
  return block.take();
}

std::string resources_of(const JsonNode& record) {
  const JsonNode* resources = record.find("resources");
  if (resources == nullptr) return {};
  std::string list;
  for (const JsonNode& resource : resources->children()) {
    ObjectText one;
    one.add("ARN", text_at(resource, "uid"));
    one.add("accountId", first_of({text_at(resource, "owner", "account", "uid"), text_at(resource, "account_uid")}));
    one.add("type", text_at(resource, "type"));
    const std::string text = one.take();
    if (text.empty()) continue;
    list += list.empty() ? '[' : ',';
    list += text;
  }
  return list.empty() ? list : list + ']';
}

// `time` counts milliseconds; its twin is RFC 3339.
std::string time_of(const JsonNode& record) {
  constexpr std::int64_t kYear9999Ms = 253'402'300'800'000;
  const auto number = text_at(record, "time");
  std::int64_t ms = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), ms);
  if (error == std::errc{} && end == number.data() + number.size() && ms > 0 && ms < kYear9999Ms)
    return format_rfc3339(ms * 1000);
  return std::string(first_of({text_at(record, "time_dt"), number}));
}

// Whether the event is one of data: the translator says so in one of several places.
std::string_view category_of(const JsonNode& record) {
  if (const auto said = text_at(record, "unmapped", "eventCategory"); !said.empty()) return said;
  const auto feature = text_at(record, "metadata", "product", "feature", "name");
  if (feature == "Data" || feature == "Insight" || feature == "NetworkActivity") return feature;
  return text_at(record, "unmapped", "managementEvent") == "false" ? "Data" : "Management";
}

std::string cloudtrail_text(const JsonNode& record) {
  ObjectText text;
  text.add("eventVersion", text_at(record, "metadata", "product", "version"));
  text.add_json("userIdentity", identity_of(record));
  text.add("eventTime", time_of(record));
  text.add("eventSource", text_at(record, "api", "service", "name"));
  const auto operation = text_at(record, "api", "operation");
  text.add("eventName", operation);
  text.add("awsRegion", first_of({text_at(record, "cloud", "region"), text_at(record, "region")}));
  text.add("sourceIPAddress",
           first_of({text_at(record, "src_endpoint", "ip"), text_at(record, "src_endpoint", "domain"),
                     text_at(record, "src_endpoint", "hostname"), text_at(record, "src_endpoint", "svc_name")}));
  text.add("userAgent", text_at(record, "http_request", "user_agent"));
  const auto error = text_at(record, "api", "response", "error");
  const bool failed = text_at(record, "status_id") == "2" || text_at(record, "status") == "Failure";
  text.add("errorCode", error);
  const auto message = text_at(record, "api", "response", "message");
  text.add("errorMessage", message.empty() && failed && error.empty() ? "Failure" : message);
  text.add_json("requestParameters", block_of(record, record.at("api", "request", "data"), "requestParameters."));
  text.add_json("responseElements", block_of(record, record.at("api", "response", "data"), "responseElements."));
  text.add("eventID", text_at(record, "metadata", "uid"));
  text.add("requestID", text_at(record, "api", "request", "uid"));
  text.add("eventType", text_at(record, "metadata", "event_code"));
  text.add("eventCategory", category_of(record));
  text.add("readOnly", text_at(record, "unmapped", "readOnly"));
  text.add("sharedEventID", text_at(record, "unmapped", "sharedEventID"));
  text.add("vpcEndpointId", text_at(record, "src_endpoint", "uid"));
  text.add_json("resources", resources_of(record));
  text.add("recipientAccountId",
           first_of({text_at(record, "unmapped", "recipientAccountId"), text_at(record, "cloud", "account", "uid"),
                     text_at(record, "cloud", "account_uid")}));
  return text.take();
}

}  // namespace

bool looks_like_ocsf_activity(const JsonNode& object) {
  const JsonNode* class_uid = object.find("class_uid");
  if (class_uid == nullptr) return false;
  const auto number = class_uid->text();
  if (number != "6003" && number != "3001" && number != "3002") return false;
  return text_at(object, "metadata", "product", "name") == "CloudTrail" ||
         text_at(object, "metadata", "log_provider") == "CloudTrail";
}

Result<ApiEvent> read_ocsf_activity(const JsonNode& record, std::string_view raw, const RecordContext& context) {
  std::string text = cloudtrail_text(record);
  const std::size_t size = text.size();
  text.append(kJsonPaddingBytes, '\0');
  JsonParser parser;
  const auto parsed = parser.parse(std::string_view(text).substr(0, size));
  if (!parsed) return parsed.error();
  auto event = read_cloudtrail_record(**parsed, {}, {context.received_us, nullptr});
  if (!event) return event.error();
  event->raw = raw;
  event->flags |= kFlagOcsf;
  event->content_fp = kOcsfFingerprint;
  if (context.hash_key != nullptr) {
    std::string scratch;
    event->value_fp = value_fingerprint(record, *context.hash_key, scratch);
  }
  return event;
}

}  // namespace backtrail::schema
