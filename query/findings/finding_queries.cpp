#include "query/findings/finding_queries.hpp"

#include <array>
#include <backtrail_query_sql.hpp>
#include <charconv>
#include <cmath>
#include <fmt/format.h>

#include "query/cursor.hpp"
#include "query/findings/finding_arguments.hpp"
#include "query/findings/finding_reads.hpp"
#include "schema/core/time.hpp"
#include "schema/model/severity.hpp"

namespace backtrail::query {
namespace {

using schema::AccountScope;
using schema::Code;
using schema::fail;
using schema::Result;
using schema::Transaction;

constexpr std::string_view kCursorKind = "findings";

// The last row of the page before, in the arguments of finding_page.sql; all empty at the start.
struct Position {
  std::optional<std::string> time, number, text, account_id, finding_uid;
};

struct PageKey {
  std::string account_id;
  schema::Uuid finding_uid;
  std::optional<schema::TimeUs> key_time;
  std::optional<std::string> key_number, key_text;
};
BOOST_DESCRIBE_STRUCT(PageKey, (), (account_id, finding_uid, key_time, key_number, key_text))

schema::Error bad_cursor() {
  return fail(Code::kBadCursor, "cursor: it does not belong to this question; start again without it");
}

bool is_number(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && std::isfinite(value);
}

// The parts were forged or not: their form is checked, and they travel as values.
Result<Position> position_of(const FindingPageRequest& request) {
  Position position;
  if (request.cursor.empty()) return position;
  constexpr std::size_t kParts = 3;
  const auto parts = decode_cursor(kCursorKind, question_hash(canonical_text(request)), request.cursor, kParts);
  if (!parts) return parts.error();
  const auto& [key, account_id, uid_hex] = std::tie((*parts)[0], (*parts)[1], (*parts)[2]);
  const auto uid = uuid_from_hex(uid_hex);
  if (!schema::is_account_id(account_id) || !uid) return bad_cursor();
  switch (request.sort) {
    case FindingSort::kLastSeen:
    case FindingSort::kFirstSeen:
      if (!schema::parse_rfc3339(key)) return bad_cursor();
      position.time = key;
      break;
    case FindingSort::kSeverity:
    case FindingSort::kCount:
      if (!is_number(key)) return bad_cursor();
      position.number = key;
      break;
    case FindingSort::kType:
    case FindingSort::kAccount:
    case FindingSort::kRegion:
      position.text = key;
      break;
  }
  position.account_id = account_id;
  position.finding_uid = to_string(*uid);
  return position;
}

std::string cursor_after(const FindingPageRequest& request, const PageKey& last) {
  const std::string key = last.key_time     ? schema::format_rfc3339(last.key_time->us)
                          : last.key_number ? *last.key_number
                                            : last.key_text.value_or("");
  return encode_cursor(kCursorKind, question_hash(canonical_text(request)),
                       {key, last.account_id, hex_of(last.finding_uid)});
}

std::vector<PageKey> read_keys(Transaction& tx, const Arguments& arguments, const FindingPageRequest& request,
                               const Position& position, std::size_t limit) {
  return schema::rows_as<PageKey>(exec_with(
      tx, sql::finding_page, arguments, std::string(name_of(request.sort)), request.descending, position.time,
      position.number, position.text, position.account_id, position.finding_uid, static_cast<std::int64_t>(limit)));
}

std::vector<FindingKey> keys_of(const std::vector<PageKey>& rows) {
  std::vector<FindingKey> keys;
  keys.reserve(rows.size());
  for (const auto& row : rows) keys.push_back({row.account_id, row.finding_uid});
  return keys;
}

struct TotalsRow {
  std::int64_t total, occurrences;
};
BOOST_DESCRIBE_STRUCT(TotalsRow, (), (total, occurrences))

FindingTotals read_totals(Transaction& tx, const Arguments& arguments) {
  const auto row = schema::row_as<TotalsRow>(exec_with(tx, sql::finding_total, arguments)[0]);
  return {row.total, row.occurrences};
}

struct FacetRow {
  int facet;
  std::string value;
  std::optional<std::string> label;
  std::int64_t total, occurrences;
};
BOOST_DESCRIBE_STRUCT(FacetRow, (), (facet, value, label, total, occurrences))

// In the order of finding_facets.sql, from 1.
constexpr std::array<std::string_view, 8> kFacets{"severity",      "account_id", "region", "type",
                                                  "resource_type", "product",    "status", "type_purpose"};

std::string facet_value(std::string_view facet, const std::string& stored) {
  if (facet != "severity") return stored;
  return std::string(name_of(static_cast<schema::Severity>(stored.empty() ? 0 : stored.front() - '0')));
}

FindingFacets facets_of(const std::vector<FacetRow>& rows) {
  FindingFacets answer;
  for (const auto name : kFacets) answer.facets.push_back({std::string(name), {}});
  for (const auto& row : rows) {
    if (row.facet == 0) {
      answer.totals = {row.total, row.occurrences};
      continue;
    }
    auto& facet = answer.facets.at(static_cast<std::size_t>(row.facet - 1));
    facet.values.push_back({facet_value(facet.name, row.value), row.label, row.total});
  }
  return answer;
}

}  // namespace

Result<FindingPage> read_finding_page(Transaction& tx, const schema::HashKey& hash_key, const AccountScope& scope,
                                      const FindingPageRequest& request, WithRelated with_related) {
  const auto position = position_of(request);
  if (!position) return position.error();
  plan_with_values(tx);
  const auto arguments = filter_arguments(tx, hash_key, scope, request.filter);
  auto keys = read_keys(tx, arguments, request, *position, request.limit + 1);
  FindingPage page;
  if (keys.size() > request.limit) {
    keys.pop_back();
    page.next_cursor = cursor_after(request, keys.back());
  }
  page.rows = read_finding_rows(tx, keys_of(keys), with_related);
  page.total = read_totals(tx, arguments).total;
  return page;
}

Result<FindingPage> finding_page(const Warehouse& warehouse, const AccountScope& scope,
                                 const FindingPageRequest& request) {
  return warehouse.database.read(scope, [&](Transaction& tx) -> Result<FindingPage> {
    return read_finding_page(tx, warehouse.hash_key, scope, request, WithRelated::kYes);
  });
}

Result<FindingFacets> finding_facets(const Warehouse& warehouse, const AccountScope& scope,
                                     const FindingFilter& filter) {
  return warehouse.database.read(scope, [&](Transaction& tx) -> Result<FindingFacets> {
    plan_with_values(tx);
    const auto arguments = filter_arguments(tx, warehouse.hash_key, scope, filter);
    return facets_of(schema::rows_as<FacetRow>(exec_with(tx, sql::finding_facets, arguments, kFacetValuesMax)));
  });
}

Result<FindingTotals> finding_totals(const Warehouse& warehouse, const AccountScope& scope,
                                     const FindingFilter& filter) {
  return warehouse.database.read(scope, [&](Transaction& tx) -> Result<FindingTotals> {
    plan_with_values(tx);
    return read_totals(tx, filter_arguments(tx, warehouse.hash_key, scope, filter));
  });
}

Result<std::vector<FindingRow>> finding_rows_for_entity(const Warehouse& warehouse, const AccountScope& scope,
                                                        const schema::Entity& entity, std::size_t limit) {
  FindingPageRequest request;
  request.filter.sample.reset();
  request.filter.archived.reset();
  request.filter.named = {{{entity.kind, std::string(schema::cut_entity_key(entity.key)), {}}}};
  request.limit = limit;
  auto page = finding_page(warehouse, scope, request);
  if (!page) return page.error();
  return std::move(page->rows);
}

Result<std::vector<FindingKey>> finding_export_keys(const Warehouse& warehouse, const AccountScope& scope,
                                                    const FindingPageRequest& request, std::size_t rows_max) {
  return warehouse.database.read(scope, [&](Transaction& tx) -> Result<std::vector<FindingKey>> {
    plan_with_values(tx);
    const auto arguments = filter_arguments(tx, warehouse.hash_key, scope, request.filter);
    auto keys = keys_of(read_keys(tx, arguments, request, {}, rows_max + 1));
    if (keys.size() > rows_max)
      return fail(Code::kTooLarge, fmt::format("more than {} findings match; narrow the filter, for example with from "
                                               "and to",
                                               rows_max));
    return keys;
  });
}

Result<std::vector<FindingRow>> finding_rows(const Warehouse& warehouse, const AccountScope& scope,
                                             const std::vector<FindingKey>& keys) {
  return warehouse.database.read(scope, [&](Transaction& tx) -> Result<std::vector<FindingRow>> {
    return read_finding_rows(tx, keys, WithRelated::kNo);
  });
}

}  // namespace backtrail::query
