#include "query/entity/activity.hpp"

#include <algorithm>
#include <backtrail_query_sql.hpp>
#include <charconv>
#include <fmt/format.h>
#include <map>
#include <set>

#include "query/cursor.hpp"
#include "query/findings/finding_detail.hpp"
#include "schema/retention/retention.hpp"

namespace backtrail::query {
namespace {

using schema::AccountScope;
using schema::Code;
using schema::Result;
using schema::Transaction;

constexpr std::string_view kCursorKind = "activity";
constexpr std::size_t kCursorParts = 5;  // from, to, time, event id, fingerprint

schema::Error bad_cursor() {
  return schema::fail(Code::kBadCursor, "cursor: not one that was given for this question; ask again without it");
}

bool read_number(const std::string& text, std::int64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

// The cursor's values are checked as if a stranger had written them.
Result<EventPosition> read_cursor(std::string_view cursor, std::uint64_t question, schema::TimeRange& range) {
  const auto parts = decode_cursor(kCursorKind, question, cursor, kCursorParts);
  if (!parts) return parts.error();
  constexpr std::int64_t kLastUs = 253'402'300'800 * schema::kMicrosPerSecond;  // the year 10000
  EventPosition position;
  schema::TimeRange asked;
  if (!read_number((*parts)[0], asked.from_us) || !read_number((*parts)[1], asked.to_us) ||
      !read_number((*parts)[2], position.time_us) || !schema::parse_uuid((*parts)[3], position.event_id) ||
      !schema::parse_uuid((*parts)[4], position.content_fp))
    return bad_cursor();
  if (asked.from_us < 0 || asked.from_us > position.time_us || position.time_us > asked.to_us || asked.to_us >= kLastUs)
    return bad_cursor();
  range = asked;
  return position;
}

std::string write_cursor(std::uint64_t question, const schema::TimeRange& range, const EventPosition& position) {
  return encode_cursor(kCursorKind, question,
                       {std::to_string(range.from_us), std::to_string(range.to_us), std::to_string(position.time_us),
                        to_string(position.event_id), to_string(position.content_fp)});
}

std::vector<schema::Entity> entities_of(const EventFilter& filter) {
  std::vector<schema::Entity> entities;
  for (const auto& group : filter.entities)
    for (const auto& term : group) entities.push_back({term.kind, term.key, {}});
  return entities;
}

void complete_views(Transaction& tx, std::vector<EventView>& events) {
  if (events.empty()) return;
  std::set<std::string> unique;
  std::vector<std::string> accounts, subjects;
  for (const auto& view : events) {
    unique.insert(view.account_id());
    accounts.push_back(view.account_id());
    subjects.push_back(schema::format_day(schema::day_of(view.position().time_us)) + "/" +
                       to_string(view.position().event_id));
  }
  std::map<std::string, std::string> names;
  for (const auto row : tx.exec_binary(sql::event_marks, schema::array_literal({unique.begin(), unique.end()}),
                                       schema::array_literal(accounts), schema::array_literal(subjects)))
    if (row.is_null(0))
      names.emplace(row.bytes(1), row.bytes(2));
    else
      events.at(static_cast<std::size_t>(row.int8(0)) - 1).variant = true;
  for (auto& view : events)
    if (const auto name = names.find(view.account_id()); name != names.end()) view.account_name = name->second;
}

// Events before the retention's start are gone: say so instead of showing silence.
void note_retention(const schema::RetentionRules& rules, const EventFilter& filter, std::int64_t now_us,
                    Covered& covered) {
  constexpr std::array kClasses{schema::EventClass::kManagement, schema::EventClass::kData,
                                schema::EventClass::kInsight, schema::EventClass::kNetworkActivity};
  for (const auto event_class : kClasses) {
    const auto& asked = filter.event_classes;
    if (asked && std::find(asked->begin(), asked->end(), event_class) == asked->end()) continue;
    const auto first = schema::first_kept_day(rules, event_class, schema::day_of(now_us));
    if (!first || schema::day_start(*first) <= filter.range.from_us) continue;
    covered.complete = false;
    covered.reasons.push_back(fmt::format("{} events before {} are older than the retention", name_of(event_class),
                                          schema::format_day(*first)));
  }
}

void note_left_out(std::size_t left_out, Covered& covered) {
  if (left_out == 0) return;
  covered.complete = false;
  covered.reasons.push_back(
      fmt::format("{} stored events have the hash of an asked entity but do not name it; they are left out", left_out));
}

Covered covered_by(const EventFilter& filter, const AccountScope& scope) {
  Covered covered;
  covered.range = filter.range;
  covered.accounts = answering_accounts(filter, scope);
  covered.entities = entities_of(filter);
  return covered;
}

schema::Error no_event() {
  return schema::fail(Code::kNotFound, "no such event");
}

}  // namespace

std::vector<std::optional<std::string>> account_names(Transaction& tx, const std::vector<std::string>& account_ids) {
  std::vector<std::string> unique = account_ids;
  std::sort(unique.begin(), unique.end());
  unique.erase(std::unique(unique.begin(), unique.end()), unique.end());
  std::map<std::string, std::string> by_id;
  for (const auto& row : tx.exec(sql::event_account_names, schema::array_literal(unique)))
    by_id[row["account_id"].as<std::string>()] = row["name"].as<std::string>();
  std::vector<std::optional<std::string>> names;
  for (const auto& id : account_ids) {
    const auto found = by_id.find(id);
    names.push_back(found == by_id.end() ? std::nullopt : std::optional(found->second));
  }
  return names;
}

Result<EventFilter> resolve_finding(const Warehouse& warehouse, const AccountScope& scope, EventFilter filter,
                                    std::int64_t now_us) {
  if (!filter.finding) return filter;
  const auto finding = finding_activity(warehouse, scope, filter.finding->finding_id, now_us);
  if (!finding) return finding.error();
  if (filter.finding->lane >= finding->lanes.size())
    return schema::fail(Code::kBadParameter,
                        fmt::format("lane: the finding has {}; use a number below", finding->lanes.size()));
  const Lane& lane = finding->lanes[filter.finding->lane];
  filter.entities.push_back(
      {{lane.entity.kind, std::string(schema::cut_entity_key(lane.entity.key)), lane.by, lane.on}});
  if (filter.finding->scope) {
    filter.range = finding->scope;
    filter.range_asked += ":" + filter.finding->finding_id;
  }
  filter.finding.reset();
  return filter;
}

Result<ActivityPage> activity(const Warehouse& warehouse, const AccountScope& scope, const EventFilter& asked,
                              std::size_t limit, std::string_view cursor) {
  const std::int64_t now_us = schema::now_us();
  auto filter = resolve_finding(warehouse, scope, asked, now_us);
  if (!filter) return filter.error();
  const std::uint64_t question = question_hash(canonical_text(*filter));
  EventPosition position = end_of(filter->range);
  if (!cursor.empty()) {
    const auto from_cursor = read_cursor(cursor, question, filter->range);
    if (!from_cursor) return from_cursor.error();
    position = *from_cursor;
  }
  return warehouse.database.read(scope, [&](Transaction& tx) -> Result<ActivityPage> {
    EventReader reader(tx, warehouse.hash_key, scope, *filter);
    ActivityPage page;
    page.covered = covered_by(*filter, scope);
    page.total = reader.count();
    auto listing = reader.newest(position, limit);
    page.events = std::move(listing.events);
    if (listing.last) page.next_cursor = write_cursor(question, filter->range, *listing.last);
    complete_views(tx, page.events);
    note_retention(schema::read_retention_rules(tx), *filter, now_us, page.covered);
    note_left_out(listing.left_out, page.covered);
    return page;
  });
}

Result<ActivitySummary> activity_summary(const Warehouse& warehouse, const AccountScope& scope,
                                         const EventFilter& asked) {
  const auto filter = resolve_finding(warehouse, scope, asked, schema::now_us());
  if (!filter) return filter.error();
  return warehouse.database.read(scope, [&](Transaction& tx) -> Result<ActivitySummary> {
    ActivitySummary summary;
    summary.groups = EventReader(tx, warehouse.hash_key, scope, *filter).groups(kSummaryValuesMax);
    std::vector<std::string> ids;
    for (const auto& account : summary.groups.accounts) ids.push_back(account.value);
    summary.account_names = account_names(tx, ids);
    return summary;
  });
}

Result<ActivityVolume> activity_volume(const Warehouse& warehouse, const AccountScope& scope, const EventFilter& asked,
                                       std::size_t buckets_max) {
  const auto filter = resolve_finding(warehouse, scope, asked, schema::now_us());
  if (!filter) return filter.error();
  return warehouse.database.read(scope, [&](Transaction& tx) -> Result<ActivityVolume> {
    ActivityVolume volume;
    volume.range = filter->range;
    volume.bucket_seconds = bucket_seconds(filter->range, buckets_max);
    volume.buckets = EventReader(tx, warehouse.hash_key, scope, *filter).volume(volume.bucket_seconds);
    return volume;
  });
}

Result<ActivityExport> ActivityExport::open(const Warehouse& warehouse, const AccountScope& scope,
                                            const EventFilter& asked) {
  auto filter = resolve_finding(warehouse, scope, asked, schema::now_us());
  if (!filter) return filter.error();
  return ActivityExport(warehouse, scope, std::move(*filter));
}

Result<std::vector<EventView>> ActivityExport::next() {
  if (!position_) return std::vector<EventView>{};
  return warehouse_.database.read(scope_, [&](Transaction& tx) -> Result<std::vector<EventView>> {
    auto listing = EventReader(tx, warehouse_.hash_key, scope_, filter_).newest(*position_, kExportPageEvents);
    complete_views(tx, listing.events);
    position_ = listing.last;
    return std::move(listing.events);
  });
}

Result<std::vector<EventView>> events_by_id(const Warehouse& warehouse, const AccountScope& scope,
                                            const schema::Uuid& event_id, std::size_t limit) {
  return warehouse.database.read(scope, [&](Transaction& tx) -> Result<std::vector<EventView>> {
    std::vector<EventView> views;
    for (auto& stored : find_events(tx, event_id, limit)) views.emplace_back(std::move(stored));
    complete_views(tx, views);
    return views;
  });
}

Result<EventView> event_by_key(const Warehouse& warehouse, const AccountScope& scope, std::string_view key) {
  if (schema::Uuid event_id; schema::parse_uuid(key, event_id)) {
    auto found = events_by_id(warehouse, scope, event_id, 1);
    if (!found) return found.error();
    if (found->empty()) return no_event();
    return std::move(found->front());
  }
  const auto identity = parse_event_key(key);
  if (!identity) return no_event();
  return warehouse.database.read(scope, [&](Transaction& tx) -> Result<EventView> {
    auto stored = find_event(tx, *identity);
    if (!stored) return no_event();
    std::vector<EventView> views{EventView(std::move(*stored))};
    complete_views(tx, views);
    return std::move(views.front());
  });
}

}  // namespace backtrail::query
