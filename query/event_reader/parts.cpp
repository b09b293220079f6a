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
// Parts whose figures are in memory at a time, beside those that are kept.
constexpr std::size_t kFiguresAtATime = 2'000;
// Hits that are kept for the next part of the answer; 16 bytes each.
constexpr std::size_t kHitsKept = 500'000;
constexpr std::int64_t kHourSeconds = 3'600, kHourUs = kHourSeconds * schema::kMicrosPerSecond;
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
  if (loaded_.empty() && groups_.size() == 1 && excluded_.empty())
    load_group();
  else if (loaded_.empty())
    load(from_day_, to_day_);
  else
    for (const auto& [from, to] : day_ranges())
      if (!loaded_.contains({from_day_, to_day_})) load(from, to);
}

void EventParts::load_group() {
  loaded_.emplace(from_day_, to_day_);
  std::vector<std::int64_t> hashes;
  for (const Term& term : groups_.front()) hashes.push_back(term.hash);
  for (auto& [key, part] : sealed_entity_lists(tx_, hashes, from_day_, to_day_, accounts_))
    if (account_wanted(key.account_id) && class_wanted(filter_, part.event_class)) parts_.emplace(key, std::move(part));
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
  return {{hit.part->key, place.block, place.extent}, place.index, hit.part};
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
  auto parts = counted_parts(tx_, from_day_, to_day_, accounts_);
  std::erase_if(parts, [&](const SealedPart& part) {
    if (!account_wanted(part.key.account_id) || !class_wanted(filter_, part.event_class)) return true;
    if (!inside(part)) days.insert(part.key.day);
    return !inside(part);
  });
  for (std::size_t at = 0; at < parts.size(); at += kFiguresAtATime) {
    const auto some = std::span(parts).subspan(at, std::min(kFiguresAtATime, parts.size() - at));
    const auto figures = figures_of(tx_, some);
    for (std::size_t i = 0; i < some.size(); ++i) {
      const schema::RollupView& view = figures[i]->view;
      const RollupMatch matches(filter_, view);
      for (const auto& count : view.counts)
        if (matches(count)) f(schema::day_start(some[i].key.day) + count.hour * kHourUs, count.outcome, count.n);
    }
  }
  std::vector<SealedPart*> others;
  for (const std::int32_t day : days) {
    load(day, day);
    for (auto part = parts_.lower_bound({day, "", 0}); part != parts_.end() && part->first.day == day; ++part)
      if (!inside(part->second)) others.push_back(&part->second);
  }
  return others;
}

void EventParts::for_each_event(const std::vector<SealedPart*>& parts, const EventVisitor& f) {
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
        if (matches(index)) f(hit, columns, Place{key, index, hit.part});
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
  std::int64_t last_us = -1;  // what comes together is of one bucket mostly
  OutcomeCounts* last = nullptr;
  const auto add = [&](std::int64_t at_us, schema::Outcome outcome, std::uint64_t n) {
    const std::int64_t begin_us = at_us / bucket_us * bucket_us;
    if (begin_us != last_us) {
      last_us = begin_us;
      last = &buckets[begin_us];
    }
    last->add(outcome, n);
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

}  // namespace backtrail::query
