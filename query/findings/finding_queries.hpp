// Lists of findings: pages with their total, facets, the rows of one entity, and the keys of an export.
//
// A page and its total come from one snapshot. Every function answers inside the caller's accounts only. Errors:
// kBadCursor, and what the database gives. Thread-safe.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "query/findings/finding_filter.hpp"
#include "query/findings/finding_rows.hpp"
#include "query/warehouse.hpp"
#include "schema/core/error.hpp"
#include "schema/pg/account_scope.hpp"

namespace backtrail::query {

inline constexpr std::int64_t kFacetValuesMax = 500;
// The longest export; beyond it the question is too wide to be read by anybody.
inline constexpr std::size_t kExportRowsMax = 1'000'000;
// Rows that an export reads and writes at a time.
inline constexpr std::size_t kExportPieceRows = 1000;

struct FindingTotals {
  std::int64_t total = 0;
  std::int64_t occurrences = 0;
};

struct FindingPage {
  std::vector<FindingRow> rows;
  std::int64_t total = 0;
  std::optional<std::string> next_cursor;
};
schema::Result<FindingPage> finding_page(const Warehouse& warehouse, const schema::AccountScope& scope,
                                         const FindingPageRequest& request);

struct FacetValue {
  std::string value;                 // a severity's label for that facet; "" where the finding has none
  std::optional<std::string> label;  // an account's name
  std::int64_t count = 0;
};
struct FindingFacet {
  std::string name;
  std::vector<FacetValue> values;  // the most frequent first, at most kFacetValuesMax
};
struct FindingFacets {
  FindingTotals totals;
  std::vector<FindingFacet> facets;  // each counted with its own filter left out
};
schema::Result<FindingFacets> finding_facets(const Warehouse& warehouse, const schema::AccountScope& scope,
                                             const FindingFilter& filter);

schema::Result<FindingTotals> finding_totals(const Warehouse& warehouse, const schema::AccountScope& scope,
                                             const FindingFilter& filter);

// The newest findings that name an entity in any role, archived ones and samples included.
schema::Result<std::vector<FindingRow>> finding_rows_for_entity(const Warehouse& warehouse,
                                                                const schema::AccountScope& scope,
                                                                const schema::Entity& entity, std::size_t limit);

// The keys of all matching findings in the order asked for, from one snapshot: findings move while an export runs, and
// paging through them would miss those that move to the front. kTooLarge beyond rows_max.
schema::Result<std::vector<FindingKey>> finding_export_keys(const Warehouse& warehouse,
                                                            const schema::AccountScope& scope,
                                                            const FindingPageRequest& request,
                                                            std::size_t rows_max = kExportRowsMax);
// The rows of those keys, without `related`; what retention took meanwhile is left out.
schema::Result<std::vector<FindingRow>> finding_rows(const Warehouse& warehouse, const schema::AccountScope& scope,
                                                     const std::vector<FindingKey>& keys);

}  // namespace backtrail::query
