// An event's two stored forms, and the way from each to the other: as a row of api_event and as part of a sealed day.
// Pure and thread-safe.
#pragma once
#include <cstdint>
#include <string>

#include "ingest/load/batch.hpp"
#include "schema/block_format/sealed_event.hpp"

namespace backtrail::ingest::seal {

// `row.raw` must be the record's bytes, not encoded (EventRow::for_part).
schema::SealedEvent sealed_event(const EventRow& row);
// With the record encoded, as rows have it. Without value_fp, which is not stored.
EventRow event_row(const schema::SealedEvent& event, std::int32_t day, const std::string& account_id);

}  // namespace backtrail::ingest::seal
