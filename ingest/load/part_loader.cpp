#include "ingest/load/part_loader.hpp"

#include <algorithm>
#include <backtrail_ingest_sql.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <span>
#include <spdlog/spdlog.h>
#include <thread>
#include <unordered_map>

#include "ingest/load/binary_array.hpp"
#include "ingest/seal/event_forms.hpp"
#include "ingest/seal/part_writer.hpp"
#include "ingest/seal/planner.hpp"

namespace backtrail::ingest {
namespace {

using schema::SealedEvent;
using seal::Refusal;

constexpr std::chrono::milliseconds kPartLockEvery(10);

// The events of one account and day.
struct Group {
  std::span<Row* const> rows;
  std::vector<Row*> fresh;
  int parts = 0, next_no = 0;  // how many it has, and the number of the next
  bool beside_rows = false, stored = false;

  const EventRow& first() const { return rows.front()->event; }
};

bool same_group(const Row* a, const Row* b) {
  return a->event.event_day == b->event.event_day && a->event.account_id == b->event.account_id;
}

std::vector<Group> groups_of(std::span<Row* const> events) {
  std::vector<Group> groups;
  for (std::size_t begin = 0, end = 0; begin < events.size(); begin = end) {
    while (end < events.size() && same_group(events[begin], events[end])) ++end;
    groups.push_back({events.subspan(begin, end - begin), {}});
  }
  return groups;
}

// What stands beside the new events. Many an account's day has no rows: then events need not be looked up one by one.
void look_around(schema::Transaction& tx, const std::vector<Group*>& groups) {
  BinaryArray day(PgType::kDate), account(PgType::kText);
  for (const Group* group : groups) {
    day.add_day(group->first().event_day);
    account.add_text(group->first().account_id);
  }
  for (const auto& row :
       tx.exec(sql::part_days_with_rows, day.value(), account.value(), day.first_day(), day.last_day()))
    groups[row[0].as<std::size_t>() - 1]->beside_rows = true;
  for (const auto& row : tx.exec(sql::part_next_numbers, day.value(), account.value())) {
    Group& group = *groups[row[0].as<std::size_t>() - 1];
    group.next_no = row[1].as<int>();
    group.parts = row[2].as<int>();
  }
}

// Marks what rows have already. Groups with copies in OCSF are left out: their records take the place of copies, which
// is done with rows.
void settle_rows(schema::Transaction& tx, std::vector<Group*>& groups) {
  BinaryArray day(PgType::kDate), account(PgType::kText), id(PgType::kUuid);
  std::vector<std::pair<Row*, Group*>> asked;
  for (Group* group : groups) {
    if (!group->beside_rows) continue;
    for (Row* row : group->rows) {
      day.add_day(row->event.event_day);
      account.add_text(row->event.account_id);
      id.add_uuid(row->event.event_id);
      asked.emplace_back(row, group);
    }
  }
  if (asked.empty()) return;
  std::set<const Group*> with_copies;
  for (const auto& found :
       tx.exec(sql::part_forms_of_rows, day.value(), account.value(), id.value(), day.first_day(), day.last_day())) {
    const auto& [row, group] = asked[found[0].as<std::size_t>() - 1];
    schema::Uuid content_fp;
    schema::parse_uuid({found[1].c_str(), found[1].size()}, content_fp);
    if (content_fp == schema::kOcsfFingerprint) with_copies.insert(group);
    if (content_fp == row->event.content_fp) row->outcome = RowOutcome::kDuplicate;
  }
  std::erase_if(groups, [&](const Group* group) { return with_copies.contains(group); });
}

// What is new, each content once.
void choose_fresh(Group& group) {
  const Row* before = nullptr;
  for (Row* row : group.rows) {
    const bool again = before != nullptr && before->event.event_id == row->event.event_id &&
                       before->event.content_fp == row->event.content_fp;
    before = row;
    if (again) row->outcome = RowOutcome::kDuplicate;
    if (row->outcome != RowOutcome::kDuplicate) group.fresh.push_back(row);
  }
}

// Two entities of a part with one hash would be one to its readers.
void refuse_collisions(std::span<Row* const> rows) {
  std::unordered_map<std::int64_t, std::int64_t> checks;
  for (const Row* row : rows)
    for (const auto& [hash, check] : row->event.checks)
      if (checks.try_emplace(hash, check).first->second != check)
        throw Refusal{row->event.account_id, "two entities have one hash"};
}

struct BuiltPart {
  schema::EncodedPart part;
  std::vector<std::int64_t> entities;
};

// Throws Refusal.
BuiltPart build_part(std::span<Row* const> rows) {
  const EventRow& first = rows.front()->event;
  refuse_collisions(rows);
  std::vector<SealedEvent> events;
  events.reserve(rows.size());
  for (const Row* row : rows) {
    events.push_back(seal::sealed_event(row->event));
    const auto& mentions = events.back().mentions;
    if (std::binary_search(mentions.begin(), mentions.end(), schema::kAllEvents))
      throw Refusal{first.account_id, "an event names what no entity is"};
  }
  BuiltPart built{schema::encode_part(events, first.event_day), seal::entities_of(events)};
  const auto back = schema::decode_part(built.part, first.event_day);
  if (!back || *back != events) throw Refusal{first.account_id, "a part is not what it was made of"};
  return built;
}

// The order of a part's events (schema/block_format). Keys are sorted, not rows: each look at a row is a cache miss.
void sort_for_part(std::vector<Row*>& rows) {
  struct Key {
    schema::EventClass event_class;
    std::int64_t principal_hash, event_time_us;
    Row* row;
  };
  std::vector<Key> keys;
  keys.reserve(rows.size());
  for (Row* row : rows)
    keys.push_back({row->event.event_class, row->event.principal_hash, row->event.event_time_us, row});
  std::sort(keys.begin(), keys.end(), [](const Key& a, const Key& b) {
    return std::tie(a.event_class, a.principal_hash, a.event_time_us, a.row->event.event_id, a.row->event.content_fp) <
           std::tie(b.event_class, b.principal_hash, b.event_time_us, b.row->event.event_id, b.row->event.content_fp);
  });
  std::transform(keys.begin(), keys.end(), rows.begin(), [](const Key& key) { return key.row; });
}

// One part for each class, or more when it would be too large. Throws Refusal.
std::vector<BuiltPart> build_parts(std::vector<Row*> rows) {
  sort_for_part(rows);
  std::vector<BuiltPart> built;
  const std::span<Row* const> all = rows;
  for (std::size_t begin = 0, end = 0; begin < all.size(); begin = end) {
    std::size_t bytes = 0;
    while (end < all.size() && end - begin < schema::kPartEventsMax && bytes < schema::kPartRawBytesMax &&
           all[end]->event.event_class == all[begin]->event.event_class)
      bytes += all[end++]->event.raw.size();
    built.push_back(build_part(all.subspan(begin, end - begin)));
  }
  return built;
}

// Later events of the transaction, and these themselves, must know of ids with several contents.
void note_forms(const Group& group, SealedForms& sealed) {
  for (std::size_t i = 0; i + 1 < group.fresh.size(); ++i) {
    if (group.fresh[i]->event.event_id != group.fresh[i + 1]->event.event_id) continue;
    auto& forms = sealed[name_of(group.fresh[i]->event)];
    for (const Row* row : {group.fresh[i], group.fresh[i + 1]})
      if (std::none_of(forms.begin(), forms.end(),
                       [&](const SealedForm& form) { return form.content_fp == row->event.content_fp; }))
        forms.push_back({row->event.content_fp, row->event.event_time_us, row->event.service, row->event.api});
  }
}

using Directories = std::map<std::int32_t, std::vector<schema::DirectoryEntry>>;  // of days

void write_directories(schema::Transaction& tx, const Directories& directories) {
  for (const auto& [day, entries] : directories) {
    BinaryArray slot(PgType::kInt4), bytes(PgType::kBytea);
    for (const auto& row : schema::encode_directory(entries)) {
      slot.add_int4(row.slot);
      bytes.add_text(row.bytes);
    }
    tx.exec(sql::part_directory_insert, schema::format_day(day), slot.value(), bytes.value());
  }
}

bool store(Group& group, seal::PartWriter& writer, Directories& directories) {
  choose_fresh(group);
  if (!group.fresh.empty() && group.fresh.size() < loaded_part_events_min(group.parts, group.beside_rows)) return false;
  const EventRow& first = group.first();
  try {
    for (const auto& [part, entities] : build_parts(group.fresh)) {
      writer.add(seal::head_of({first.event_day, first.account_id, group.next_no++}, part), part);
      for (const std::int64_t hash : entities)
        directories[first.event_day].push_back({hash, schema::account_number(first.account_id)});
    }
  } catch (const Refusal& refusal) {
    spdlog::info("events of account {} on {} are stored as rows: {}", refusal.account_id,
                 schema::format_day(first.event_day), refusal.why);
    return false;
  }
  for (Row* row : group.fresh) row->outcome = RowOutcome::kNew;
  return true;
}

}  // namespace

std::size_t loaded_part_events_min(int parts, bool beside_rows) {
  const int others = beside_rows ? parts + 1 : std::max(0, parts - kFreeParts + 1);
  return static_cast<std::size_t>(others) * kPartEventsEach;
}

DayAccounts part_days(const std::vector<Row*>& events) {
  DayAccounts days;
  for (const Group& group : groups_of(events)) {
    const bool fit = std::all_of(group.rows.begin(), group.rows.end(), [](const Row* row) {
      return row->event.for_part && (row->event.flags & schema::kFlagOcsf) == 0;
    });
    if (fit) days.emplace(group.first().event_day, group.first().account_id);
  }
  return days;
}

bool lock_part_day(schema::Transaction& tx, std::int32_t day, std::int64_t now_us) {
  const bool young = day >= seal::first_young_day(now_us);
  const std::chrono::milliseconds wait(young ? kYoungPartLockWaitMs : kPartLockWaitMs);
  const auto give_up = std::chrono::steady_clock::now() + wait;
  while (!tx.exec(sql::part_lock_day, day)[0][0].as<bool>()) {
    if (std::chrono::steady_clock::now() >= give_up) return false;
    std::this_thread::sleep_for(kPartLockEvery);
  }
  return true;
}

LoadedParts load_parts(schema::Transaction& tx, const DayAccounts& days, std::vector<Row*>& events, SealedForms& sealed,
                       std::int64_t now_us) {
  LoadedParts loaded;
  if (days.empty()) return loaded;
  auto groups = groups_of(events);
  std::vector<Group*> chosen;
  for (Group& group : groups)
    if (days.contains({group.first().event_day, group.first().account_id})) chosen.push_back(&group);
  if (chosen.empty()) return loaded;
  look_around(tx, chosen);
  settle_rows(tx, chosen);
  const std::function<void(std::string_view)> nothing_before;
  seal::SealStatements statements(tx, nothing_before);
  seal::PartWriter writer(statements, now_us);
  Directories directories;
  for (Group* group : chosen) {
    group->stored = store(*group, writer, directories);
    if (!group->stored) continue;
    note_forms(*group, sealed);
    auto& where = group->beside_rows ? loaded.beside_rows : loaded.alone;
    where.insert(where.end(), group->fresh.begin(), group->fresh.end());
  }
  writer.flush();
  write_directories(tx, directories);
  std::vector<Row*> rest;
  for (const Group& group : groups)
    if (!group.stored) rest.insert(rest.end(), group.rows.begin(), group.rows.end());
  events = std::move(rest);
  return loaded;
}

}  // namespace backtrail::ingest
