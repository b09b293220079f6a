// Quarantined records and replays as JSON: for REST and for 'backtrail quarantine --json'. Thread-safe.
#pragma once
#include "api/rest/answer.hpp"
#include "ingest/quarantine/replay.hpp"
#include "query/quarantine_queries.hpp"

namespace backtrail::api {

Json quarantine_row_json(const query::QuarantineRow& row);
// `remaining`: records that were found and not handed in.
Json replay_json(const ingest::ReplayReport& report, std::int64_t remaining);

}  // namespace backtrail::api
