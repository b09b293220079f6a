#include "query/coverage/coverage.hpp"

#include <algorithm>
#include <backtrail_query_sql.hpp>
#include <boost/describe.hpp>
#include <charconv>
#include <map>
#include <tuple>

#include "query/findings/filter_values.hpp"
#include "schema/model/entity.hpp"
#include "schema/pg/row_as.hpp"

namespace backtrail::query {
namespace {

using schema::AccountScope;
using schema::CoverageSource;
using schema::Result;
using schema::TimeUs;
using schema::Transaction;

struct CellRow {
  std::string account_id, region;
  int source;
  std::int64_t records;
  TimeUs first_at, last_at, last_received_at;
  std::optional<std::string> history;
};
BOOST_DESCRIBE_STRUCT(CellRow, (), (account_id, region, source, records, first_at, last_at, last_received_at, history))

struct LagRow {
  std::string account_id, region;
  int source;
  std::string lags;
};
BOOST_DESCRIBE_STRUCT(LagRow, (), (account_id, region, source, lags))

struct AccountRow {
  std::string account_id;
  std::optional<std::string> account_name, status;
  std::optional<TimeUs> registered_at;
};
BOOST_DESCRIBE_STRUCT(AccountRow, (), (account_id, account_name, status, registered_at))

using Key = std::tuple<std::string, std::string, int>;
using Lags = std::map<Key, schema::LagCounts>;

// "20778:1 20777:16777215 20778:2": any order, a day more than once. By day, ascending.
std::vector<DayHours> parse_history(const std::optional<std::string>& text) {
  std::map<std::int32_t, std::uint32_t> hours;
  if (text) {
    const char *at = text->data(), *const end = at + text->size();
    while (at < end) {
      DayHours one{};
      at = std::from_chars(at, end, one.day).ptr + 1;
      at = std::from_chars(at, end, one.hours).ptr + 1;
      hours[one.day] |= one.hours;
    }
  }
  std::vector<DayHours> days;
  days.reserve(hours.size());
  for (const auto& [day, bits] : hours) days.push_back({day, bits});
  return days;
}

// "0,0,3,…"
schema::LagCounts parse_lags(const std::string& text) {
  schema::LagCounts counts{};
  const char *at = text.data(), *const end = at + text.size();
  for (std::size_t bucket = 0; bucket < counts.size() && at < end; ++bucket)
    at = std::from_chars(at, end, counts[bucket]).ptr + 1;
  return counts;
}

using MaybeArray = std::optional<std::string>;

MaybeArray array_or_null(const std::vector<std::string>& items) {
  return items.empty() ? MaybeArray{} : schema::array_literal(items);
}

// Filters of the request as parameters.
struct Question {
  MaybeArray accounts, regions, sources;
  std::int32_t from_day, today;
  schema::TimeRange window;
};

Question question_of(const CoverageRequest& request) {
  Question question;
  question.accounts = array_or_null(request.account_ids);
  question.regions = array_or_null(request.regions);
  std::vector<std::string> sources;
  for (const CoverageSource source : request.sources) sources.push_back(std::to_string(static_cast<int>(source)));
  question.sources = array_or_null(sources);
  question.today = schema::day_of(request.now_us);
  question.from_day = question.today - request.days + 1;
  question.window = {schema::day_start(question.from_day), request.now_us};
  return question;
}

Lags read_lags(Transaction& tx, const Question& q) {
  Lags lags;
  for (const auto& row : schema::rows_as<LagRow>(
           tx.exec(sql::coverage_lags, q.accounts, q.regions, q.sources, schema::format_day(q.from_day))))
    lags[{row.account_id, row.region, row.source}] = parse_lags(row.lags);
  return lags;
}

void put_lag(const Lags& lags, const Key& key, CoverageCell& cell) {
  const auto found = lags.find(key);
  if (found == lags.end()) return;
  for (const auto records : found->second) cell.lag_records += records;
  cell.lag_p50_s = schema::lag_percentile_s(found->second, 0.5);
  cell.lag_p99_s = schema::lag_percentile_s(found->second, 0.99);
}

void put_judgement(const CellRow& row, const Question& q, bool account_active, CoverageCell& cell) {
  const auto history = parse_history(row.history);
  auto judged = judge({cell.source, row.last_at.us, history, account_active}, q.window);
  cell.status = judged.status;
  cell.usual_pause_us = judged.usual_pause_us;
  if (judged.usual_pause_us && account_active) cell.expected_by = ExpectedBy::kHistory;
  cell.gap_count = judged.gaps.size();
  std::reverse(judged.gaps.begin(), judged.gaps.end());
  if (judged.gaps.size() > kCoverageGapsMax) judged.gaps.resize(kCoverageGapsMax);
  cell.gaps = std::move(judged.gaps);
  for (const DayHours& day : history)
    if (day.day >= q.from_day) cell.days.push_back(day);
}

CoverageCell cell_of(CellRow row, const Question& q, const Lags& lags, bool account_active) {
  CoverageCell cell;
  cell.source = static_cast<CoverageSource>(row.source);
  put_lag(lags, {row.account_id, row.region, row.source}, cell);
  put_judgement(row, q, account_active, cell);
  cell.first_us = row.first_at.us;
  cell.last_us = row.last_at.us;
  cell.last_received_us = row.last_received_at.us;
  cell.records = row.records;
  if (cell.status == CoverageStatus::kLate || cell.status == CoverageStatus::kSilent) cell.since_us = cell.last_us;
  cell.account_id = std::move(row.account_id);
  cell.region = std::move(row.region);
  return cell;
}

struct Account {
  CoverageAccount facts;
  std::optional<std::int64_t> registered_us;
  std::vector<CoverageCell> cells;
};
using Accounts = std::map<std::string, Account>;

Accounts read_accounts(Transaction& tx, const Question& q) {
  Accounts accounts;
  for (auto& row : schema::rows_as<AccountRow>(tx.exec(sql::coverage_accounts, q.accounts))) {
    Account& account = accounts[row.account_id];
    account.facts.account_id = row.account_id;
    account.facts.account_name = std::move(row.account_name);
    account.facts.registered = row.registered_at.has_value();
    account.facts.active = is_active_account(row.status);
    if (row.registered_at) account.registered_us = row.registered_at->us;
  }
  return accounts;
}

void read_cells(Transaction& tx, const Question& q, std::int32_t days, Accounts& accounts) {
  const Lags lags = read_lags(tx, q);
  for (auto& row : schema::rows_as<CellRow>(tx.exec(sql::coverage_cells, q.accounts, q.regions, q.sources,
                                                    schema::format_day(q.today), std::max(days, kRhythmDays)))) {
    Account& account = accounts[row.account_id];
    account.facts.account_id = row.account_id;
    account.cells.push_back(cell_of(std::move(row), q, lags, account.facts.active));
  }
}

std::size_t index_of(CoverageSource source) {
  return static_cast<std::size_t>(source);
}

// The register expects CloudTrail from somewhere in the account. Asked only when the request looks at all Regions and
// at management events: a part cannot tell.
void expect_management(const CoverageRequest& request, Account& account) {
  const bool looks = request.sources.empty() ||
                     std::find(request.sources.begin(), request.sources.end(), CoverageSource::kCloudTrailManagement) !=
                         request.sources.end();
  if (!looks || !request.regions.empty()) return;
  const auto last = account.facts.last_by_source_us[index_of(CoverageSource::kCloudTrailManagement)];
  const CoverageStatus status = judge_account({account.facts.registered, account.facts.active, last}, request.now_us);
  if (status == CoverageStatus::kNever) {
    CoverageCell cell;
    cell.account_id = account.facts.account_id;
    cell.status = status;
    cell.expected_by = ExpectedBy::kRegister;
    cell.since_us = account.registered_us;
    account.cells.push_back(std::move(cell));
  } else if (status == CoverageStatus::kSilent) {
    // The Region that was heard last stands for the account.
    for (CoverageCell& cell : account.cells) {
      if (cell.source != CoverageSource::kCloudTrailManagement || cell.last_us != last) continue;
      cell.status = status;
      cell.expected_by = ExpectedBy::kRegister;
      cell.since_us = last;
    }
  }
}

void sum_up(Account& account) {
  CoverageAccount& facts = account.facts;
  facts.last_us.reset();
  for (const CoverageCell& cell : account.cells) {
    auto& last = facts.last_by_source_us[index_of(cell.source)];
    last = std::max(last, cell.last_us);
    facts.last_us = std::max(facts.last_us, cell.last_us);
  }
}

void judge_by_cells(Account& account) {
  account.facts.status = account.cells.empty() ? CoverageStatus::kQuiet : CoverageStatus::kOk;
  bool some_ok = false;
  for (const CoverageCell& cell : account.cells) {
    some_ok = some_ok || cell.status == CoverageStatus::kOk;
    // A quiet Region says nothing bad about an account that is heard elsewhere.
    if (cell.status != CoverageStatus::kQuiet) account.facts.status = std::max(account.facts.status, cell.status);
  }
  if (!some_ok && account.facts.status == CoverageStatus::kOk) account.facts.status = CoverageStatus::kQuiet;
}

// The worst first; among equals what has been silent longest.
bool is_worse(const CoverageCell& a, const CoverageCell& b) {
  if (a.status != b.status) return a.status > b.status;
  return std::tie(a.since_us, a.account_id, a.region, a.source) <
         std::tie(b.since_us, b.account_id, b.region, b.source);
}

void collect(Accounts& accounts, Coverage& answer) {
  const auto& wanted = answer.request.statuses;
  const auto is_wanted = [&](CoverageStatus status) {
    return wanted.empty() || std::find(wanted.begin(), wanted.end(), status) != wanted.end();
  };
  for (auto& [id, account] : accounts) {
    bool any = wanted.empty();
    for (CoverageCell& cell : account.cells) {
      ++answer.by_status[static_cast<std::size_t>(cell.status)];
      if (!is_wanted(cell.status)) continue;
      any = true;
      answer.cells.push_back(std::move(cell));
    }
    if (any) answer.accounts.push_back(std::move(account.facts));
  }
  answer.cells_total = answer.cells.size();
  std::sort(answer.cells.begin(), answer.cells.end(), is_worse);
  if (answer.cells.size() > kCoverageCellsMax) answer.cells.resize(kCoverageCellsMax);
  std::stable_sort(answer.accounts.begin(), answer.accounts.end(),
                   [](const auto& a, const auto& b) { return a.status > b.status; });
}

template <class T, std::size_t N>
Result<void> add_known(std::string_view name, std::string_view text, const std::array<T, N>& all,
                       std::vector<T>& into) {
  for (const auto& value : split_filter_values(text)) {
    const auto found = std::find_if(all.begin(), all.end(), [&](T item) { return name_of(item) == value.text; });
    if (value.negated || found == all.end()) {
      std::string names;
      for (const T item : all) names += std::string(names.empty() ? "" : ", ") + std::string(name_of(item));
      return bad_parameter(name, "use " + names);
    }
    if (std::find(into.begin(), into.end(), *found) == into.end()) into.push_back(*found);
  }
  return {};
}

Result<void> add_texts(std::string_view name, std::string_view text, std::vector<std::string>& into) {
  for (auto& value : split_filter_values(text)) {
    if (auto ok = check_filter_value(name, value.text); !ok) return ok;
    if (value.negated) return bad_parameter(name, "cannot be refused here; name what you want to see");
    if (name == "account_id" && !schema::is_account_id(value.text))
      return bad_parameter(name, shown_value(value.text) + " is no account id; an account id is 12 digits");
    into.push_back(std::move(value.text));
    if (into.size() > kFilterValuesMax) return bad_parameter(name, "has too many values");
  }
  return {};
}

Result<void> read_days(std::string_view text, std::int32_t& days) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, days);
  if (error != std::errc{} || stop != end || days < 1 || days > kCoverageDaysMax)
    return bad_parameter("days", "a number from 1 to " + std::to_string(kCoverageDaysMax));
  return {};
}

}  // namespace

