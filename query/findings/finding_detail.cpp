#include "query/findings/finding_detail.hpp"

#include <algorithm>
#include <backtrail_query_sql.hpp>
#include <nlohmann/json.hpp>

#include "schema/block_format/raw_codec.hpp"

namespace backtrail::query {
namespace {

using schema::AccountScope;
using schema::Code;
using schema::Entity;
using schema::EntityKind;
using schema::fail;
using schema::Result;
using schema::TimeUs;
using schema::Transaction;

struct DetailRow {
  std::string description, type_purpose, type_resource, type_family, type_mechanism, type_artifact, provider_id;
  std::optional<std::string> product_arn, detector_id, generator_id, compliance_status, workflow_status,
      remediation_url;
  std::string facts;
  bool held;
};
BOOST_DESCRIBE_STRUCT(DetailRow, (),
                      (description, type_purpose, type_resource, type_family, type_mechanism, type_artifact,
                       provider_id, product_arn, detector_id, generator_id, compliance_status, workflow_status,
                       remediation_url, facts, held))

struct EntityRow {
  int kind;
  std::string entity_key;
  std::optional<std::string> name;
  int role;
  std::optional<std::string> attributes;
  TimeUs first_seen_at, last_seen_at;
};
BOOST_DESCRIBE_STRUCT(EntityRow, (), (kind, entity_key, name, role, attributes, first_seen_at, last_seen_at))

struct VersionRow {
  schema::Uuid content_fp;
  TimeUs updated_at;
  std::int64_t count;
  std::optional<double> severity;
  int shape;
  TimeUs received_at;
  std::int64_t raw_bytes;
};
BOOST_DESCRIBE_STRUCT(VersionRow, (), (content_fp, updated_at, count, severity, shape, received_at, raw_bytes))

struct RelatedRow {
  std::string account_id;
  schema::Uuid finding_uid;
  int kind;
  std::string entity_key;
  std::optional<std::string> name;
};
BOOST_DESCRIBE_STRUCT(RelatedRow, (), (account_id, finding_uid, kind, entity_key, name))

struct RawRow {
  schema::Bytes raw;
};
BOOST_DESCRIBE_STRUCT(RawRow, (), (raw))

schema::Error not_found() {
  return fail(Code::kNotFound, "there is no such finding among those that this key may see");
}

std::vector<MentionedEntity> read_entities(Transaction& tx, const FindingKey& key) {
  std::vector<MentionedEntity> entities;
  for (auto& row : schema::rows_as<EntityRow>(tx.exec(sql::finding_entities, key.account_id, to_string(key.finding_uid),
                                                      static_cast<std::int64_t>(kDetailEntitiesMax))))
    entities.push_back({{static_cast<EntityKind>(row.kind), std::move(row.entity_key), row.name.value_or("")},
                        static_cast<schema::FindingRole>(row.role),
                        row.attributes.value_or(""),
                        row.first_seen_at.us,
                        row.last_seen_at.us});
  return entities;
}

std::vector<FindingVersion> read_versions(Transaction& tx, const FindingKey& key) {
  std::vector<FindingVersion> versions;
  for (const auto& row :
       schema::rows_as<VersionRow>(tx.exec(sql::finding_versions, key.account_id, to_string(key.finding_uid),
                                           static_cast<std::int64_t>(kDetailVersionsMax))))
    versions.push_back({row.content_fp, row.updated_at.us, row.count, row.severity,
                        static_cast<schema::FindingShape>(row.shape), row.received_at.us, row.raw_bytes});
  return versions;
}

// A record that cannot be read any more tells nothing here; asking for its bytes says why.
std::vector<ApiEvidence> read_apis(Transaction& tx, const FindingKey& key) {
  std::vector<ApiEvidence> apis;
  schema::JsonParser parser;
  for (const auto& row : schema::rows_as<RawRow>(tx.exec(
           sql::finding_evidence, key.account_id, to_string(key.finding_uid),
           static_cast<std::int64_t>(kEvidenceVersionsMax), static_cast<std::int64_t>(kEvidenceRecordMaxBytes)))) {
    auto bytes = schema::decode_raw(row.raw.bytes);
    if (!bytes) continue;
    const auto size = bytes->size();
    bytes->resize(size + schema::kJsonPaddingBytes, ' ');
    if (const auto record = parser.parse(std::string_view(*bytes).substr(0, size))) collect_apis(**record, apis);
  }
  return apis;
}

std::vector<RelatedFinding> read_related(Transaction& tx, const FindingKey& key) {
  const auto shared = schema::rows_as<RelatedRow>(
      tx.exec(sql::finding_related, key.account_id, to_string(key.finding_uid),
              static_cast<std::int64_t>(kRelatedRowsMax), static_cast<std::int64_t>(kRelatedLookedAtMax)));
  std::vector<FindingKey> keys;
  for (const auto& row : shared) {
    FindingKey other{row.account_id, row.finding_uid};
    if (keys.empty() || keys.back() != other) keys.push_back(std::move(other));
  }
  std::vector<RelatedFinding> related;
  for (auto& row : read_finding_rows(tx, keys, WithRelated::kYes)) {
    auto& one = related.emplace_back(RelatedFinding{std::move(row), {}});
    for (const auto& entity : shared)
      if (entity.account_id == one.row.account_id && entity.finding_uid == one.row.finding_uid)
        one.shared.push_back({static_cast<EntityKind>(entity.kind), entity.entity_key, entity.name.value_or("")});
  }
  return related;
}

// The entity that a fact's value is: by its key, else a principal or resource by its name.
std::optional<Entity> entity_named(const std::string& value, const std::vector<MentionedEntity>& entities) {
  for (const auto& one : entities)
    if (one.entity.key == value) return one.entity;
  for (const auto& one : entities)
    if (one.entity.name == value &&
        (one.entity.kind == EntityKind::kPrincipal || one.entity.kind == EntityKind::kResource))
      return one.entity;
  return std::nullopt;
}

std::vector<FindingFact> facts_of(const std::string& json, const std::vector<MentionedEntity>& entities) {
  std::vector<FindingFact> facts;
  const auto pairs = nlohmann::json::parse(json, nullptr, false);
  if (!pairs.is_array()) return facts;
  for (const auto& pair : pairs) {
    if (!pair.is_array() || pair.size() != 2 || !pair[0].is_string() || !pair[1].is_string()) continue;
    auto value = pair[1].get<std::string>();
    auto entity = entity_named(value, entities);
    facts.push_back({pair[0].get<std::string>(), std::move(value), std::move(entity)});
  }
  return facts;
}

FindingActivity activity_of(const FindingRow& row, const std::string& type_purpose,
                            const std::vector<MentionedEntity>& entities, std::int64_t now_us) {
  return {scope_of(row.first_seen_at.us, row.last_seen_at.us, now_us),
          window_of(row.first_seen_at.us, row.last_seen_at.us),
          lanes_of(row.resource_type.value_or(""), type_purpose, entities)};
}

FindingDetail from_row(FindingRow row, DetailRow stored) {
  FindingDetail detail;
  detail.row = std::move(row);
  detail.held = stored.held;
  detail.description = std::move(stored.description);
  detail.type_parts = {std::move(stored.type_purpose), std::move(stored.type_resource), std::move(stored.type_family),
                       std::move(stored.type_mechanism), std::move(stored.type_artifact)};
  detail.provider_id = std::move(stored.provider_id);
  detail.product_arn = std::move(stored.product_arn);
  detail.detector_id = std::move(stored.detector_id);
  detail.generator_id = std::move(stored.generator_id);
  detail.compliance_status = std::move(stored.compliance_status);
  detail.workflow_status = std::move(stored.workflow_status);
  detail.remediation_url = std::move(stored.remediation_url);
  return detail;
}

}  // namespace

Result<FindingDetail> finding_detail(const Warehouse& warehouse, const AccountScope& scope, std::string_view finding_id,
                                     std::int64_t now_us) {
  const auto key = parse_finding_id(finding_id);
  if (!key) return not_found();
  return warehouse.database.read(scope, [&](Transaction& tx) -> Result<FindingDetail> {
    auto rows = read_finding_rows(tx, {*key}, WithRelated::kYes);
    if (rows.empty()) return not_found();
    const auto stored = tx.exec(sql::finding_detail, key->account_id, to_string(key->finding_uid));
    auto detail_row = schema::row_as<DetailRow>(stored[0]);
    const std::string facts = std::move(detail_row.facts);
    auto detail = from_row(std::move(rows.front()), std::move(detail_row));
    detail.entities = read_entities(tx, *key);
    detail.facts = facts_of(facts, detail.entities);
    detail.versions = read_versions(tx, *key);
    detail.apis = read_apis(tx, *key);
    detail.activity = activity_of(detail.row, detail.type_parts.purpose, detail.entities, now_us);
    detail.related = read_related(tx, *key);
    return detail;
  });
}

Result<FindingActivity> finding_activity(const Warehouse& warehouse, const AccountScope& scope,
                                         std::string_view finding_id, std::int64_t now_us) {
  const auto key = parse_finding_id(finding_id);
  if (!key) return not_found();
  return warehouse.database.read(scope, [&](Transaction& tx) -> Result<FindingActivity> {
    const auto rows = read_finding_rows(tx, {*key}, WithRelated::kNo);
    if (rows.empty()) return not_found();
    const auto purpose = schema::parse_finding_type(rows.front().type).purpose;
    return activity_of(rows.front(), purpose, read_entities(tx, *key), now_us);
  });
}

Result<std::string> finding_raw(const Warehouse& warehouse, const AccountScope& scope, std::string_view finding_id,
                                std::optional<std::string_view> version_id) {
  const auto key = parse_finding_id(finding_id);
  if (!key) return not_found();
  std::optional<std::string> version;
  if (version_id) {
    const auto uuid = uuid_from_hex(*version_id);
    if (!uuid) return not_found();
    version = to_string(*uuid);
  }
  const auto stored = warehouse.database.read(scope, [&](Transaction& tx) -> Result<std::string> {
    auto rows = schema::rows_as<RawRow>(
        tx.exec(sql::finding_version_raw, key->account_id, to_string(key->finding_uid), version));
    if (rows.empty()) return not_found();
    return std::move(rows.front().raw.bytes);
  });
  if (!stored) return stored.error();
  return schema::decode_raw(*stored);
}

}  // namespace backtrail::query
