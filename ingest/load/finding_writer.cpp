#include "ingest/load/finding_writer.hpp"

#include <algorithm>
#include <backtrail_ingest_sql.hpp>
#include <nlohmann/json.hpp>
#include <set>

#include "ingest/load/binary_array.hpp"
#include "schema/block_format/raw_codec.hpp"

namespace backtrail::ingest {
namespace {

using nlohmann::json;
using schema::EntityKind;
using schema::Finding;
using schema::FindingEntity;
using schema::FindingRole;

void put_be64(std::int64_t value, std::string& out) {
  // The sign bit is turned so that negative numbers sort before positive ones.
  const auto bits = static_cast<std::uint64_t>(value) ^ (std::uint64_t{1} << 63);
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(bits >> shift & 0xFF);
}

void put_fingerprint(const Finding& finding, std::string& out) {
  out.append(reinterpret_cast<const char*>(finding.content_fp.bytes.data()), finding.content_fp.bytes.size());
}

std::string bytea_hex(std::string_view bytes) {
  return "\\x" + schema::hex(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

// jsonb refuses U+0000.
std::string clean(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (c == '\0')
      out += "\xEF\xBF\xBD";
    else
      out += c;
  }
  return out;
}

json text_or_null(std::string_view text) {
  return text.empty() ? json(nullptr) : json(clean(text));
}

const FindingEntity* first_entity(const Finding& finding, auto&& wanted) {
  const auto found = std::find_if(finding.entities.begin(), finding.entities.end(), wanted);
  return found == finding.entities.end() ? nullptr : &*found;
}

// Whoever acted, as people think of them: a user or role before a session, key or address.
const FindingEntity* actor_of(const Finding& finding) {
  for (const EntityKind kind : {EntityKind::kPrincipal, EntityKind::kRoleSession, EntityKind::kAccessKey}) {
    const auto* found = first_entity(
        finding, [kind](const FindingEntity& e) { return e.role == FindingRole::kActor && e.entity.kind == kind; });
    if (found != nullptr) return found;
  }
  return first_entity(finding, [](const FindingEntity& e) { return e.role == FindingRole::kActor; });
}

void put_entity(json& row, const char* prefix, const FindingEntity* found) {
  const std::string name(prefix);
  if (found == nullptr) {
    row[name + "_kind"] = row[name + "_key"] = row[name + "_name"] = nullptr;
    return;
  }
  row[name + "_kind"] = static_cast<int>(found->entity.kind);
  row[name + "_key"] = clean(found->entity.key);
  row[name + "_name"] = text_or_null(found->entity.name);
}

void put_remote(json& row, const Finding& finding) {
  const auto* remote = first_entity(finding, [](const FindingEntity& e) {
    return e.role == FindingRole::kRemote && e.entity.kind == EntityKind::kIpAddress;
  });
  row["remote_ip"] = remote == nullptr ? json(nullptr) : json(clean(remote->entity.key));
  json attributes;
  if (remote != nullptr && !remote->attributes_json.empty())
    attributes = json::parse(remote->attributes_json, nullptr, false);
  for (const auto& [column, member] :
       {std::pair{"remote_country", "country"}, {"remote_asn", "asn"}, {"remote_org", "organization"}}) {
    const bool present = attributes.is_object() && attributes.contains(member) && attributes[member].is_string();
    row[column] = present ? text_or_null(attributes[member].get<std::string>()) : json(nullptr);
  }
}

json facts_of(const Finding& finding) {
  json facts = json::array();
  for (const auto& [label, value] : finding.facts) facts.push_back({clean(label), clean(value)});
  return facts;
}

std::string key_of_first(const Finding& finding, EntityKind kind) {
  const auto* found = first_entity(finding, [kind](const FindingEntity& e) { return e.entity.kind == kind; });
  return found == nullptr ? std::string{} : found->entity.key;
}

// A number of the form's own; not the end of a band that stands for a label.
bool has_exact_severity(const Finding& f) {
  if (!f.severity) return false;
  const bool native = f.shape == schema::FindingShape::kGuardDuty || f.shape == schema::FindingShape::kGuardDutyApi;
  return native || *f.severity != schema::severity_value(f.severity_label);
}

// The parameter of finding_upsert.sql.
std::string finding_json(const Finding& f, const Row& from) {
  json row;
  row["account_id"] = f.identity.account_id;
  row["finding_uid"] = to_string(finding_uid(f.identity));
  row["detail_order"] = bytea_hex(detail_order(f));
  row["state_order"] = bytea_hex(state_order(f));
  row["region"] = clean(f.region);
  row["product"] = clean(f.product);
  row["product_arn"] = text_or_null(f.product_arn);
  row["provider_id"] = clean(f.identity.provider_id);
  row["detector_id"] = text_or_null(f.detector_id);
  row["generator_id"] = text_or_null(f.generator_id);
  row["shape"] = static_cast<int>(f.shape);
  row["type"] = clean(f.type);
  row["type_purpose"] = clean(f.type_parts.purpose);
  row["type_resource"] = clean(f.type_parts.resource);
  row["type_family"] = clean(f.type_parts.family);
  row["type_mechanism"] = clean(f.type_parts.mechanism);
  row["type_artifact"] = clean(f.type_parts.artifact);
  row["title"] = clean(f.title);
  row["description"] = clean(f.description);
  row["remediation_url"] = text_or_null(f.remediation_url);
  row["resource_type"] = text_or_null(f.resource_type);
  row["action"] = text_or_null(f.action);
  row["user_name"] = text_or_null(f.user_name);
  row["access_key_id"] = text_or_null(key_of_first(f, EntityKind::kAccessKey));
  row["instance_id"] = text_or_null(key_of_first(f, EntityKind::kInstance));
  put_entity(row, "actor", actor_of(f));
  put_entity(row, "resource", first_entity(f, [](const FindingEntity& e) { return e.role == FindingRole::kTarget; }));
  put_remote(row, f);
  row["facts"] = facts_of(f);
  row["sample"] = f.sample;
  row["severity"] = f.severity ? json(*f.severity) : json(nullptr);
  row["severity_label"] = static_cast<int>(f.severity_label);
  const bool exact = has_exact_severity(f), hub = !f.workflow_status.empty() || !f.compliance_status.empty();
  row["severity_exact"] = exact ? json(*f.severity) : json(nullptr);
  row["severity_exact_order"] = bytea_hex(exact ? state_order(f) : std::string{});
  row["hub_order"] = bytea_hex(hub ? state_order(f) : std::string{});
  row["count"] = f.count;
  row["updated_at"] = schema::format_rfc3339(f.updated_us);
  row["archived"] = f.archived;
  row["record_state"] = text_or_null(f.record_state);
  row["workflow_status"] = text_or_null(f.workflow_status);
  row["compliance_status"] = text_or_null(f.compliance_status);
  row["created_at"] = schema::format_rfc3339(f.created_us);
  row["first_seen_at"] = schema::format_rfc3339(f.first_seen_us);
  row["last_seen_at"] = schema::format_rfc3339(f.last_seen_us);
  row["first_received_at"] = schema::format_rfc3339(from.received_us());
  if (from.provenance) {
    const Provenance& written = *from.provenance;
    if (written.status) row["status"] = clean(*written.status);
    if (written.assignee) row["assignee"] = clean(*written.assignee);
    if (written.effective_severity) row["effective_severity"] = *written.effective_severity;
    if (written.effective_severity_label) row["effective_severity_label"] = *written.effective_severity_label;
  }
  return row.dump();
}

bool insert_version(schema::Transaction& tx, const Finding& f, const Row& row) {
  std::string stored;
  schema::append_encoded_raw(f.raw, stored);
  const auto digest = schema::sha256(f.raw);
  const auto inserted = tx.exec(
      sql::finding_version_insert, f.identity.account_id, to_string(finding_uid(f.identity)), to_string(f.content_fp),
      static_cast<int>(f.shape), schema::format_rfc3339(f.updated_us), f.count, f.severity,
      schema::format_rfc3339(f.last_seen_us), f.archived, schema::format_rfc3339(row.received_us()), row.origin(),
      schema::Binary(digest.data(), digest.size()), static_cast<int>(f.raw.size()), schema::Binary(stored));
  return !inserted.empty();
}

void unite_entities(schema::Transaction& tx, const Finding& f, const schema::HashKey& key) {
  BinaryArray kind(PgType::kInt2), entity_key(PgType::kText), role(PgType::kInt2), position(PgType::kInt2),
      hash(PgType::kInt8), name(PgType::kText), attributes(PgType::kText);
  std::set<std::tuple<EntityKind, std::string, FindingRole>> seen;
  std::int16_t at = 0;
  for (const FindingEntity& e : f.entities) {
    const std::string text = clean(schema::cut_entity_key(e.entity.key));
    if (!seen.emplace(e.entity.kind, text, e.role).second) continue;
    kind.add_int2(static_cast<std::int16_t>(e.entity.kind));
    entity_key.add_text(text);
    role.add_int2(static_cast<std::int16_t>(e.role));
    position.add_int2(at++);
    hash.add_int8(schema::entity_hash(key, e.entity.kind, e.entity.key));
    if (e.entity.name.empty())
      name.add_null();
    else
      name.add_text(clean(e.entity.name));
    if (e.attributes_json.empty())
      attributes.add_null();
    else
      attributes.add_text(clean(e.attributes_json));
  }
  if (seen.empty()) return;
  tx.exec(sql::finding_entity_upsert, f.identity.account_id, to_string(finding_uid(f.identity)),
          schema::Binary(detail_order(f)), schema::format_rfc3339(f.last_seen_us), kind.value(), entity_key.value(),
          role.value(), position.value(), hash.value(), name.value(), attributes.value());
}

RowOutcome write_finding(schema::Transaction& tx, const Row& row, const schema::HashKey& key) {
  const Finding& finding = *row.finding;
  if (!insert_version(tx, finding, row)) return RowOutcome::kDuplicate;
  const auto changed = tx.exec(sql::finding_upsert, finding_json(finding, row));
  unite_entities(tx, finding, key);
  if (changed.empty()) return RowOutcome::kStale;
  if (changed[0]["inserted"].as<bool>()) return RowOutcome::kNew;
  const pqxx::binarystring in_force(changed[0]["state_order"]);
  return in_force.str() == state_order(finding) ? RowOutcome::kUpdated : RowOutcome::kStale;
}

}  // namespace

std::string detail_order(const Finding& finding) {
  std::string order(1, static_cast<char>(finding.shape));
  put_be64(finding.updated_us, order);
  put_be64(finding.count, order);
  put_fingerprint(finding, order);
  return order;
}

std::string state_order(const Finding& finding) {
  std::string order;
  put_be64(finding.updated_us, order);
  put_be64(finding.count, order);
  order += static_cast<char>(finding.shape);
  put_fingerprint(finding, order);
  return order;
}

void write_findings(schema::Transaction& tx, std::span<Row> rows, const schema::HashKey& key) {
  std::vector<Row*> findings;
  for (Row& row : rows)
    if (row.kind == Row::Kind::kFinding) findings.push_back(&row);
  // In one order in every writer, so that two of them wait for each other instead of deadlocking.
  std::stable_sort(findings.begin(), findings.end(), [](const Row* a, const Row* b) {
    const auto &x = a->finding->identity, &y = b->finding->identity;
    return std::tie(x.account_id, x.product_key, x.provider_id) < std::tie(y.account_id, y.product_key, y.provider_id);
  });
  for (Row* row : findings) row->outcome = write_finding(tx, *row, key);
}

}  // namespace backtrail::ingest
