// Lists of findings inside a transaction that somebody else opened, so that several figures come from one snapshot.
// Internal to query/findings; belongs to the transaction's thread and throws what it throws.
#pragma once
#include "query/findings/finding_queries.hpp"
#include "schema/pg/database.hpp"

namespace backtrail::query {

schema::Result<FindingPage> read_finding_page(schema::Transaction& tx, const schema::HashKey& hash_key,
                                              const schema::AccountScope& scope, const FindingPageRequest& request,
                                              WithRelated with_related);

}  // namespace backtrail::query
