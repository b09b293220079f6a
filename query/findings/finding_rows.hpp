// Findings as rows of a list, and their ids.
//
// A finding's id outside is "<account>-<32 hexadecimal digits>": the account and the finding's uid, both needed to find
// it. Rows come in the order of the keys given; a finding that is gone, or outside the caller's accounts, is left out.
// Plain values; the functions that take a Transaction belong to its thread and throw what it throws.
#pragma once
#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/core/hash.hpp"
#include "schema/model/entity.hpp"
#include "schema/pg/database.hpp"
#include "schema/pg/row_as.hpp"

namespace backtrail::query {

// `related` of a row counts up to here: 100 means 100 or more.
inline constexpr std::int64_t kRelatedCountMax = 100;

struct FindingKey {
  std::string account_id;
  schema::Uuid finding_uid{};
  bool operator==(const FindingKey&) const = default;
};
BOOST_DESCRIBE_STRUCT(FindingKey, (), (account_id, finding_uid))

std::string finding_id(const FindingKey& key);
// Empty for anything that finding_id() does not give.
std::optional<FindingKey> parse_finding_id(std::string_view text);

// 32 lower-case hexadecimal digits, and back.
std::string hex_of(const schema::Uuid& id);
std::optional<schema::Uuid> uuid_from_hex(std::string_view text);

struct FindingRow {
  std::string account_id;
  schema::Uuid finding_uid;
  std::optional<std::string> account_name;
  std::string region, product, type, title;
  std::optional<double> severity;
  int severity_label;
  std::optional<double> effective_severity;  // the provider's where the analysts set none
  int effective_severity_label;
  std::string status;
  std::optional<std::string> assignee;
  std::string record_state;
  bool sample;
  bool archived;
  std::int64_t count;
  schema::TimeUs first_seen_at, last_seen_at, created_at, updated_at;
  std::optional<std::string> resource_type;
  std::optional<int> resource_kind;
  std::optional<std::string> resource_key, resource_name;
  std::optional<int> actor_kind;
  std::optional<std::string> actor_key, actor_name;
  std::optional<std::string> access_key_id, user_name, instance_id;
  std::optional<std::string> remote_ip, remote_country, remote_asn, remote_org;
  std::optional<std::string> action;
  std::optional<std::int64_t> related;  // only when asked for

  FindingKey key() const { return {account_id, finding_uid}; }
  std::optional<schema::Entity> actor() const;
  std::optional<schema::Entity> resource() const;
};

enum class WithRelated : bool { kNo, kYes };

std::vector<FindingRow> read_finding_rows(schema::Transaction& tx, const std::vector<FindingKey>& keys,
                                          WithRelated with_related);

// Two arrays for SQL: account ids and uids.
struct FindingKeyArrays {
  std::string account_ids, finding_uids;
};
FindingKeyArrays arrays_of(const std::vector<FindingKey>& keys);

}  // namespace backtrail::query
