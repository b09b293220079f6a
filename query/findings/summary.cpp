#include "query/findings/summary.hpp"

#include <algorithm>
#include <backtrail_query_sql.hpp>
#include <fmt/format.h>
#include <set>

#include "query/event_reader/parts.hpp"
#include "query/findings/finding_reads.hpp"

namespace backtrail::query {
namespace {

using schema::AccountScope;
using schema::Code;
using schema::fail;
using schema::Result;
using schema::Severity;
using schema::TimeRange;
using schema::TimeUs;
using schema::Transaction;

enum Figure { kTotal = 0, kSeverity = 1, kDay = 2, kAccountRegion = 3, kType = 4 };

struct SummaryRow {
  int figure;
  std::optional<int> severity;
  std::optional<TimeUs> day;
  std::optional<std::string> account_id, account_name, region, type;
  std::int64_t findings, open_findings, occurrences;
  int highest;
};
BOOST_DESCRIBE_STRUCT(SummaryRow, (),
                      (figure, severity, day, account_id, account_name, region, type, findings, open_findings,
                       occurrences, highest))

struct BusiestRow {
  int kind;
  std::string entity_key;
};
BOOST_DESCRIBE_STRUCT(BusiestRow, (), (kind, entity_key))

struct TopEntityRow {
  int kind;
  std::string entity_key;
  std::optional<std::string> name;
  std::int64_t findings, accounts;
  TimeUs last_seen_at;
};
BOOST_DESCRIBE_STRUCT(TopEntityRow, (), (kind, entity_key, name, findings, accounts, last_seen_at))

struct AccountRow {
  std::string account_id;
  bool registered;
};
BOOST_DESCRIBE_STRUCT(AccountRow, (), (account_id, registered))

struct PartitionRow {
  TimeUs from_day, to_day;
};
BOOST_DESCRIBE_STRUCT(PartitionRow, (), (from_day, to_day))

std::int32_t first_day(const TimeRange& range) {
  return schema::day_of(range.from_us);
}
std::int32_t last_day(const TimeRange& range) {
  return schema::day_of(range.to_us - 1);
}

// The interval and scope as arguments of the SQL.
struct Question {
  std::optional<std::string> accounts;
  std::string from, to;
  bool samples;
};

Question question_of(const AccountScope& scope, const SummaryRequest& request) {
  Question question;
  if (!scope.is_all()) question.accounts = schema::array_literal(scope.account_ids());
  question.from = schema::format_rfc3339(request.range.from_us);
  question.to = schema::format_rfc3339(request.range.to_us);
  question.samples = request.include_samples;
  return question;
}

std::size_t index_of(const std::optional<int>& severity) {
  return static_cast<std::size_t>(severity.value_or(0));
}

void add_figure(const SummaryRow& row, Summary& summary) {
  switch (row.figure) {
    case kTotal:
      summary.findings = row.findings;
      summary.open = row.open_findings;
      summary.occurrences = row.occurrences;
      break;
    case kSeverity:
      summary.open_by_severity.at(index_of(row.severity)) = row.open_findings;
      break;
    case kDay: {
      const auto at = schema::day_of(row.day.value().us) - first_day(summary.request.range);
      summary.by_day.at(static_cast<std::size_t>(at)).counts.at(index_of(row.severity)) = row.findings;
      break;
    }
    case kAccountRegion:
      summary.account_region.push_back({row.account_id.value(), row.account_name, row.region.value(), row.open_findings,
                                        row.findings, static_cast<Severity>(row.highest)});
      break;
    case kType:
      if (summary.by_type.size() < kSummaryTypesMax)
        summary.by_type.push_back(
            {row.type.value(), row.findings, row.occurrences, static_cast<Severity>(row.highest)});
      break;
    default:
      break;
  }
}

void read_figures(Transaction& tx, const Question& question, Summary& summary) {
  for (auto day = first_day(summary.request.range); day <= last_day(summary.request.range); ++day)
    summary.by_day.push_back({day, {}});
  for (const auto& row : schema::rows_as<SummaryRow>(
           tx.exec(sql::summary_findings, question.accounts, question.from, question.to, question.samples)))
    add_figure(row, summary);
}

void read_top_entities(Transaction& tx, const schema::HashKey& hash_key, const Question& question, Summary& summary) {
  std::vector<std::string> hashes, kinds, keys;
  for (const auto& row :
       schema::rows_as<BusiestRow>(tx.exec(sql::summary_busiest, question.accounts, question.from, question.to,
                                           question.samples, static_cast<std::int64_t>(kSummaryEntitiesMax)))) {
    const auto kind = static_cast<schema::EntityKind>(row.kind);
    hashes.push_back(std::to_string(schema::entity_hash(hash_key, kind, row.entity_key)));
    kinds.push_back(std::to_string(row.kind));
    keys.emplace_back(schema::cut_entity_key(row.entity_key));
  }
  if (keys.empty()) return;
  for (auto& row : schema::rows_as<TopEntityRow>(tx.exec(sql::summary_named_count, question.accounts, question.from,
                                                         question.to, question.samples, schema::array_literal(hashes),
                                                         schema::array_literal(kinds), schema::array_literal(keys))))
    summary.top_entities.push_back(
        {{static_cast<schema::EntityKind>(row.kind), std::move(row.entity_key), row.name.value_or("")},
         row.findings,
         row.accounts,
         row.last_seen_at.us});
}

// Takes those accounts out of `silent` that have an event in the interval, day by day from its end.
void drop_accounts_with_events(Transaction& tx, const TimeRange& range, std::set<std::string>& silent) {
  const auto from = schema::format_rfc3339(range.from_us), to = schema::format_rfc3339(range.to_us);
  for (const auto& partition : schema::rows_as<PartitionRow>(tx.exec(sql::account_event_days))) {
    const auto from_day = std::max(schema::day_of(partition.from_day.us), first_day(range));
    const auto to_day = std::min(schema::day_of(partition.to_day.us), last_day(range) + 1);
    if (silent.empty() || from_day >= to_day) continue;
    const auto ids = schema::array_literal({silent.begin(), silent.end()});
    const auto found = to_day - from_day == 1
                           ? tx.exec(sql::summary_accounts_of_day, ids, schema::format_day(from_day), from, to)
                           : tx.exec(sql::summary_accounts_of_span, ids, schema::format_day(from_day),
                                     schema::format_day(to_day), from, to);
    for (const auto& row : found) silent.erase(row["account_id"].as<std::string>());
  }
}

// The same for sealed days: parts know their first and last event; one that reaches over the interval is looked into.
void drop_accounts_with_sealed_events(Transaction& tx, const schema::HashKey& hash_key, const AccountScope& scope,
                                      const TimeRange& range, std::set<std::string>& silent) {
  if (silent.empty()) return;
  const auto ids = schema::array_literal({silent.begin(), silent.end()});
  for (const auto& row : tx.exec(sql::summary_sealed_accounts, ids, schema::format_day(first_day(range)),
                                 schema::format_day(last_day(range)), schema::format_rfc3339(range.from_us),
                                 schema::format_rfc3339(range.to_us))) {
    const auto account_id = row["account_id"].as<std::string>();
    EventFilter filter;
    filter.range = range;
    filter.account_id.any_of = {account_id};
    if (row["certain"].as<bool>() || EventParts(tx, hash_key, scope, filter).count() > 0) silent.erase(account_id);
  }
}

void read_accounts(Transaction& tx, const schema::HashKey& hash_key, const AccountScope& scope, Summary& summary) {
  std::set<std::string> silent;
  const auto accounts = schema::rows_as<AccountRow>(tx.exec(sql::summary_accounts));
  for (const auto& account : accounts) {
    silent.insert(account.account_id);
    if (account.registered) ++summary.accounts_registered;
  }
  const auto known = silent.size();
  std::set<std::string> unknown;  // findings came, but the register does not show the account
  for (const auto& cell : summary.account_region)
    if (silent.erase(cell.account_id) == 0) unknown.insert(cell.account_id);
  for (const auto& account : accounts) unknown.erase(account.account_id);
  drop_accounts_with_events(tx, summary.request.range, silent);
  drop_accounts_with_sealed_events(tx, hash_key, scope, summary.request.range, silent);
  summary.accounts_reporting = static_cast<std::int64_t>(known - silent.size() + unknown.size());
}

FindingPageRequest list_request(const SummaryRequest& request, std::size_t limit) {
  FindingPageRequest page;
  page.filter.from_us = request.range.from_us;
  page.filter.to_us = request.range.to_us;
  if (request.include_samples) page.filter.sample.reset();
  page.limit = limit;
  return page;
}

Result<void> read_lists(Transaction& tx, const schema::HashKey& hash_key, const AccountScope& scope, Summary& summary) {
  auto newest =
      read_finding_page(tx, hash_key, scope, list_request(summary.request, kSummaryNewestMax), WithRelated::kYes);
  if (!newest) return newest.error();
  summary.newest = std::move(newest->rows);
  auto oldest_request = list_request(summary.request, 1);
  oldest_request.filter.open = true;
  oldest_request.filter.assignee.any_of = {""};
  oldest_request.sort = FindingSort::kFirstSeen;
  oldest_request.descending = false;
  auto oldest = read_finding_page(tx, hash_key, scope, oldest_request, WithRelated::kYes);
  if (!oldest) return oldest.error();
  if (!oldest->rows.empty()) summary.oldest_unassigned = std::move(oldest->rows.front());
  return {};
}

Result<std::optional<std::int64_t>> count_events(const Warehouse& warehouse, const AccountScope& scope,
                                                 const TimeRange& range) {
  using Count = std::optional<std::int64_t>;
  auto total = warehouse.database.read(scope, [&](Transaction& tx) -> Result<Count> {
    tx.exec_text(fmt::format("SET LOCAL statement_timeout = '{}ms'", kEventCountTimeout_ms));
    const auto rows =
        tx.exec(sql::summary_event_count, schema::format_rfc3339(range.from_us), schema::format_rfc3339(range.to_us),
                schema::format_day(first_day(range)), schema::format_day(last_day(range)));
    EventFilter filter;
    filter.range = range;
    const auto sealed = EventParts(tx, warehouse.hash_key, scope, filter).count();
    return Count{rows[0]["total"].as<std::int64_t>() + static_cast<std::int64_t>(sealed)};
  });
  if (!total && total.error().code == Code::kTimeout) return Count{};
  return total;
}

schema::Error bad(std::string_view name, std::string_view what) {
  return fail(Code::kBadParameter, fmt::format("{}: {}", name, what));
}

}  // namespace

Result<SummaryRequest> parse_summary_request(Parameters parameters, std::int64_t now_us) {
  SummaryRequest request;
  std::optional<std::int64_t> from, to;
  for (const auto& [name, value] : parameters) {
    if (name == "include_samples") {
      const auto flag = parse_flag(name, value);
      if (!flag) return flag.error();
      request.include_samples = *flag;
    } else if (name == "from" || name == "to") {
      const auto time = parse_time_parameter(name, value);
      if (!time) return time.error();
      (name == "from" ? from : to) = *time;
    } else {
      return fail(Code::kBadParameter,
                  "there is a parameter that the summary does not know; use from, to and include_samples");
    }
  }
  if (from.has_value() != to.has_value()) return bad(from ? "to" : "from", "give from and to together, or neither");
  const auto today = schema::day_of(now_us);
  request.range = {from.value_or(schema::day_start(today - kSummaryDaysDefault + 1)),
                   to.value_or(schema::day_start(today + 1))};
  if (request.range.from_us >= request.range.to_us)
    return bad("to", "the end of the interval must lie behind its beginning (from)");
  if (last_day(request.range) - first_day(request.range) >= kSummaryDaysMax)
    return bad("from", fmt::format("the interval has more than {} days", kSummaryDaysMax));
  return request;
}

Result<Summary> summary(const Warehouse& warehouse, const AccountScope& scope, const SummaryRequest& request) {
  auto answer = warehouse.database.read(scope, [&](Transaction& tx) -> Result<Summary> {
    Summary figures;
    figures.request = request;
    const auto question = question_of(scope, request);
    read_figures(tx, question, figures);
    read_top_entities(tx, warehouse.hash_key, question, figures);
    read_accounts(tx, warehouse.hash_key, scope, figures);
    const std::optional<std::string> any;
    figures.quarantined =
        tx.exec(sql::quarantine_total, any, any, question.from, question.to, any, any, std::optional(true))[0]["total"]
            .as<std::int64_t>();
    if (const auto ok = read_lists(tx, warehouse.hash_key, scope, figures); !ok) return ok.error();
    return figures;
  });
  if (!answer) return answer.error();
  const auto events = count_events(warehouse, scope, request.range);
  if (!events) return events.error();
  answer->events = *events;
  return answer;
}

}  // namespace backtrail::query
