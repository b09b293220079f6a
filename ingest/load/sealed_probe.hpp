// What sealed days know of events that arrive late: the same id with the same content is a duplicate, with other
// content a variant. Runs in the writer's transaction while it holds the day's lock, so that no sealer swaps rows for
// parts in between. Days without parts cost one statement for all of them. Throws what the transaction throws; a part
// that cannot be read is an ErrorException, because nobody could say whether the event is a duplicate.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "ingest/load/batch.hpp"
#include "schema/pg/database.hpp"

namespace backtrail::ingest {

using EventName = std::tuple<std::int32_t, std::string, schema::Uuid>;  // day, account, id
inline EventName name_of(const EventRow& event) {
  return {event.event_day, event.account_id, event.event_id};
}

struct SealedForm {
  schema::Uuid content_fp{};
  std::int64_t event_time_us = 0;
  std::string service, api;
};
using SealedForms = std::map<EventName, std::vector<SealedForm>>;

// Of the events of `rows` that have another form, or themselves, in a part.
SealedForms find_sealed_forms(schema::Transaction& tx, const std::vector<Row*>& rows);

}  // namespace backtrail::ingest
