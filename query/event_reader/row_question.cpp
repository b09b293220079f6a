#include "query/event_reader/row_question.hpp"

#include <algorithm>

#include "schema/pg/database.hpp"

namespace backtrail::query {
namespace {

using schema::EntityKind;

SqlArray array_or_null(const std::vector<std::string>& items) {
  if (items.empty()) return std::nullopt;
  return schema::array_literal(items);
}

template <class T>
SqlArray numbers_or_null(const std::optional<std::vector<T>>& items) {
  if (!items) return std::nullopt;
  std::vector<std::string> texts;
  for (const T item : *items) texts.push_back(std::to_string(static_cast<int>(item)));
  return schema::array_literal(texts);
}

SqlArray hashes_or_null(const std::vector<std::int64_t>& hashes) {
  if (hashes.empty()) return std::nullopt;
  std::vector<std::string> texts;
  texts.reserve(hashes.size());
  for (const std::int64_t hash : hashes) texts.push_back(std::to_string(hash));
  return schema::array_literal(texts);
}

bool is_account_group(const std::vector<EntityTerm>& group) {
  return group.front().kind == EntityKind::kAccount;
}

void keep_common(std::optional<std::vector<std::string>>& kept, std::vector<std::string> ids) {
  std::sort(ids.begin(), ids.end());
  if (!kept) {
    kept = std::move(ids);
    return;
  }
  std::vector<std::string> both;
  std::set_intersection(kept->begin(), kept->end(), ids.begin(), ids.end(), std::back_inserter(both));
  kept = std::move(both);
}

std::vector<std::string> refused_accounts(const EventFilter& filter) {
  auto refused = filter.account_id.none_of;
  for (const auto& term : filter.not_entities)
    if (term.kind == EntityKind::kAccount) refused.push_back(term.key);
  return refused;
}

CommonParameters common_parameters(const EventFilter& filter, const std::optional<std::vector<std::string>>& accounts) {
  CommonParameters common;
  common.from_day = schema::format_day(schema::day_of(filter.range.from_us));
  common.to_day = schema::format_day(schema::day_of(filter.range.to_us - 1));
  common.from = schema::format_rfc3339(filter.range.from_us);
  if (accounts) common.accounts = schema::array_literal(*accounts);
  common.not_accounts = array_or_null(refused_accounts(filter));
  common.regions = array_or_null(filter.region.any_of);
  common.not_regions = array_or_null(filter.region.none_of);
  common.services = array_or_null(service_patterns(filter.service.any_of));
  common.not_services = array_or_null(service_patterns(filter.service.none_of));
  common.apis = array_or_null(api_patterns(filter.api.any_of));
  common.not_apis = array_or_null(api_patterns(filter.api.none_of));
  common.outcomes = numbers_or_null(filter.outcomes);
  common.event_classes = numbers_or_null(filter.event_classes);
  common.read_only = filter.read_only;
  common.error_codes = array_or_null(filter.error_code.any_of);
  common.not_error_codes = array_or_null(filter.error_code.none_of);
  common.has_conditions = common.accounts || common.not_accounts || common.regions || common.not_regions ||
                          common.services || common.not_services || common.apis || common.not_apis || common.outcomes ||
                          common.event_classes || common.read_only || common.error_codes || common.not_error_codes;
  return before(std::move(common), end_of(filter.range));
}

bool only_accounts_asked(const CommonParameters& common) {
  return !(common.not_accounts || common.regions || common.not_regions || common.services || common.not_services ||
           common.apis || common.not_apis || common.outcomes || common.event_classes || common.read_only ||
           common.error_codes || common.not_error_codes);
}

// How few events a kind usually has; the smaller drives.
int breadth_of(EntityKind kind) {
  switch (kind) {
    case EntityKind::kAccessKey:
      return 0;
    case EntityKind::kRoleSession:
      return 1;
    case EntityKind::kInstance:
      return 2;
    case EntityKind::kResource:
      return 3;
    case EntityKind::kIpAddress:
      return 4;
    case EntityKind::kPrincipal:
      return 5;
    case EntityKind::kUserAgent:
      return 6;
    case EntityKind::kAccount:
      return 7;
  }
  return 7;
}

int breadth_of_group(const std::vector<EntityTerm>& group) {
  int breadth = 0;
  for (const auto& term : group) breadth = std::max(breadth, breadth_of(term.kind));
  return breadth;
}

// The terms that an event can hold: nothing is called by a resource.
std::vector<EntityTerm> possible_terms(const std::vector<EntityTerm>& group) {
  std::vector<EntityTerm> kept;
  for (EntityTerm term : group) {
    term.by = term.by && by_column_of(term.kind);
    if (term.by || term.on) kept.push_back(std::move(term));
  }
  return kept;
}

HashPair hashes_of(const std::vector<EntityTerm>& terms, const schema::HashKey& key) {
  std::vector<std::int64_t> by, on;
  for (const auto& term : terms) {
    if (term.kind == EntityKind::kAccount) continue;
    const std::int64_t hash = schema::entity_hash(key, term.kind, term.key);
    if (term.by) by.push_back(hash);
    if (term.on) on.push_back(hash);
  }
  return {hashes_or_null(by), hashes_or_null(on)};
}

void drive_by(const std::vector<EntityTerm>& terms, const schema::HashKey& key, CombinedParameters& combined) {
  std::array<std::vector<std::int64_t>, kByKinds.size()> by;
  std::vector<std::int64_t> on;
  for (const auto& term : terms) {
    const std::int64_t hash = schema::entity_hash(key, term.kind, term.key);
    if (term.by) by[*by_column_of(term.kind)].push_back(hash);
    if (term.on) on.push_back(hash);
  }
  for (std::size_t column = 0; column < by.size(); ++column) combined.by[column] = hashes_or_null(by[column]);
  combined.on = hashes_or_null(on);
}

}  // namespace

std::optional<std::vector<std::string>> answering_accounts(const EventFilter& filter,
                                                           const schema::AccountScope& scope) {
  std::optional<std::vector<std::string>> kept;
  if (!scope.is_all()) keep_common(kept, scope.account_ids());
  if (!filter.account_id.any_of.empty()) keep_common(kept, filter.account_id.any_of);
  for (const auto& group : filter.entities) {
    if (!is_account_group(group)) continue;
    std::vector<std::string> ids;
    ids.reserve(group.size());
    for (const auto& term : group) ids.push_back(term.key);
    keep_common(kept, std::move(ids));
  }
  return kept;
}

std::optional<std::size_t> by_column_of(EntityKind kind) {
  const auto found = std::find(kByKinds.begin(), kByKinds.end(), kind);
  if (found == kByKinds.end()) return std::nullopt;
  return static_cast<std::size_t>(found - kByKinds.begin());
}

CommonParameters before(CommonParameters common, const EventPosition& position) {
  common.until_time = schema::format_rfc3339(position.time_us);
  common.until_id = to_string(position.event_id);
  common.until_fp = to_string(position.content_fp);
  return common;
}

RowQuestion row_question(const EventFilter& filter, const schema::HashKey& key, const schema::AccountScope& scope) {
  RowQuestion question;
  if (filter.range.from_us >= filter.range.to_us) return question;
  const auto accounts = answering_accounts(filter, scope);
  if (accounts && accounts->empty()) return question;
  question.from_day = schema::day_of(filter.range.from_us);
  question.to_day = schema::day_of(filter.range.to_us - 1);
  question.common = common_parameters(filter, accounts);

  std::vector<std::vector<EntityTerm>> groups;
  for (const auto& group : filter.entities) {
    if (is_account_group(group)) continue;
    groups.push_back(possible_terms(group));
    if (groups.back().empty()) return question;
  }
  std::stable_sort(groups.begin(), groups.end(),
                   [](const auto& a, const auto& b) { return breadth_of_group(a) < breadth_of_group(b); });

  auto& combined = question.combined;
  if (groups.empty())
    combined.all = true;
  else
    drive_by(groups.front(), key, combined);
  for (std::size_t i = 1; i < groups.size(); ++i) combined.required[i - 1] = hashes_of(groups[i], key);
  combined.excluded = hashes_of(filter.not_entities, key);
  combined.has_conditions = groups.size() > 1 || combined.excluded.by || combined.excluded.on;

  if (combined.has_conditions || (!groups.empty() && groups.front().size() > 1)) {
    question.shape = RowQuestion::Shape::kCombined;
  } else if (groups.empty()) {
    question.shape = RowQuestion::Shape::kAll;
  } else {
    const EntityTerm& term = groups.front().front();
    question.shape = RowQuestion::Shape::kSingle;
    question.hash = schema::entity_hash(key, term.kind, term.key);
    if (term.by) question.by_column = by_column_of(term.kind);
    question.on = term.on;
    question.mentions_suffice = only_accounts_asked(question.common) && !question.by_column;
  }
  return question;
}

}  // namespace backtrail::query
