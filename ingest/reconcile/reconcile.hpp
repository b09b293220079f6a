// Compares what a service lists with what arrived, and loads what did not: deliveries of findings are best effort, and
// a finding that never came looks like no finding.
//
// What is older than the retention was not kept on purpose and is no miss. A finding is behind when the service lists
// a newer state than the warehouse has. Missed and behind findings whose content is listed are loaded through the
// pipeline; ids alone are reported with the commands that fetch them. Thread-safe; blocks.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "ingest/pipeline.hpp"
#include "ingest/reconcile/source_list.hpp"

namespace backtrail::ingest {

// Ids that one get-findings takes.
inline constexpr std::size_t kFetchIdsMax = 50;

struct ReconcileCounts {
  std::uint64_t listed = 0;
  std::uint64_t received = 0;  // in the state that is listed, or a newer one
  std::uint64_t behind = 0;    // received, but not in the state that is listed
  std::uint64_t missed = 0;    // never received
  std::uint64_t expired = 0;   // older than the retention
  std::uint64_t archived = 0;  // of the listed ones: archived at the source
  std::uint64_t loaded = 0;    // of missed and behind: the warehouse has them now

  bool balances() const { return listed == received + behind + missed + expired; }
  void add(const ReconcileCounts& other);
};

struct ReconcileRow {
  std::string account_id, region, product;  // "" when an id is all that is known
  ReconcileCounts counts;
};

struct MissedFinding {
  std::string account_id, region, product, finding_id, type;  // type "": only the id is known
  bool behind = false, archived = false, loaded = false;
  std::size_t file = 0;
};

struct ReconcileReport {
  std::vector<ReconcileRow> rows;  // by account, Region, product
  ReconcileCounts total;
  std::vector<MissedFinding> missed;        // and behind
  std::vector<std::string> fetch_commands;  // for ids without content
  Receipt receipt;                          // of what was loaded
};

struct ReconcileOptions {
  bool load = true;
  std::int64_t now_us = 0;
};

// `database` connects as backtrail_ingest. Without loading no pipeline is needed.
schema::Result<ReconcileReport> reconcile(const SourceList& list, schema::Database& database, Pipeline* pipeline,
                                          const ReconcileOptions& options);

}  // namespace backtrail::ingest
