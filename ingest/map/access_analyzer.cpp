#include <fmt/format.h>

#include "ingest/map/arn.hpp"
#include "ingest/map/finding_builder.hpp"
#include "ingest/map/finding_record.hpp"
#include "ingest/map/finding_times.hpp"
#include "ingest/map/json_field.hpp"
#include "ingest/map/native_time.hpp"
#include "ingest/map/service_findings.hpp"

namespace backtrail::ingest {
namespace {

using schema::EntityKind;
using schema::Finding;
using schema::FindingRole;
using schema::JsonNode;
using schema::Result;

// Events have accountId and region, the API's answers resourceOwnerAccount and no Region. The id is a UUID of its own.
Result<void> set_identity(const JsonNode& record, Finding& finding) {
  auto account = identity_text(field(&record, "accountId"), "accountId");
  if (!account) return account.error();
  if (account->empty()) account = identity_text(field(&record, "resourceOwnerAccount"), "resourceOwnerAccount");
  if (!account) return account.error();
  if (!schema::is_account_id(*account)) return bad_record("account", "accountId is not 12 digits");
  const auto id = identity_text(field(&record, "id"), "id");
  if (!id) return id.error();
  if (id->empty()) return bad_record("missing_id", "no id");
  finding.region = without_nul(text_field(&record, "region"));
  if (const auto arn = parse_arn(text_field(&record, "resource")); finding.region.empty() && arn)
    finding.region = without_nul(arn->region);
  finding.identity = {std::string(*account), "access-analyzer", std::string(*id)};
  return {};
}

// {"AWS": "arn:…"}, {"Federated": …}, {"*": "*"}: who may reach the resource from outside.
void map_principals(const JsonNode* principals, FindingBuilder& builder) {
  if (principals == nullptr || !principals->is_object()) return;
  for (const JsonNode& member : principals->children()) {
    for (const JsonNode& item : items(&member)) {
      const auto text = scalar_text(&item);
      builder.add_fact("Reachable by", fmt::format("{} {}", member.key(), text));
      const auto arn = parse_arn(text);
      const auto account = arn ? arn->account : text;
      if (schema::is_account_id(account)) builder.add_entity(EntityKind::kAccount, account, {}, FindingRole::kRemote);
      if (arn && arn->resource != "root")
        builder.add_entity(EntityKind::kPrincipal, text, last_part(text), FindingRole::kRemote);
    }
  }
}

void map_header(const JsonNode& record, Finding& finding) {
  const bool is_public = truth_of(field(&record, "isPublic"));
  finding.shape = schema::FindingShape::kService;
  finding.product = "IAM Access Analyzer";
  const auto type = text_field(&record, "findingType");
  finding.type = type.empty() ? "ExternalAccess" : without_nul(type);
  finding.type_parts = schema::parse_finding_type(finding.type);
  finding.resource_type = without_nul(text_field(&record, "resourceType"));
  finding.title = without_nul(
      fmt::format("{}{} of {}", is_public ? "Public " : "", finding.type, last_part(text_field(&record, "resource"))));
  // The service gives no severity; none is made up.
  const auto status = text_field(&record, "status");
  finding.archived = status != "ACTIVE" && !status.empty();
  finding.record_state = finding.archived ? "archived" : "active";
  if (status == "RESOLVED") finding.workflow_status = "resolved";
}

}  // namespace

bool looks_like_access_analyzer(const JsonNode& record) {
  return record.is_object() && field(&record, "analyzedAt") != nullptr && field(&record, "id") != nullptr &&
         field(&record, "resourceType") != nullptr &&
         (field(&record, "accountId") != nullptr || field(&record, "resourceOwnerAccount") != nullptr);
}

Result<Finding> map_access_analyzer(const JsonNode& record, std::string_view raw, const MapContext& context) {
  Finding finding;
  FindingBuilder builder(finding);
  if (auto ok = set_identity(record, finding); !ok) return ok.error();
  SentTimes sent;
  if (auto ok = read_native_time(field(&record, "createdAt"), "createdAt", sent.created_us); !ok) return ok.error();
  if (auto ok = read_native_time(field(&record, "updatedAt"), "updatedAt", sent.updated_us); !ok) return ok.error();
  if (auto ok = read_native_time(field(&record, "analyzedAt"), "analyzedAt", sent.last_seen_us); !ok) return ok.error();
  set_times(sent, context.received_us, finding);
  map_header(record, finding);
  const auto resource = text_field(&record, "resource");
  builder.add_resource(resource, {}, FindingRole::kTarget, {{"type", finding.resource_type}});
  builder.add_fact("Resource", resource);
  builder.add_fact("Public", text_field(&record, "isPublic"));
  for (const JsonNode& action : items(field(&record, "action"))) builder.add_fact("Action", scalar_text(&action));
  map_principals(field(&record, "principal"), builder);
  builder.add_fact("Error", text_field(&record, "error"));
  builder.finish();
  keep_raw(record, raw, context, finding);
  return finding;
}

}  // namespace backtrail::ingest
