#include "ingest/seal/event_forms.hpp"

#include <algorithm>

#include "schema/block_format/raw_codec.hpp"

namespace backtrail::ingest::seal {

schema::SealedEvent sealed_event(const EventRow& row) {
  schema::SealedEvent event;
  event.event_time_us = row.event_time_us;
  event.received_us = row.received_us;
  event.by = {row.principal_hash, row.session_hash,    row.access_key_hash,
              row.instance_hash,  row.ip_address_hash, row.user_agent_hash};
  event.flags = row.flags;
  event.event_id = row.event_id;
  event.content_fp = row.content_fp;
  event.event_class = row.event_class;
  event.outcome = row.outcome;
  event.read_only = row.read_only;
  event.region = row.region;
  event.service = row.service;
  event.api = row.api;
  event.error_code = row.error_code;
  event.raw = row.raw;
  event.mentions = row.mentions;
  std::sort(event.mentions.begin(), event.mentions.end());
  event.mentions.erase(std::unique(event.mentions.begin(), event.mentions.end()), event.mentions.end());
  return event;
}

EventRow event_row(const schema::SealedEvent& event, std::int32_t day, const std::string& account_id) {
  EventRow row;
  row.event_time_us = event.event_time_us;
  row.received_us = event.received_us;
  row.principal_hash = event.by[0];
  row.session_hash = event.by[1];
  row.access_key_hash = event.by[2];
  row.instance_hash = event.by[3];
  row.ip_address_hash = event.by[4];
  row.user_agent_hash = event.by[5];
  row.event_day = day;
  row.flags = event.flags;
  row.event_id = event.event_id;
  row.content_fp = event.content_fp;
  row.event_class = event.event_class;
  row.outcome = event.outcome;
  row.read_only = event.read_only;
  row.account_id = account_id;
  row.region = event.region;
  row.service = event.service;
  row.api = event.api;
  row.error_code = event.error_code;
  schema::append_encoded_raw(event.raw, row.raw);
  row.mentions = event.mentions;
  return row;
}

}  // namespace backtrail::ingest::seal
