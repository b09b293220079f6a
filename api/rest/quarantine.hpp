// The quarantine: its list, one record of it, its bytes, the catalogue of reasons, replays; and the alerts.
//
// Replaying is for administrators: it writes with the rights of the key that sent the record, which no analyst has, and
// a sender has no business with what others sent. An administrator replays what it may see. Thread-safe; may block.
#pragma once
#include <chrono>

#include "api/auth/caller.hpp"
#include "api/http/request.hpp"
#include "api/http/response.hpp"
#include "ingest/pipeline.hpp"
#include "query/warehouse.hpp"

namespace backtrail::api {

Response quarantine_list(const Request& request, const Caller& caller, const query::Warehouse& warehouse);
Response quarantine_show(const Request& request, const Caller& caller, const query::Warehouse& warehouse);
Response quarantine_raw(const Request& request, const Caller& caller, const query::Warehouse& warehouse);
Response quarantine_reasons(const Request& request, const Caller& caller, const query::Warehouse& warehouse);
Response alerts_list(const Request& request, const Caller& caller, const query::Warehouse& warehouse);

// In one request at most so many records are replayed, and none is begun after so long.
inline constexpr std::size_t kReplayRecordsMax = 1000;
inline constexpr std::chrono::seconds kReplayPatience{20};

struct ReplayRights {
  const query::Warehouse& warehouse;
  ingest::Pipeline& pipeline;
  schema::Database& ingest;
};
// POST …/{quarantine_id}/replay: one record.
Response quarantine_replay_one(const Request& request, const Caller& caller, const ReplayRights& rights);
// POST …/replay: the newest records that the list's filters find.
Response quarantine_replay_all(const Request& request, const Caller& caller, const ReplayRights& rights);

}  // namespace backtrail::api
