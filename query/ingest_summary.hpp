// What arrived in an interval, from the delivery ledger: by door, key and kind of record, always balanced.
//
// The ledger counts deliveries, and a delivery may hold records of many accounts: only callers who may see every
// account get an answer (kForbidden otherwise). Other errors: kBadParameter. Thread-safe.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "query/findings/finding_filter.hpp"
#include "query/warehouse.hpp"
#include "schema/core/error.hpp"
#include "schema/core/time.hpp"
#include "schema/pg/account_scope.hpp"

namespace backtrail::query {

inline constexpr std::int64_t kIngestSummaryDefaultUs = schema::kMicrosPerDay;

// received = fresh + duplicates + variants + updated + stale + quarantined
struct RecordCounts {
  std::int64_t received = 0, fresh = 0, duplicates = 0, variants = 0, updated = 0, stale = 0, quarantined = 0;
  bool operator==(const RecordCounts&) const = default;
  void add(const RecordCounts& other);
};
struct KindCounts {
  std::string kind;  // finding, event, notice, unknown
  RecordCounts counts;
};
struct IngestSource {
  std::string door, key_id;  // key "": a local import
  std::int64_t deliveries = 0, bytes = 0;
  RecordCounts counts;
  std::vector<KindCounts> kinds;  // those that occurred
};
struct IngestSummary {
  schema::TimeRange range;
  std::int64_t deliveries = 0, bytes = 0;
  RecordCounts counts;
  std::vector<KindCounts> kinds;
  std::vector<IngestSource> sources;  // by door and key
};

// from and to; each may be left out: to is now, from is kIngestSummaryDefaultUs before to.
schema::Result<schema::TimeRange> parse_ingest_summary_request(Parameters parameters, std::int64_t now_us);
schema::Result<IngestSummary> ingest_summary(const Warehouse& warehouse, const schema::AccountScope& scope,
                                             const schema::TimeRange& range);

}  // namespace backtrail::query
