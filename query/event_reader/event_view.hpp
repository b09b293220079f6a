// A stored event made readable: its record decoded and read with the writer's own rules, and what of the question it
// answers.
//
// The columns of a row are hashes; their text stands in the record. A hit whose record does not name the asked entity
// (two entities with one hash, or a row that was tampered with) is left out and counted. A record that cannot be
// decoded any more is shown with what the columns say, and marked as damaged. Pure functions over values: thread-safe.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "query/event_reader/event_filter.hpp"
#include "query/event_reader/event_source.hpp"
#include "query/event_reader/rows.hpp"
#include "schema/core/error.hpp"
#include "schema/model/api_event.hpp"

namespace backtrail::query {

struct MatchedEntity {
  schema::Entity entity;
  schema::Direction direction = schema::Direction::kBy;
  bool operator==(const MatchedEntity&) const = default;
};

struct EventView {
  schema::ApiEvent event;  // event.raw is empty
  EventPosition position;
  std::int64_t received_us = 0;
  std::string raw;  // exact bytes; empty when damaged
  std::vector<MatchedEntity> matched;
  std::optional<std::string> account_name;
  bool variant = false;  // the same event id exists with other content
  bool damaged = false;
};

// Nothing: the record does not name what the filter asks for.
std::optional<EventView> view_of(const StoredEvent& stored, const EventFilter& filter);

// Which of the asked entities the event names, by and on.
std::vector<MatchedEntity> matched_entities(const EventFilter& filter, const schema::ApiEvent& event);

// The event's own names of a facet (rows.hpp): of every principal, session, key, address or agent in it, the one of
// `facet`.
std::optional<schema::Entity> entity_of_facet(int facet, const schema::ApiEvent& event);

// Reads a stored record; kBadRecord when it is damaged.
struct DecodedRecord {
  std::string raw;
  schema::ApiEvent event;  // event.raw is empty
};
schema::Result<DecodedRecord> decode_record(std::string_view stored);

// The names of an event's flags: "future", "service_made", …, "variant", "damaged".
std::vector<std::string_view> flag_names(const EventView& view);

// Opaque to clients: the event's identity.
std::string event_key(const EventView& view);
std::optional<EventIdentity> parse_event_key(std::string_view text);

}  // namespace backtrail::query
