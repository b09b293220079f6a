#include "query/event_reader/parts.hpp"

#include <algorithm>
#include <functional>

#include "query/event_reader/part_match.hpp"
#include "query/event_reader/row_question.hpp"

namespace backtrail::query {
namespace {

using schema::Transaction;

// Blocks whose columns are in memory at a time.
constexpr std::size_t kBlocksAtATime = 256;
// Hits that are kept for the next part of the answer; 16 bytes each.
constexpr std::size_t kHitsKept = 500'000;
// Hits of which a page looks into the columns at a time, when lists do not tell which of them are wanted.
constexpr std::size_t kHitsAtATime = 4'096;
constexpr std::int64_t kHourSeconds = 3'600, kHourUs = kHourSeconds * schema::kMicrosPerSecond;
// The columns of the facets that are counted by hash.
struct HashFacet {
  int facet;
  schema::ByColumn column;
};
constexpr std::array kHashFacets{
    HashFacet{kFacetIpAddress, schema::ByColumn::kIpAddress}, HashFacet{kFacetAccessKey, schema::ByColumn::kAccessKey},
    HashFacet{kFacetUserAgent, schema::ByColumn::kUserAgent}, HashFacet{kFacetSession, schema::ByColumn::kSession},
    HashFacet{kFacetPrincipal, schema::ByColumn::kPrincipal}};

void count_outcome(schema::Outcome outcome, std::uint64_t n, OutcomeCounts& counts) {
  switch (outcome) {
    case schema::Outcome::kOk:
      counts.ok += n;
      return;
    case schema::Outcome::kDenied:
      counts.denied += n;
      return;
    default:
      counts.failed += n;
  }
}

// Counts with the first and last event.
struct Tally {
  OutcomeCounts counts;
  std::int64_t first_us = 0, last_us = 0;