Result<CoverageRequest> parse_coverage_request(Parameters parameters, std::int64_t now_us) {
  CoverageRequest request;
  request.now_us = now_us;
  for (const auto& [name, value] : parameters) {
    Result<void> read;
    if (name == "account_id")
      read = add_texts(name, value, request.account_ids);
    else if (name == "region")
      read = add_texts(name, value, request.regions);
    else if (name == "source")
      read = add_known(name, value, schema::kCoverageSources, request.sources);
    else if (name == "status")
      read = add_known(name, value, kCoverageStatuses, request.statuses);
    else if (name == "days")
      read = read_days(value, request.days);
    else
      return schema::fail(schema::Code::kBadParameter,
                          "there is a parameter that coverage does not know; use account_id, region, source, status "
                          "and days");
    if (!read) return read.error();
  }
  return request;
}

Result<Coverage> coverage(const Warehouse& warehouse, const AccountScope& scope, const CoverageRequest& request) {
  return warehouse.database.read(scope, [&](Transaction& tx) -> Result<Coverage> {
    const Question question = question_of(request);
    Accounts accounts = read_accounts(tx, question);
    read_cells(tx, question, request.days, accounts);
    for (auto& [id, account] : accounts) {
      sum_up(account);
      expect_management(request, account);
      judge_by_cells(account);
    }
    Coverage answer;
    answer.request = request;
    answer.from_day = question.from_day;
    collect(accounts, answer);
    return answer;
  });
}

}  // namespace backtrail::query
