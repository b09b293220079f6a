// Events of sealed days: the same questions as EventRows, answered from posting lists and blocks.
//
// The directory says in which accounts and on which days an entity was; its posting lists give the count, the volume
// and the places of a page; only the blocks of the page are opened, and more only for conditions that lists do not
// decide (Region, service, API, error code, read-only). What is asked of everybody is added up from the figures of
// parts as far as those tell it. One object answers one filter inside one transaction. Belongs
// to the transaction's thread; throws what the transaction throws, and ErrorException for a damaged part.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "query/event_reader/event_filter.hpp"
#include "query/event_reader/event_source.hpp"
#include "query/event_reader/part_loader.hpp"
#include "query/event_reader/rows.hpp"
#include "schema/pg/account_scope.hpp"

namespace backtrail::query {

class EventParts {
 public:
  // The filter must be resolved and outlive this.
  EventParts(schema::Transaction& tx, const schema::HashKey& key, const schema::AccountScope& scope,
             const EventFilter& filter);

  // As EventRows.
  std::vector<StoredEvent> newest(const EventPosition& position, std::size_t limit);
  std::uint64_t count();
  std::vector<VolumeBucket> volume(std::int64_t bucket_s);
  // Every value, in no order. False: no sealed event is in it.
  bool groups(RowGroups& groups);
  // Of the hashes that groups() gave.
  std::vector<HashText> texts(const std::vector<HashCount>& hashes);

 private:
  // An entity of a condition.
  struct Term {
    std::int64_t hash = 0;
    bool by = true, on = true;
  };
  // An event that the lists say is one.
  struct Hit {
    const SealedPart* part;
    schema::Posting posting;
  };
  struct Place {
    schema::BlockKey block;
    std::uint32_t index;
    const SealedPart* part;
  };

  using Found = std::vector<std::pair<StoredEvent, Place>>;
  using EventVisitor = std::function<void(const Hit&, const schema::BlockColumns&, const Place&)>;

  bool account_wanted(const std::string& account_id) const;
  // The days on which there may be something, the newest first, in pieces that grow.
  void find_places();
  std::vector<std::pair<std::int32_t, std::int32_t>> day_ranges() const;
  void load(std::int32_t from_day, std::int32_t to_day);
  void load_all();
  // Parts and lists of the only condition on entities.
  void load_group();
  void load_all_lists(const std::vector<SealedPart*>& parts);
  std::vector<schema::Posting> postings_of(const SealedPart& part, const Term& term) const;
  static std::size_t count_of(const SealedPart& part, const Term& term);
  // Positions of the part that hold one of the terms.
  std::vector<bool> holding(const SealedPart& part, const std::vector<Term>& terms) const;
  std::vector<schema::Posting> find_hits(const SealedPart& part) const;
  // Until the next call.
  const std::vector<schema::Posting>& hits(const SealedPart& part);
  Place place_of(const Hit& hit);
  // StoredEvent::list of a part's hits.
  std::size_t list_of(const SealedPart* part);
  bool inside(const SealedPart& part) const;
  // The whole part answers, without a look at its lists.
  bool all_of(const SealedPart& part) const;
  // The list's length is the answer, whatever stands in it.
  bool counted_by_lists(const SealedPart& part) const;
  bool figures_answer() const;
  // Calls f(time, outcome, n) for what the figures of whole parts tell; returns the parts that reach over the range.
  template <class F>
  std::vector<SealedPart*> for_each_figure(F&& f);
  std::vector<SealedPart*> all_parts();
  // Calls f(hit, block, place) for every hit in these parts, in some order, once the columns are there and the
  // conditions hold.
  void for_each_event(const std::vector<SealedPart*>& parts, const EventVisitor& f);
  // Calls f(posting) for every hit in these parts that the conditions hold for.
  template <class F>
  void for_each_hit(const std::vector<SealedPart*>& parts, F&& f);
  void take_hits(std::span<const Hit> hits, const EventPosition& position, Found& found);
  void take_matching(std::span<const Hit> hits, const EventPosition& position, Found& found);
  void take_event(const schema::BlockColumns& columns, const Place& place, const EventPosition& position, Found& found);
  void newest_of(const std::vector<Hit>& hits, const EventPosition& position, std::size_t limit, Found& found);
  std::vector<StoredEvent> with_records(Found found);

  schema::Transaction& tx_;
  const EventFilter& filter_;
  bool nothing_ = false;
  std::int32_t from_day_ = 0, to_day_ = 0;
  Accounts accounts_;
  std::set<std::string> not_accounts_;
  std::vector<std::vector<Term>> groups_;  // of each, at least one
  std::vector<Term> excluded_;
  bool all_ = false;  // no entity is asked for
  bool needs_columns_ = false;
  bool places_found_ = false;
  std::map<std::int32_t, std::vector<SealedPlace>> places_;  // by day: which lists are needed
  std::set<std::pair<std::int32_t, std::int32_t>> loaded_;
  std::map<schema::PartKey, SealedPart> parts_;
  // A count and a page of one question look for the same.
  std::map<const SealedPart*, std::vector<schema::Posting>> hits_;
  std::size_t hits_kept_ = 0;
  std::map<const SealedPart*, schema::BlockMap> blocks_;
  std::vector<schema::Posting> hits_not_kept_;
  std::map<const SealedPart*, std::size_t> lists_;  // of one entity's hits, numbered from 1
  OpenBlocks opened_;                               // of a page
  struct Newest {
    std::int64_t time_us = 0;
    Place place{};
  };
  std::map<std::pair<int, std::int64_t>, Newest> examples_;  // of facets' hashes
};

// As find_event and find_events over rows.
std::optional<StoredEvent> find_sealed_event(schema::Transaction& tx, const EventIdentity& identity);
std::vector<StoredEvent> find_sealed_events(schema::Transaction& tx, const schema::Uuid& event_id, std::size_t limit);

// When an entity was in a sealed event.
struct SealedSeen {
  std::optional<std::int64_t> first_us, last_us, last_by_us;
};
SealedSeen sealed_seen(schema::Transaction& tx, std::int64_t hash);
// When each entity was last in one; nothing: never.
std::vector<std::optional<std::int64_t>> sealed_last_seen(schema::Transaction& tx,
                                                          const std::vector<std::int64_t>& hashes);

}  // namespace backtrail::query
