// A finding filter as the arguments $1…$32 that finding_page.sql, finding_total.sql and finding_facets.sql share.
//
// Entity filters are answered first (finding_named.sql): their findings are an argument, so that the plan starts at the
// index instead of testing every finding. Internal to query/findings; belongs to the transaction's thread.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "query/findings/finding_filter.hpp"
#include "query/warehouse.hpp"
#include "schema/pg/database.hpp"

namespace backtrail::query {

// Text forms; empty is NULL.
using Arguments = std::vector<std::optional<std::string>>;

// Lists with many optional filters are planned with their values: of thirty conditions those that nobody asked for are
// gone and the default order stops after a page (0.6 ms instead of 110 ms at 100,000 findings). The roles' setting is
// right for everything else; this lasts for the transaction.
void plan_with_values(schema::Transaction& tx);

Arguments filter_arguments(schema::Transaction& tx, const schema::HashKey& hash_key, const schema::AccountScope& scope,
                           const FindingFilter& filter);

// Runs a query with arguments; more may follow them.
template <class... More>
pqxx::result exec_with(schema::Transaction& tx, const schema::Query& query, const Arguments& arguments,
                       const More&... more) {
  return tx.exec(query, pqxx::prepare::make_dynamic_params(arguments), more...);
}

}  // namespace backtrail::query
