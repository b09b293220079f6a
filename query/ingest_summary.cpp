#include "query/ingest_summary.hpp"

#include <algorithm>
#include <backtrail_query_sql.hpp>
#include <boost/describe.hpp>

#include "schema/pg/row_as.hpp"

namespace backtrail::query {
namespace {

using schema::Code;
using schema::fail;
using schema::Result;
using schema::Transaction;

struct StoredSource {
  std::string door, key_id;
  std::int64_t deliveries, bytes, received, fresh, duplicates, variants, updated, stale, quarantined;
};
BOOST_DESCRIBE_STRUCT(StoredSource, (),
                      (door, key_id, deliveries, bytes, received, fresh, duplicates, variants, updated, stale,
                       quarantined))

struct StoredKind {
  std::string door, key_id, kind;
  std::int64_t received, fresh, duplicates, variants, updated, stale, quarantined;
};
BOOST_DESCRIBE_STRUCT(StoredKind, (),
                      (door, key_id, kind, received, fresh, duplicates, variants, updated, stale, quarantined))

template <class Stored>
RecordCounts counts_of(const Stored& row) {
  return {row.received, row.fresh, row.duplicates, row.variants, row.updated, row.stale, row.quarantined};
}

void add_kind(std::vector<KindCounts>& kinds, const std::string& kind, const RecordCounts& counts) {
  auto found = std::find_if(kinds.begin(), kinds.end(), [&](const KindCounts& k) { return k.kind == kind; });
  if (found == kinds.end()) found = kinds.insert(kinds.end(), {kind, {}});
  found->counts.add(counts);
}

}  // namespace

void RecordCounts::add(const RecordCounts& other) {
  received += other.received;
  fresh += other.fresh;
  duplicates += other.duplicates;
  variants += other.variants;
  updated += other.updated;
  stale += other.stale;
  quarantined += other.quarantined;
}

Result<schema::TimeRange> parse_ingest_summary_request(Parameters parameters, std::int64_t now_us) {
  std::optional<std::int64_t> from, to;
  for (const auto& [name, value] : parameters) {
    if (name != "from" && name != "to")
      return fail(Code::kBadParameter, "there is a parameter that the ingest summary does not know; use from and to");
    const auto time = parse_time_parameter(name, value);
    if (!time) return time.error();
    (name == "from" ? from : to) = *time;
  }
  schema::TimeRange range;
  range.to_us = to.value_or(now_us);
  range.from_us = from.value_or(range.to_us - kIngestSummaryDefaultUs);
  if (range.from_us >= range.to_us)
    return fail(Code::kBadParameter, "to: the end of the interval must lie behind its beginning (from)");
  return range;
}

Result<IngestSummary> ingest_summary(const Warehouse& warehouse, const schema::AccountScope& scope,
                                     const schema::TimeRange& range) {
  if (!scope.is_all())
    return fail(Code::kForbidden,
                "The ledger counts deliveries, which may hold records of any account: this needs a key for all "
                "accounts.");
  return warehouse.database.read(scope, [&](Transaction& tx) -> Result<IngestSummary> {
    const std::string from = schema::format_rfc3339(range.from_us), to = schema::format_rfc3339(range.to_us);
    IngestSummary summary;
    summary.range = range;
    for (auto& row : schema::rows_as<StoredSource>(tx.exec(sql::ingest_deliveries, from, to))) {
      summary.deliveries += row.deliveries;
      summary.bytes += row.bytes;
      summary.counts.add(counts_of(row));
      summary.sources.push_back({row.door, row.key_id, row.deliveries, row.bytes, counts_of(row), {}});
    }
    for (const auto& row : schema::rows_as<StoredKind>(tx.exec(sql::ingest_kinds, from, to))) {
      add_kind(summary.kinds, row.kind, counts_of(row));
      const auto source = std::find_if(summary.sources.begin(), summary.sources.end(), [&](const IngestSource& s) {
        return s.door == row.door && s.key_id == row.key_id;
      });
      if (source != summary.sources.end()) add_kind(source->kinds, row.kind, counts_of(row));
    }
    return summary;
  });
}

}  // namespace backtrail::query
