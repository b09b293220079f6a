#include "query/account_queries.hpp"

#include <algorithm>
#include <backtrail_query_sql.hpp>
#include <boost/describe.hpp>
#include <map>

#include "schema/core/time.hpp"
#include "schema/pg/row_as.hpp"

namespace backtrail::query {
namespace {

using schema::AccountScope;
using schema::Result;
using schema::TimeUs;
using schema::Transaction;

// The newest events that are looked at first: they hold every account that is active, however many there are.
constexpr std::int64_t kNewestEvents = 20'000;

struct ListedAccount {
  std::string account_id;
  std::optional<std::string> account_name, organizational_unit, owner, environment, email, status;
  bool registered;
  std::int64_t open_findings;
  std::optional<TimeUs> last_finding_at;
};
BOOST_DESCRIBE_STRUCT(ListedAccount, (),
                      (account_id, account_name, organizational_unit, owner, environment, email, status, registered,
                       open_findings, last_finding_at))

struct LastEvent {
  std::string account_id;
  TimeUs last_event_at;
};
BOOST_DESCRIBE_STRUCT(LastEvent, (), (account_id, last_event_at))

struct Partition {
  TimeUs from_day, to_day;
};
BOOST_DESCRIBE_STRUCT(Partition, (), (from_day, to_day))

using LastEvents = std::map<std::string, std::int64_t>;

void add(const pqxx::result& rows, LastEvents& last) {
  for (const auto& row : schema::rows_as<LastEvent>(rows)) {
    const auto [known, fresh] = last.try_emplace(row.account_id, row.last_event_at.us);
    if (!fresh) known->second = std::max(known->second, row.last_event_at.us);
  }
}

// Accounts without a known event, or with one before the end of the days that are looked at next: of sealed days every
// newest event is known at once, of rows it is found from the newest day back.
std::vector<std::string> missing_of(const std::vector<ListedAccount>& accounts, const LastEvents& last,
                                    std::int64_t end_us) {
  std::vector<std::string> missing;
  for (const auto& account : accounts)
    if (const auto known = last.find(account.account_id); known == last.end() || known->second < end_us)
      missing.push_back(account.account_id);
  return missing;
}

// No index leads from an account to its newest event, because every row would pay for it. Active accounts stand among
// the newest events; the quiet ones are looked for day by day, back from today, all at once, until each is found.
LastEvents last_events(Transaction& tx, const std::vector<ListedAccount>& accounts) {
  LastEvents last;
  add(tx.exec(sql::account_newest_events, kNewestEvents), last);
  const LastEvents active = last;
  add(tx.exec(sql::account_sealed_last), last);
  for (const auto& partition : schema::rows_as<Partition>(tx.exec(sql::account_event_days))) {
    auto missing = missing_of(accounts, last, partition.to_day.us);
    std::erase_if(missing, [&](const auto& id) { return active.contains(id); });
    if (missing.empty()) break;
    const auto ids = schema::array_literal(missing);
    const auto from_day = schema::day_of(partition.from_day.us), to_day = schema::day_of(partition.to_day.us);
    if (to_day - from_day == 1)
      add(tx.exec(sql::account_events_of_day, ids, schema::format_day(from_day)), last);
    else
      add(tx.exec(sql::account_events_of_span, ids, schema::format_day(from_day), schema::format_day(to_day)), last);
  }
  return last;
}

AccountRow row_of(const ListedAccount& listed, const LastEvents& last) {
  AccountRow row{listed.account_id,
                 listed.account_name,
                 listed.organizational_unit,
                 listed.owner,
                 listed.environment,
                 listed.email,
                 listed.status,
                 listed.registered,
                 listed.open_findings,
                 {},
                 {}};
  if (const auto found = last.find(listed.account_id); found != last.end()) row.last_event_us = found->second;
  if (listed.last_finding_at) row.last_finding_us = listed.last_finding_at->us;
  return row;
}

}  // namespace

Result<std::vector<AccountRow>> account_list(const Warehouse& warehouse, const AccountScope& scope) {
  return warehouse.database.read(scope, [&](Transaction& tx) -> Result<std::vector<AccountRow>> {
    const auto listed = schema::rows_as<ListedAccount>(tx.exec(sql::account_list));
    const auto last = last_events(tx, listed);
    std::vector<AccountRow> rows;
    rows.reserve(listed.size());
    for (const auto& account : listed) rows.push_back(row_of(account, last));
    return rows;
  });
}

}  // namespace backtrail::query
