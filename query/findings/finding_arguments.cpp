#include "query/findings/finding_arguments.hpp"

#include <backtrail_query_sql.hpp>

#include "schema/core/time.hpp"
#include "schema/model/severity.hpp"

namespace backtrail::query {
namespace {

using schema::array_literal;
using schema::Transaction;

std::optional<std::string> list_or_null(const std::vector<std::string>& values) {
  if (values.empty()) return std::nullopt;
  return array_literal(values);
}

std::optional<std::string> severities_or_null(const std::vector<std::string>& labels) {
  std::vector<std::string> numbers;
  for (const auto& label : labels)
    if (const auto severity = schema::severity_from(label))
      numbers.push_back(std::to_string(static_cast<int>(*severity)));
  return list_or_null(numbers);
}

std::optional<std::string> flag_or_null(const std::optional<bool>& flag) {
  if (!flag) return std::nullopt;
  return *flag ? "true" : "false";
}

std::optional<std::string> time_or_null(const std::optional<std::int64_t>& us) {
  if (!us) return std::nullopt;
  return schema::format_rfc3339(*us);
}

// The findings that name, for every condition, one of its entities.
std::string named_uids(Transaction& tx, const schema::HashKey& hash_key,
                       const std::vector<std::vector<NamedEntity>>& conditions) {
  std::vector<std::string> hashes, kinds, keys, roles, numbers;
  for (std::size_t i = 0; i < conditions.size(); ++i) {
    for (const auto& entity : conditions[i]) {
      hashes.push_back(std::to_string(schema::entity_hash(hash_key, entity.kind, entity.key)));
      kinds.push_back(std::to_string(static_cast<int>(entity.kind)));
      keys.push_back(entity.key);
      roles.push_back(std::to_string(entity.role ? static_cast<int>(*entity.role) : 0));
      numbers.push_back(std::to_string(i));
    }
  }
  const auto rows = tx.exec(sql::finding_named, array_literal(hashes), array_literal(kinds), array_literal(keys),
                            array_literal(roles), array_literal(numbers), static_cast<std::int64_t>(conditions.size()));
  std::vector<std::string> uids;
  uids.reserve(static_cast<std::size_t>(rows.size()));
  for (const auto& row : rows) uids.emplace_back(row["finding_uid"].c_str());
  return array_literal(uids);
}

}  // namespace

void plan_with_values(Transaction& tx) {
  tx.exec_text("SET LOCAL plan_cache_mode = force_custom_plan");
}

Arguments filter_arguments(Transaction& tx, const schema::HashKey& hash_key, const schema::AccountScope& scope,
                           const FindingFilter& filter) {
  Arguments arguments;
  if (scope.is_all())
    arguments.emplace_back();
  else
    arguments.emplace_back(array_literal(scope.account_ids()));
  arguments.push_back(severities_or_null(filter.severity.any_of));
  arguments.push_back(severities_or_null(filter.severity.none_of));
  for (const Choice* choice :
       {&filter.account_id, &filter.region, &filter.type, &filter.type_purpose, &filter.resource_type, &filter.product,
        &filter.status, &filter.assignee, &filter.record_state, &filter.user_name}) {
    arguments.push_back(list_or_null(choice->any_of));
    arguments.push_back(list_or_null(choice->none_of));
  }
  for (const auto& flag : {filter.sample, filter.archived, filter.open}) arguments.push_back(flag_or_null(flag));
  arguments.push_back(list_or_null(filter.title.any_of));
  arguments.push_back(list_or_null(filter.title.none_of));
  arguments.push_back(time_or_null(filter.from_us));
  arguments.push_back(time_or_null(filter.to_us));
  if (filter.named.empty())
    arguments.emplace_back();
  else
    arguments.emplace_back(named_uids(tx, hash_key, filter.named));
  if (filter.not_named.empty())
    arguments.emplace_back();
  else
    arguments.emplace_back(named_uids(tx, hash_key, {filter.not_named}));
  return arguments;
}

}  // namespace backtrail::query
