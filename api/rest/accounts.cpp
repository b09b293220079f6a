#include "api/rest/accounts.hpp"

#include "api/rest/answer.hpp"
#include "api/rest/problem.hpp"
#include "query/account_queries.hpp"
#include "schema/registry/accounts.hpp"

namespace backtrail::api {

Response accounts_list(const Request& request, const Caller& caller, const query::Warehouse& warehouse) {
  const auto accounts = query::account_list(warehouse, caller.scope);
  if (!accounts) return problem_for(accounts.error(), request);
  Json list = Json::array();
  for (const auto& account : *accounts)
    list.push_back({{"account_id", account.account_id},
                    {"account_name", or_null(account.account_name)},
                    {"organizational_unit", or_null(account.organizational_unit)},
                    {"owner", or_null(account.owner)},
                    {"environment", or_null(account.environment)},
                    {"email", or_null(account.email)},
                    {"status", or_null(account.status)},
                    {"registered", account.registered},
                    {"open_findings", account.open_findings},
                    {"last_event_at", time_json(account.last_event_us)},
                    {"last_finding_at", time_json(account.last_finding_us)}});
  return respond::json(dump({{"accounts", std::move(list)}}));
}

Response accounts_import(const Request& request, schema::Database& maintenance) {
  const auto imported = schema::import_accounts(maintenance, request.body, schema::now_us());
  if (!imported) return problem_for(imported.error(), request);
  Json rejected = Json::array();
  for (const auto& line : imported->rejected) rejected.push_back({{"line", line.line}, {"reason", line.reason}});
  return respond::json(dump({{"imported", imported->imported},
                             {"rejected_count", imported->rejected_count},
                             {"rejected", std::move(rejected)}}));
}

}  // namespace backtrail::api