  void add(schema::Outcome outcome, std::int64_t time_us) {
    first_us = counts.total() == 0 ? time_us : std::min(first_us, time_us);
    last_us = counts.total() == 0 ? time_us : std::max(last_us, time_us);
    count_outcome(outcome, 1, counts);
  }
};

std::vector<std::string> records_of(const schema::StoredBlock& block, const std::vector<std::uint32_t>& wanted) {
  return sound(schema::decode_records(block.raw, block.columns.event_id, wanted));
}

bool newer(const StoredEvent& a, const StoredEvent& b) {
  return a.position > b.position;
}

}  // namespace

EventParts::EventParts(Transaction& tx, const schema::HashKey& key, const schema::AccountScope& scope,
                       const EventFilter& filter)
    : tx_(tx), filter_(filter), accounts_(answering_accounts(filter, scope)), needs_columns_(needs_columns(filter)) {
  nothing_ = filter.range.from_us >= filter.range.to_us || (accounts_ && accounts_->empty());
  from_day_ = schema::day_of(filter.range.from_us);
  to_day_ = schema::day_of(filter.range.to_us - 1);
  const auto term_of = [&](const EntityTerm& term) {
    return Term{schema::entity_hash(key, term.kind, term.key), term.by, term.on};
  };
  for (const auto& group : filter.entities) {
    if (group.front().kind == schema::EntityKind::kAccount) continue;  // among the accounts
    groups_.emplace_back();
    for (const auto& term : group) groups_.back().push_back(term_of(term));
  }
  not_accounts_.insert(filter.account_id.none_of.begin(), filter.account_id.none_of.end());
  for (const auto& term : filter.not_entities) {
    if (term.kind == schema::EntityKind::kAccount)
      not_accounts_.insert(term.key);
    else
      excluded_.push_back(term_of(term));
  }
  all_ = groups_.empty();
}

bool EventParts::account_wanted(const std::string& account_id) const {
  if (not_accounts_.contains(account_id)) return false;
  return !accounts_ || std::find(accounts_->begin(), accounts_->end(), account_id) != accounts_->end();
}

void EventParts::find_places() {
  if (std::exchange(places_found_, true)) return;
  std::vector<std::int64_t> hashes;
  for (const auto& group : groups_)
    for (const Term& term : group) hashes.push_back(term.hash);
  for (const Term& term : excluded_) hashes.push_back(term.hash);
  std::map<std::pair<std::int32_t, std::string>, std::set<std::int64_t>> known;
  for (auto& place : sealed_places(tx_, hashes, from_day_, to_day_))
    if (account_wanted(place.account_id)) known[{place.day, place.account_id}].insert(place.hash);
  for (const auto& place : known) {
    const auto& [day, account_id] = place.first;
    const auto& here = place.second;
    // An event stands in one part of one account: every condition must be known there.
    const bool possible = std::all_of(groups_.begin(), groups_.end(), [&](const auto& group) {
      return std::any_of(group.begin(), group.end(), [&](const Term& term) { return here.contains(term.hash); });
    });
    if (!possible) continue;
    for (const std::int64_t hash : here) places_[day].push_back({day, account_id, hash});
  }
}

std::vector<std::pair<std::int32_t, std::int32_t>> EventParts::day_ranges() const {
  std::vector<std::pair<std::int32_t, std::int32_t>> ranges;
  std::int32_t size = 1;
  for (std::int32_t to = to_day_; to >= from_day_; size *= 2) {
    const std::int32_t from = to - from_day_ < size ? from_day_ : to - size + 1;
    ranges.emplace_back(from, to);
    to = from - 1;
  }
  return ranges;
}

void EventParts::load(std::int32_t from_day, std::int32_t to_day) {
  if (!loaded_.emplace(from_day, to_day).second) return;
  find_places();
  if (all_)
    for (auto& part : sealed_parts(tx_, from_day, to_day, accounts_))
      if (account_wanted(part.key.account_id) && class_wanted(filter_, part.event_class)) {
        auto key = part.key;
        parts_.try_emplace(std::move(key), std::move(part));
      }
  std::vector<SealedPlace> places;
  for (auto day = places_.lower_bound(from_day); day != places_.end() && day->first <= to_day; ++day)
    places.insert(places.end(), day->second.begin(), day->second.end());
  if (places.empty()) return;
  for (auto& [key, part] : sealed_lists(tx_, places)) {
    if (!class_wanted(filter_, part.event_class)) continue;
    const auto known = parts_.find(key);
    if (known != parts_.end())
      known->second.lists.merge(part.lists);
    else if (!all_)
      parts_.emplace(key, std::move(part));
  }
}

void EventParts::load_all() {
  if (nothing_) return;
  // At once: whoever counts needs everything.
  if (loaded_.empty())
    load(from_day_, to_day_);
  else
    for (const auto& [from, to] : day_ranges())
      if (!loaded_.contains({from_day_, to_day_})) load(from, to);
}

void EventParts::load_all_lists(const std::vector<SealedPart*>& parts) {
  if (!all_) return;
  std::set<SealedPlace> places;
  for (const SealedPart* part : parts)
    if (!part->lists.contains(schema::kAllEvents))
      places.insert({part->key.day, part->key.account_id, schema::kAllEvents});
  if (places.empty()) return;
  for (auto& [key, part] : sealed_lists(tx_, {places.begin(), places.end()}))
    if (const auto known = parts_.find(key); known != parts_.end()) known->second.lists.merge(part.lists);
}

std::vector<schema::Posting> EventParts::postings_of(const SealedPart& part, const Term& term) const {
  const auto found = part.lists.find(term.hash);
  if (found == part.lists.end()) return {};
  auto list = sound(schema::decode_posting_list(found->second, part.key.day, term.hash));
  for (const auto& posting : list)
    if (posting.position >= part.n) refuse_damaged("a list names an event that is not there");
  if (term.hash != schema::kAllEvents)
    std::erase_if(
        list, [&](const schema::Posting& posting) { return !((term.by && posting.by) || (term.on && posting.on)); });
  return list;
}

std::size_t EventParts::count_of(const SealedPart& part, const Term& term) {
  const auto found = part.lists.find(term.hash);
  return found == part.lists.end() ? 0 : sound(schema::count_posting_list(found->second, term.hash, term.by, term.on));
}

std::vector<bool> EventParts::holding(const SealedPart& part, const std::vector<Term>& terms) const {
  std::vector<bool> held(part.n);
  for (const Term& term : terms)
    for (const auto& posting : postings_of(part, term)) held[posting.position] = true;
  return held;
}

std::vector<schema::Posting> EventParts::find_hits(const SealedPart& part) const {
  const Term everything{schema::kAllEvents, true, true};
  const std::vector<Term> driving = groups_.empty() ? std::vector<Term>{everything} : groups_.front();
  std::vector<std::vector<bool>> required;
  for (std::size_t i = 1; i < groups_.size(); ++i) required.push_back(holding(part, groups_[i]));
  const std::vector<bool> refused = excluded_.empty() ? std::vector<bool>() : holding(part, excluded_);
  std::vector<bool> taken(driving.size() > 1 ? part.n : 0);
  std::vector<schema::Posting> found;
  for (const Term& term : driving)
    for (const auto& posting : postings_of(part, term)) {
      if (posting.time_us < filter_.range.from_us || posting.time_us >= filter_.range.to_us) continue;
      if (!outcome_wanted(filter_, posting.outcome) || (!refused.empty() && refused[posting.position])) continue;
      if (!std::all_of(required.begin(), required.end(), [&](const auto& held) { return held[posting.position]; }))
        continue;
      if (!taken.empty()) {
        if (taken[posting.position]) continue;
        taken[posting.position] = true;
      }
      found.push_back(posting);
    }
  return found;
}

const std::vector<schema::Posting>& EventParts::hits(const SealedPart& part) {
  const auto known = hits_.find(&part);
  if (known != hits_.end()) return known->second;
  auto found = find_hits(part);
  if (hits_kept_ + found.size() > kHitsKept) return hits_not_kept_ = std::move(found);
  hits_kept_ += found.size();
  return hits_[&part] = std::move(found);
}

EventParts::Place EventParts::place_of(const Hit& hit) {
  auto blocks = blocks_.find(hit.part);
  if (blocks == blocks_.end()) blocks = blocks_.emplace(hit.part, blocks_of(*hit.part)).first;
  const auto place = blocks->second.place_of(hit.posting.position);
  return {{hit.part->key, place.block, place.extent}, place.index};
}

std::size_t EventParts::list_of(const SealedPart* part) {
  if (groups_.size() != 1 || groups_.front().size() != 1) return 0;
  return lists_.try_emplace(part, lists_.size() + 1).first->second;
}

bool EventParts::inside(const SealedPart& part) const {
  return part.first_us >= filter_.range.from_us && part.last_us < filter_.range.to_us;
}

bool EventParts::all_of(const SealedPart& part) const {
  return all_ && excluded_.empty() && !needs_columns_ && !filter_.outcomes && inside(part);
}

std::vector<SealedPart*> EventParts::all_parts() {
  std::vector<SealedPart*> parts;
  parts.reserve(parts_.size());
  for (auto& [key, part] : parts_) parts.push_back(&part);
  return parts;
}

bool EventParts::counted_by_lists(const SealedPart& part) const {
  return groups_.size() == 1 && groups_.front().size() == 1 && excluded_.empty() && !needs_columns_ &&
         !filter_.outcomes && inside(part);
}

bool EventParts::figures_answer() const {
  return !nothing_ && all_ && excluded_.empty() && figures_suffice(filter_);
}

template <class F>
std::vector<SealedPart*> EventParts::for_each_figure(F&& f) {
  std::set<std::int32_t> days;  // of parts that reach over the range: its first and its last
  for_each_figures(tx_, from_day_, to_day_, accounts_, [&](const SealedPart& part, const schema::RollupView& rollup) {
    if (!account_wanted(part.key.account_id) || !class_wanted(filter_, part.event_class)) return;
    if (!inside(part)) {
      days.insert(part.key.day);
      return;
    }
    const RollupMatch matches(filter_, rollup);
    for (const auto& count : rollup.counts)
      if (matches(count)) f(schema::day_start(part.key.day) + count.hour * kHourUs, count.outcome, count.n);
  });
  std::vector<SealedPart*> others;
  for (const std::int32_t day : days) {
    load(day, day);
    for (auto part = parts_.lower_bound({day, "", 0}); part != parts_.end() && part->first.day == day; ++part)
      if (!inside(part->second)) others.push_back(&part->second);
  }
  return others;
}

template <class F>
void EventParts::for_each_event(const std::vector<SealedPart*>& parts, F&& f) {
  std::map<schema::BlockKey, std::vector<std::pair<Hit, std::uint32_t>>> waiting;
  const auto read = [&] {
    std::vector<schema::BlockKey> keys;
    keys.reserve(waiting.size());
    for (const auto& [key, events] : waiting) keys.push_back(key);
    const auto blocks = sound(schema::read_blocks(tx_, keys, false));
    for (const auto& [key, events] : waiting) {
      const auto& columns = blocks.at(key).columns;
      const BlockMatch matches(filter_, columns);
      for (const auto& [hit, index] : events) {
        if (index >= columns.size()) refuse_damaged("a block is too short");
        if (matches(index)) f(hit, columns, Place{key, index});
      }
    }
    waiting.clear();
  };
  for (const SealedPart* part : parts)
    for (const auto& posting : hits(*part)) {
      const Hit hit{part, posting};
      const Place place = place_of(hit);
      if (waiting.size() >= kBlocksAtATime && !waiting.contains(place.block)) read();
      waiting[place.block].emplace_back(hit, place.index);
    }
  if (!waiting.empty()) read();
}

template <class F>
void EventParts::for_each_hit(const std::vector<SealedPart*>& parts, F&& f) {
  load_all_lists(parts);
  if (needs_columns_) {
    for_each_event(parts, [&](const Hit& hit, const schema::BlockColumns&, const Place&) { f(hit.posting); });
    return;
  }
  for (const SealedPart* part : parts)
    for (const auto& posting : hits(*part)) f(posting);
}

std::uint64_t EventParts::count() {
  std::uint64_t n = 0;
  std::vector<SealedPart*> others;
  if (figures_answer() && (needs_columns_ || filter_.outcomes)) {
    others = for_each_figure([&](std::int64_t, schema::Outcome, std::uint64_t counted) { n += counted; });
  } else {
    load_all();
    for (auto& [key, part] : parts_) {
      if (all_of(part))
        n += part.n;
      else if (counted_by_lists(part))
        n += count_of(part, groups_.front().front());
      else
        others.push_back(&part);
    }
  }
  for_each_hit(others, [&](const schema::Posting&) { ++n; });
  return n;
}

std::vector<VolumeBucket> EventParts::volume(std::int64_t bucket_s) {
  const std::int64_t bucket_us = bucket_s * schema::kMicrosPerSecond;
  std::map<std::int64_t, OutcomeCounts> buckets;
  const auto add = [&](std::int64_t at_us, schema::Outcome outcome, std::uint64_t n) {
    count_outcome(outcome, n, buckets[at_us / bucket_us * bucket_us]);
  };
  std::vector<SealedPart*> others;
  if (figures_answer() && bucket_s % kHourSeconds == 0) {
    others = for_each_figure(add);
  } else {
    load_all();
    others = all_parts();
  }
  for_each_hit(others, [&](const schema::Posting& posting) { add(posting.time_us, posting.outcome, 1); });
  std::vector<VolumeBucket> volume;
  volume.reserve(buckets.size());
  for (const auto& [at_us, counts] : buckets) volume.push_back({at_us, counts});
  return volume;
}

bool EventParts::groups(RowGroups& groups) {
  load_all();
  const auto parts = all_parts();
  load_all_lists(parts);
  Tally all;
  std::map<std::pair<std::string, std::string>, Tally> apis;
  std::map<std::string, Tally> accounts, regions;
  std::map<std::pair<int, std::int64_t>, Tally> hashes;
  for_each_event(parts, [&](const Hit& hit, const schema::BlockColumns& block, const Place& place) {
    const auto add = [&](Tally& tally) { tally.add(hit.posting.outcome, hit.posting.time_us); };
    add(all);
    add(apis[{block.service.of(place.index), block.api.of(place.index)}]);
    add(accounts[hit.part->key.account_id]);
    add(regions[block.region.of(place.index)]);
    for (const auto& [facet, column] : kHashFacets) {
      const std::int64_t hash = block.by[static_cast<std::size_t>(column)][place.index];
      if (hash == 0) continue;
      add(hashes[{facet, hash}]);
      Newest& example = examples_[{facet, hash}];
      if (example.time_us <= hit.posting.time_us) example = {hit.posting.time_us, place};
    }
  });
  if (all.counts.total() == 0) return false;
  groups.groups.totals = all.counts;
  groups.groups.first_us = all.first_us;
  groups.groups.last_us = all.last_us;
  for (const auto& [name, tally] : apis) groups.groups.apis.push_back({name.first, name.second, tally.counts});
  for (const auto& [value, tally] : accounts)
    groups.groups.accounts.push_back({value, tally.counts, tally.first_us, tally.last_us});
  for (const auto& [value, tally] : regions)
    groups.groups.regions.push_back({value, tally.counts, tally.first_us, tally.last_us});
  for (const auto& [key, tally] : hashes)
    groups.by_hash.push_back({key.first, key.second, tally.counts, tally.first_us, tally.last_us});
  return true;
}

std::vector<HashText> EventParts::texts(const std::vector<HashCount>& hashes) {
  std::map<schema::BlockKey, std::vector<std::pair<const HashCount*, std::uint32_t>>> wanted;
  for (const auto& hash : hashes)
    if (const auto example = examples_.find({hash.facet, hash.hash}); example != examples_.end())
      wanted[example->second.place.block].emplace_back(&hash, example->second.place.index);
  std::vector<HashText> texts;
  if (wanted.empty()) return texts;
  std::vector<schema::BlockKey> keys;
  keys.reserve(wanted.size());
  for (const auto& [key, events] : wanted) keys.push_back(key);
  const auto blocks = sound(schema::read_blocks(tx_, keys, true));
  for (const auto& [key, events] : wanted) {
    std::vector<std::uint32_t> wanted_here;
    for (const auto& event : events) wanted_here.push_back(event.second);
    const auto records = records_of(blocks.at(key), wanted_here);
    for (const auto& [hash, index] : events) texts.push_back({hash->facet, hash->hash, as_stored(records.at(index))});
  }
  return texts;
}

// Of hits, which are the newest first: adds the first that are before the position and answer the question, and all
// that happened at the same time as the last of those.
void EventParts::newest_of(const std::vector<Hit>& hits, const EventPosition& position, std::size_t limit,
                           std::vector<std::pair<StoredEvent, Place>>& found) {
  std::size_t at_a_time = 0;
  for (std::size_t next = 0; next < hits.size() && found.size() < limit;) {
    at_a_time = needs_columns_ ? std::clamp(2 * at_a_time, limit - found.size(), std::max(limit, kHitsAtATime))
                               : limit - found.size();
    std::size_t end = std::min(hits.size(), next + at_a_time);
    while (end < hits.size() && hits[end].posting.time_us == hits[end - 1].posting.time_us) ++end;
    std::vector<Place> places;  // of hits[next] and following
    std::set<schema::BlockKey> keys;
    for (std::size_t i = next; i < end; ++i) {
      places.push_back(place_of(hits[i]));
      keys.insert(places.back().block);
    }
    auto blocks = sound(schema::read_blocks(tx_, {keys.begin(), keys.end()}, !needs_columns_));
    std::map<schema::BlockKey, BlockMatch> matches;
    for (const auto& [key, block] : blocks) matches.emplace(key, BlockMatch(filter_, block.columns));
    for (std::size_t i = 0; i < places.size(); ++i) {
      const Place& place = places[i];
      const auto& columns = blocks.at(place.block).columns;
      if (place.index >= columns.size()) refuse_damaged("a block is too short");
      if (!matches.at(place.block)(place.index)) continue;
      StoredEvent event = stored_event(place.block.part, columns, place.index);
      event.list = list_of(hits[next + i].part);
      if (event.position < position) found.emplace_back(std::move(event), place);
    }
    matches.clear();
    for (auto& [key, block] : blocks)
      if (!needs_columns_) opened_.insert_or_assign(key, std::move(block));
    next = end;
  }
}

std::vector<StoredEvent> EventParts::with_records(std::vector<std::pair<StoredEvent, Place>> found) {
  std::map<schema::BlockKey, std::vector<std::size_t>> by_block;
  for (std::size_t i = 0; i < found.size(); ++i) by_block[found[i].second.block].push_back(i);
  std::vector<schema::BlockKey> missing;
  for (const auto& [key, events] : by_block)
    if (!opened_.contains(key)) missing.push_back(key);
  if (!missing.empty()) opened_.merge(sound(schema::read_blocks(tx_, missing, true)));
  std::vector<StoredEvent> events(found.size());
  for (const auto& [key, indexes] : by_block) {
    std::vector<std::uint32_t> wanted;
    for (const std::size_t i : indexes) wanted.push_back(found[i].second.index);
    auto records = records_of(opened_.at(key), wanted);
    for (const std::size_t i : indexes) {
      events[i] = std::move(found[i].first);
      events[i].raw = as_stored(std::move(records.at(found[i].second.index)));
    }
  }
  opened_.clear();
  return events;
}

std::vector<StoredEvent> EventParts::newest(const EventPosition& position, std::size_t limit) {
  std::vector<std::pair<StoredEvent, Place>> found;
  if (nothing_ || limit == 0) return {};
  const std::int32_t position_day = schema::day_of(position.time_us);
  // The newest first. Blocks of several days are read at once: most entities do little on a day.
  std::vector<Hit> waiting;
  const auto take = [&](std::size_t least) {
    if (found.size() + waiting.size() < least) return;
    newest_of(waiting, position, limit, found);
    waiting.clear();
  };
  for (const auto& [from, to] : day_ranges()) {
    if (found.size() >= limit) break;
    if (from > position_day) continue;
    if (!loaded_.contains({from_day_, to_day_})) load(from, to);
    for (std::int32_t day = std::min(to, position_day); day >= from && found.size() < limit; --day) {
      // The newest day of these that has a part.
      const auto behind = parts_.lower_bound({day + 1, "", 0});
      if (behind == parts_.begin()) break;
      day = std::prev(behind)->first.day;
      if (day < from) break;
      std::vector<SealedPart*> parts;
      for (auto part = parts_.lower_bound({day, "", 0}); part != behind; ++part) parts.push_back(&part->second);
      load_all_lists(parts);
      const auto of_day = static_cast<std::ptrdiff_t>(waiting.size());
      for (const SealedPart* part : parts)
        for (const auto& posting : hits(*part))
          if (posting.time_us <= position.time_us) waiting.push_back({part, posting});
      std::sort(waiting.begin() + of_day, waiting.end(),
                [](const Hit& a, const Hit& b) { return a.posting.time_us > b.posting.time_us; });
      take(limit);
    }
  }
  take(0);
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return newer(a.first, b.first); });
  if (found.size() > limit) found.resize(limit);
  return with_records(std::move(found));
}

}  // namespace backtrail::query
