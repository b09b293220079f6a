// A stored event made readable: its record decoded and read with the writer's own rules, and what of the question it
// answers.
//
// Records are read when somebody asks for what only they tell: a listing of a thousand events that needs ids, columns
// and exact bytes makes no tree of any. A record that cannot be decoded any more is shown with what the columns say,
// and marked as damaged. A view belongs to one thread at a time, also for reading; the functions are pure and
// thread-safe.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
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

// The entities of a filter's conditions, for many views.
using AskedEntities = std::shared_ptr<const std::vector<EntityTerm>>;
AskedEntities asked_entities(const EventFilter& filter);

class EventView {
 public:
  explicit EventView(StoredEvent stored = {}, AskedEntities asked = {})
      : stored_(std::move(stored)), asked_(std::move(asked)) {}

  const EventPosition& position() const { return stored_.position; }
  const std::string& account_id() const { return stored_.account_id; }
  std::int64_t received_us() const { return stored_.received_us; }
  std::size_t list() const { return stored_.list; }
  // The exact bytes, until the view changes; also of a damaged record, as far as they are there.
  std::string_view raw() const;
  // What the record says, and of a damaged one the columns; event().raw is empty.
  const schema::ApiEvent& event() const { return record().event; }
  bool damaged() const { return record().damaged; }
  // Which of the asked entities the event names, by and on; none when it is damaged.
  std::vector<MatchedEntity> matched() const;

  std::optional<std::string> account_name;
  bool variant = false;  // the same event id exists with other content

 private:
  struct Record {
    schema::ApiEvent event;
    std::string raw;  // unless it stands in stored_
    bool damaged = false;
  };
  const Record& record() const;
  StoredEvent stored_;
  AskedEntities asked_;
  mutable std::shared_ptr<const Record> record_;  // once somebody asked
};

// Decides which hits answer a question. Columns and lists hold hashes, the text stands in the record: a hit whose
// record does not name the asked entity (two entities with one hash, or a row that was tampered with) is none. Of a
// posting list one proof is enough: no part has two entities with one hash, whoever makes parts refuses them. Not
// thread-safe.
class Proof {
 public:
  // The filter must outlive this.
  explicit Proof(const EventFilter& filter);
  bool holds(const EventView& view);

 private:
  const EventFilter& filter_;
  bool needed_ = false;
  std::set<std::size_t> proven_;  // lists
};

std::vector<MatchedEntity> matched_entities(const std::vector<EntityTerm>& asked, const schema::ApiEvent& event);

// The event's own names of a facet (rows.hpp): of every principal, session, key, address or agent in it, the one of
// `facet`.
std::optional<schema::Entity> entity_of_facet(int facet, const schema::ApiEvent& event);

// What a record says, as read by the writer's rules; its `raw` is empty. kBadRecord when it is damaged.
schema::Result<schema::ApiEvent> read_record(std::string_view raw);

// The names of an event's flags: "future", "service_made", …, "variant", "damaged".
std::vector<std::string_view> flag_names(const EventView& view);

// Opaque to clients: the event's identity.
std::string event_key(const EventView& view);
std::optional<EventIdentity> parse_event_key(std::string_view text);

}  // namespace backtrail::query
