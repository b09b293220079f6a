// The one way to API events: listings, exact counts, volumes and groups for a filter, each event once, whatever form
// the days are stored in: rows of recent days and sealed parts, which are disjoint in every snapshot.
//
// One object answers one filter inside one transaction (one snapshot). Belongs to the transaction's thread; throws what
// the transaction throws.
#pragma once
#include <cstdint>
#include <vector>

#include "query/event_reader/event_filter.hpp"
#include "query/event_reader/event_source.hpp"
#include "query/event_reader/event_view.hpp"
#include "query/event_reader/parts.hpp"
#include "query/event_reader/rows.hpp"
#include "schema/pg/account_scope.hpp"
#include "schema/pg/database.hpp"

namespace backtrail::query {

inline constexpr std::size_t kBucketsMax = 400;

class EventReader {
 public:
  // The filter must be resolved (range set) and outlive the reader.
  EventReader(schema::Transaction& tx, const schema::HashKey& key, const schema::AccountScope& scope,
              const EventFilter& filter)
      : key_(key),
        filter_(filter),
        rows_(tx, row_question(filter, key, scope)),
        parts_(tx, key, scope, filter),
        asked_(asked_entities(filter)),
        proof_(filter) {}

  struct Listing {
    std::vector<EventView> events;      // newest first
    std::optional<EventPosition> last;  // where the next listing goes on; nothing at the end
    std::size_t left_out = 0;           // hits whose record does not name the entity
  };
  // Up to `limit` events before `position`; fewer only at the end.
  Listing newest(EventPosition position, std::size_t limit);
  std::uint64_t count();
  // Buckets of bucket_s seconds, all of the range, also the empty ones.
  std::vector<VolumeBucket> volume(std::int64_t bucket_s);
  EventGroups groups(std::size_t values_max);

 private:
  const schema::HashKey& key_;
  const EventFilter& filter_;
  EventRows rows_;
  EventParts parts_;
  AskedEntities asked_;
  Proof proof_;
};

// By identity and by event id alone; newest first.
std::optional<StoredEvent> find_event(schema::Transaction& tx, const EventIdentity& identity);
std::vector<StoredEvent> find_events(schema::Transaction& tx, const schema::Uuid& event_id, std::size_t limit);

// The smallest of 1m, 5m, 15m, 1h, 3h, 6h, 1d (then whole days) that cuts the range into at most `buckets_max` buckets,
// which begin at multiples of their length. `buckets_max` is at least 2: a range may lie across a boundary.
std::int64_t bucket_seconds(const schema::TimeRange& range, std::size_t buckets_max = kBucketsMax);

}  // namespace backtrail::query
