#include "query/findings/finding_rows.hpp"

#include <backtrail_query_sql.hpp>
#include <map>

namespace backtrail::query {
namespace {

using schema::Transaction;
using schema::Uuid;

// The columns of finding_rows.sql.
struct StoredRow : FindingRow {};
BOOST_DESCRIBE_STRUCT(StoredRow, (),
                      (account_id, finding_uid, account_name, region, product, type, title, severity, severity_label,
                       effective_severity, effective_severity_label, status, assignee, record_state, sample, archived,
                       count, first_seen_at, last_seen_at, created_at, updated_at, resource_type, resource_kind,
                       resource_key, resource_name, actor_kind, actor_key, actor_name, access_key_id, user_name,
                       instance_id, remote_ip, remote_country, remote_asn, remote_org, action))

struct RelatedCount {
  std::string account_id;
  Uuid finding_uid;
  std::int64_t related;
};
BOOST_DESCRIBE_STRUCT(RelatedCount, (), (account_id, finding_uid, related))

std::optional<schema::Entity> entity_of(const std::optional<int>& kind, const std::optional<std::string>& key,
                                        const std::optional<std::string>& name) {
  if (!kind || !key) return std::nullopt;
  return schema::Entity{static_cast<schema::EntityKind>(*kind), *key, name.value_or("")};
}

void count_related(Transaction& tx, const std::vector<FindingKey>& keys, std::vector<FindingRow>& rows) {
  const auto arrays = arrays_of(keys);
  const auto counts = schema::rows_as<RelatedCount>(
      tx.exec(sql::finding_related_count, arrays.account_ids, arrays.finding_uids, kRelatedCountMax));
  std::map<std::pair<std::string_view, Uuid>, std::int64_t> by_key;
  for (const auto& one : counts) by_key[{one.account_id, one.finding_uid}] = one.related;
  for (auto& row : rows) row.related = by_key[{row.account_id, row.finding_uid}];
}

}  // namespace

std::string hex_of(const Uuid& id) {
  return schema::hex(id.bytes.data(), id.bytes.size());
}

std::optional<Uuid> uuid_from_hex(std::string_view text) {
  constexpr std::size_t kHexChars = 32;
  if (text.size() != kHexChars) return std::nullopt;
  Uuid id;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    unsigned value = 0;
    if (c >= '0' && c <= '9')
      value = static_cast<unsigned>(c - '0');
    else if (c >= 'a' && c <= 'f')
      value = static_cast<unsigned>(c - 'a') + 10;
    else
      return std::nullopt;
    auto& byte = id.bytes[i / 2];
    byte = static_cast<std::uint8_t>(i % 2 == 0 ? value << 4 : byte | value);
  }
  return id;
}

std::string finding_id(const FindingKey& key) {
  return key.account_id + "-" + hex_of(key.finding_uid);
}

std::optional<FindingKey> parse_finding_id(std::string_view text) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos || !schema::is_account_id(text.substr(0, dash))) return std::nullopt;
  const auto uid = uuid_from_hex(text.substr(dash + 1));
  if (!uid) return std::nullopt;
  return FindingKey{std::string(text.substr(0, dash)), *uid};
}

std::optional<schema::Entity> FindingRow::actor() const {
  return entity_of(actor_kind, actor_key, actor_name);
}
std::optional<schema::Entity> FindingRow::resource() const {
  return entity_of(resource_kind, resource_key, resource_name);
}

FindingKeyArrays arrays_of(const std::vector<FindingKey>& keys) {
  std::vector<std::string> accounts, uids;
  accounts.reserve(keys.size());
  uids.reserve(keys.size());
  for (const auto& key : keys) {
    accounts.push_back(key.account_id);
    uids.push_back(to_string(key.finding_uid));
  }
  return {schema::array_literal(accounts), schema::array_literal(uids)};
}

std::vector<FindingRow> read_finding_rows(Transaction& tx, const std::vector<FindingKey>& keys,
                                          WithRelated with_related) {
  if (keys.empty()) return {};
  const auto arrays = arrays_of(keys);
  auto stored = schema::rows_as<StoredRow>(tx.exec(sql::finding_rows, arrays.account_ids, arrays.finding_uids));
  std::vector<FindingRow> rows(std::make_move_iterator(stored.begin()), std::make_move_iterator(stored.end()));
  if (with_related == WithRelated::kYes) count_related(tx, keys, rows);
  return rows;
}

}  // namespace backtrail::query
