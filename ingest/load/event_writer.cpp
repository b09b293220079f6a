#include "ingest/load/event_writer.hpp"

#include <algorithm>
#include <backtrail_ingest_sql.hpp>
#include <map>
#include <set>
#include <unordered_map>

#include "ingest/load/binary_array.hpp"
#include "ingest/load/part_loader.hpp"
#include "ingest/load/sealed_probe.hpp"
#include "schema/block_format/raw_codec.hpp"

namespace backtrail::ingest {
namespace {

struct EventKey {
  schema::Uuid event_id, content_fp;
  bool operator==(const EventKey&) const = default;
};
struct EventKeyHash {
  std::size_t operator()(const EventKey& key) const {
    return std::hash<schema::Uuid>{}(key.event_id) ^ (std::hash<schema::Uuid>{}(key.content_fp) << 1);
  }
};

EventKey key_of(const EventRow& event) {
  return {event.event_id, event.content_fp};
}

void add_hash(BinaryArray& column, std::int64_t hash) {
  if (hash == 0)
    column.add_null();
  else
    column.add_int8(hash);
}

// The columns of event_insert.sql.
struct EventColumns {
  BinaryArray event_time{PgType::kTimestamptz}, received_at{PgType::kTimestamptz}, principal{PgType::kInt8},
      session{PgType::kInt8}, access_key{PgType::kInt8}, instance{PgType::kInt8}, ip_address{PgType::kInt8},
      user_agent{PgType::kInt8}, day{PgType::kDate}, flags{PgType::kInt4}, id{PgType::kUuid}, fp{PgType::kUuid},
      event_class{PgType::kInt2}, outcome{PgType::kInt2}, read_only{PgType::kBool}, account{PgType::kText},
      region{PgType::kText}, service{PgType::kText}, api{PgType::kText}, error{PgType::kText}, raw{PgType::kBytea};
  std::string packed;

  void add(const EventRow& row) {
    event_time.add_time(row.event_time_us);
    received_at.add_time(row.received_us);
    add_hash(principal, row.principal_hash);
    add_hash(session, row.session_hash);
    add_hash(access_key, row.access_key_hash);
    add_hash(instance, row.instance_hash);
    add_hash(ip_address, row.ip_address_hash);
    add_hash(user_agent, row.user_agent_hash);
    day.add_day(row.event_day);
    flags.add_int4(row.flags);
    id.add_uuid(row.event_id);
    fp.add_uuid(row.content_fp);
    event_class.add_int2(static_cast<std::int16_t>(row.event_class));
    outcome.add_int2(static_cast<std::int16_t>(row.outcome));
    if (row.read_only < 0)
      read_only.add_null();
    else
      read_only.add_bool(row.read_only == 1);
    account.add_text(row.account_id);
    region.add_text(row.region);
    service.add_text(row.service);
    api.add_text(row.api);
    if (row.error_code.empty())
      error.add_null();
    else
      error.add_text(row.error_code);
    if (!row.for_part) return raw.add_text(row.raw);
    packed.clear();
    schema::append_encoded_raw(row.raw, packed);
    raw.add_text(packed);
  }

  pqxx::result insert(schema::Transaction& tx) {
    return tx.exec(sql::event_insert, event_time.value(), received_at.value(), principal.value(), session.value(),
                   access_key.value(), instance.value(), ip_address.value(), user_agent.value(), day.value(),
                   flags.value(), id.value(), fp.value(), event_class.value(), outcome.value(), read_only.value(),
                   account.value(), region.value(), service.value(), api.value(), error.value(), raw.value());
  }
};

bool is_copy(const EventRow& event) {
  return (event.flags & schema::kFlagOcsf) != 0 && !event.variant;
}

// Every day's lock, in order, so that two writers never wait for each other in a circle. A day with copies is held
// alone: a copy and its record that are stored at the same time would not see each other. So is a day for parts; one
// that is not to be had soon leaves `parts`. Returns the days that retention is removing just now.
std::set<std::int32_t> lock_days(schema::Transaction& tx, const std::vector<Row*>& events, DayAccounts& parts,
                                 std::int64_t now_us) {
  std::map<std::int32_t, bool> days;
  for (const Row* row : events) days[row->event.event_day] |= is_copy(row->event);
  std::set<std::int32_t> for_parts, closed;
  for (const auto& part : parts) for_parts.insert(part.first);
  for (const auto& [day, alone] : days) {
    if (for_parts.contains(day) && !lock_part_day(tx, day, now_us))
      std::erase_if(parts, [taken = day](const auto& part) { return part.first == taken; });
    if (!tx.exec(alone ? sql::event_lock_day_alone : sql::event_lock_day, day)[0]["open"].as<bool>())
      closed.insert(day);
  }
  return closed;
}

// A day that is archived and dropped takes nothing more: what comes for it is as old as what goes.
void refuse_closed(const std::set<std::int32_t>& closed, std::vector<Row*>& events) {
  if (closed.empty()) return;
  std::erase_if(events, [&](Row* row) {
    if (!closed.contains(row->event.event_day)) return false;
    row->quarantine(reason::kTooOld, "the day is being removed");
    return true;
  });
}

// Inserts rows and marks them as new or duplicate by the keys that come back; gives the new ones.
std::vector<Row*> insert_rows(schema::Transaction& tx, const std::vector<Row*>& events) {
  std::unordered_map<EventKey, int, EventKeyHash> fresh;
  // A gathered batch may be larger than what one statement should take.
  for (std::size_t at = 0; at < events.size();) {
    EventColumns columns;
    for (const std::size_t end = std::min(events.size(), at + kBatchMaxRows); at < end; ++at)
      columns.add(events[at]->event);
    for (const auto& row : columns.insert(tx)) {
      EventKey key;
      schema::parse_uuid({row[0].c_str(), row[0].size()}, key.event_id);
      schema::parse_uuid({row[1].c_str(), row[1].size()}, key.content_fp);
      ++fresh[key];
    }
  }
  std::vector<Row*> written;
  written.reserve(fresh.size());
  for (Row* row : events) {
    const auto found = fresh.find(key_of(row->event));
    if (found == fresh.end() || found->second == 0) {
      row->outcome = RowOutcome::kDuplicate;
      continue;
    }
    --found->second;
    row->outcome = RowOutcome::kNew;
    written.push_back(row);
  }
  return written;
}

void write_mentions(schema::Transaction& tx, const std::vector<const EventRow*>& written) {
  struct Mention {
    std::int64_t hash;
    const EventRow* event;
  };
  std::vector<Mention> mentions;
  for (const EventRow* event : written)
    for (const std::int64_t hash : event->mentions) mentions.push_back({hash, event});
  if (mentions.empty()) return;
  std::sort(mentions.begin(), mentions.end(), [](const Mention& a, const Mention& b) {
    return std::tie(a.hash, a.event->event_time_us, a.event->event_id) <
           std::tie(b.hash, b.event->event_time_us, b.event->event_id);
  });
  BinaryArray hash(PgType::kInt8), time(PgType::kTimestamptz), day(PgType::kDate), id(PgType::kUuid), fp(PgType::kUuid),
      account(PgType::kText);
  for (const Mention& mention : mentions) {
    hash.add_int8(mention.hash);
    time.add_time(mention.event->event_time_us);
    day.add_day(mention.event->event_day);
    id.add_uuid(mention.event->event_id);
    fp.add_uuid(mention.event->content_fp);
    account.add_text(mention.event->account_id);
  }
  tx.exec(sql::event_mention_insert, hash.value(), time.value(), day.value(), id.value(), fp.value(), account.value());
}

// What a copy and its record must agree on to be taken for the same event.
struct EventFacts {
  std::int64_t second;
  std::string service, api;
  bool operator==(const EventFacts&) const = default;
};
EventFacts facts_of(const EventRow& event) {
  return {event.event_time_us / schema::kMicrosPerSecond, event.service, event.api};
}
using KnownForms = std::map<EventName, std::vector<EventFacts>>;

KnownForms stored_forms(schema::Transaction& tx, const std::vector<Row*>& copies) {
  BinaryArray day(PgType::kDate), account(PgType::kText), id(PgType::kUuid);
  for (const Row* row : copies) {
    day.add_day(row->event.event_day);
    account.add_text(row->event.account_id);
    id.add_uuid(row->event.event_id);
  }
  KnownForms known;
  for (const auto& found :
       tx.exec(sql::event_form_find, day.value(), account.value(), id.value(), day.first_day(), day.last_day())) {
    const EventRow& event = copies[found["ordinal"].as<std::size_t>() - 1]->event;
    known[name_of(event)].push_back(
        {found["second"].as<std::int64_t>(), found["service"].c_str(), found["api"].c_str()});
  }
  return known;
}

// Copies in OCSF of what is stored, or comes in the same batch, are duplicates and are not written: the record says
// more. One that contradicts all that is known of its id is no copy: it is kept as a variant, by its own fingerprint.
void settle_copies(schema::Transaction& tx, const SealedForms& sealed, std::vector<Row*>& events) {
  std::vector<Row*> copies;
  for (Row* row : events)
    if (is_copy(row->event)) copies.push_back(row);
  if (copies.empty()) return;
  KnownForms known = stored_forms(tx, copies);
  for (const auto& [name, forms] : sealed)
    for (const auto& form : forms)
      known[name].push_back({form.event_time_us / schema::kMicrosPerSecond, form.service, form.api});
  for (const Row* row : events)
    if (!is_copy(row->event)) known[name_of(row->event)].push_back(facts_of(row->event));
  for (Row* row : copies) {
    auto& forms = known[name_of(row->event)];
    const EventFacts facts = facts_of(row->event);
    if (std::find(forms.begin(), forms.end(), facts) != forms.end())
      row->outcome = RowOutcome::kDuplicate;
    else if (!forms.empty())
      row->event.content_fp = row->event.value_fp;
    forms.push_back(facts);
  }
  std::erase_if(events, [](const Row* row) { return row->outcome == RowOutcome::kDuplicate; });
}

// Events that a part has are duplicates.
void settle_sealed(const SealedForms& sealed, std::vector<Row*>& events) {
  if (sealed.empty()) return;
  std::erase_if(events, [&](Row* row) {
    const auto found = sealed.find(name_of(row->event));
    const bool known = found != sealed.end() &&
                       std::any_of(found->second.begin(), found->second.end(),
                                   [&](const auto& form) { return form.content_fp == row->event.content_fp; });
    if (known) row->outcome = RowOutcome::kDuplicate;
    return known;
  });
}

// New events, in rows and parts. Of the first `beside_rows`, rows may have other contents.
struct Written {
  std::vector<Row*> rows;
  std::size_t beside_rows = 0;
};

// Another content of the event id of a row.
struct OtherForm {
  std::size_t row;  // in what was written
  schema::Uuid content_fp;
};

// Of the new rows with one event id, the first is new unless the id was stored before; the others are variants.
void mark_variants(const Written& written, const std::vector<OtherForm>& found) {
  std::map<EventName, std::vector<std::pair<Row*, bool>>> by_id;  // row, has another that was stored before
  std::unordered_map<EventKey, bool, EventKeyHash> in_batch;
  for (const Row* row : written.rows) in_batch[key_of(row->event)] = true;
  for (const auto& hit : found) {
    Row* row = written.rows[hit.row];
    const EventKey other{row->event.event_id, hit.content_fp};
    by_id[name_of(row->event)].emplace_back(row, !in_batch.contains(other));
  }
  for (auto& [id, hits] : by_id) {
    const bool stored_before = std::any_of(hits.begin(), hits.end(), [](const auto& hit) { return hit.second; });
    Row* first = stored_before ? nullptr : hits.front().first;
    for (auto& [row, before] : hits)
      if (row != first) row->outcome = RowOutcome::kVariant;
  }
}

std::vector<OtherForm> other_forms(schema::Transaction& tx, const Written& written, const SealedForms& sealed) {
  std::vector<OtherForm> forms;
  if (written.beside_rows > 0) {
    BinaryArray day(PgType::kDate), account(PgType::kText), id(PgType::kUuid), fp(PgType::kUuid);
    for (std::size_t i = 0; i < written.beside_rows; ++i) {
      const EventRow& event = written.rows[i]->event;
      day.add_day(event.event_day);
      account.add_text(event.account_id);
      id.add_uuid(event.event_id);
      fp.add_uuid(event.content_fp);
    }
    for (const auto& hit : tx.exec(sql::event_variant_find, day.value(), account.value(), id.value(), fp.value(),
                                   day.first_day(), day.last_day())) {
      OtherForm form{hit[0].as<std::size_t>() - 1, {}};
      schema::parse_uuid({hit[1].c_str(), hit[1].size()}, form.content_fp);
      forms.push_back(form);
    }
  }
  for (std::size_t i = 0; !sealed.empty() && i < written.rows.size(); ++i)
    if (const auto found = sealed.find(name_of(written.rows[i]->event)); found != sealed.end())
      for (const auto& form : found->second)
        if (form.content_fp != written.rows[i]->event.content_fp) forms.push_back({i, form.content_fp});
  return forms;
}

// Copies of new events go, now that the records are stored; they are never sealed. True when there were any.
bool supersede_copies(schema::Transaction& tx, const Written& written, const std::vector<OtherForm>& found) {
  std::map<std::int32_t, std::pair<BinaryArray, BinaryArray>> copies;  // accounts, ids
  for (const auto& hit : found) {
    if (hit.content_fp != schema::kOcsfFingerprint) continue;
    const EventRow& event = written.rows[hit.row]->event;
    auto& [account, id] =
        copies.try_emplace(event.event_day, BinaryArray(PgType::kText), BinaryArray(PgType::kUuid)).first->second;
    account.add_text(event.account_id);
    id.add_uuid(event.event_id);
  }
  if (copies.empty()) return false;
  std::set<EventName> gone;
  for (auto& [day, keys] : copies)
    for (const auto& row :
         tx.exec(sql::event_supersede, schema::format_day(day), keys.first.value(), keys.second.value())) {
      schema::Uuid id;
      schema::parse_uuid({row[1].c_str(), row[1].size()}, id);
      gone.emplace(day, row[0].c_str(), id);
    }
  for (Row* row : written.rows)
    if (gone.contains(name_of(row->event))) row->outcome = RowOutcome::kUpdated;
  return true;
}

void find_variants(schema::Transaction& tx, const Written& written, const SealedForms& sealed, std::int64_t now_us) {
  auto found = other_forms(tx, written, sealed);
  if (supersede_copies(tx, written, found)) found = other_forms(tx, written, sealed);
  if (found.empty()) return;
  mark_variants(written, found);
  BinaryArray accounts(PgType::kText), kinds(PgType::kText), subjects(PgType::kText), details(PgType::kText);
  std::set<std::string> raised;
  for (const Row* row : written.rows) {
    if (row->outcome != RowOutcome::kVariant) continue;
    const std::string subject = schema::format_day(row->event.event_day) + "/" + to_string(row->event.event_id);
    if (!raised.insert(row->event.account_id + subject).second) continue;
    accounts.add_text(row->event.account_id);
    kinds.add_text("event_variant");
    subjects.add_text(subject);
    details.add_text("the same event id arrived with different content");
  }
  tx.exec(sql::alert_insert, accounts.value(), kinds.value(), subjects.value(), details.value(),
          schema::format_rfc3339(now_us));
}

// As rows, and as parts what may become parts.
Written store_new(schema::Transaction& tx, const DayAccounts& parts, std::vector<Row*>& events, SealedForms& sealed,
                  std::int64_t now_us) {
  LoadedParts loaded = load_parts(tx, parts, events, sealed, now_us);
  Written written;
  if (!events.empty()) {
    written.rows = insert_rows(tx, events);
    std::vector<const EventRow*> fresh;
    fresh.reserve(written.rows.size());
    for (const Row* row : written.rows) fresh.push_back(&row->event);
    write_mentions(tx, fresh);
  }
  written.rows.insert(written.rows.end(), loaded.beside_rows.begin(), loaded.beside_rows.end());
  written.beside_rows = written.rows.size();
  written.rows.insert(written.rows.end(), loaded.alone.begin(), loaded.alone.end());
  return written;
}

// In the order of the unique index: two batches with the same events wait for each other instead of deadlocking. Keys
// are sorted, not rows: of a large batch, each look at a row is a cache miss.
void sort_by_key(std::vector<Row*>& events) {
  struct Key {
    std::int32_t day;
    std::string_view account_id;
    schema::Uuid event_id;
    Row* row;
  };
  std::vector<Key> keys;
  keys.reserve(events.size());
  // Of one account's ids, one is enough to point to.
  std::string_view account_id;
  for (Row* row : events) {
    if (account_id != row->event.account_id) account_id = row->event.account_id;
    keys.push_back({row->event.event_day, account_id, row->event.event_id, row});
  }
  std::sort(keys.begin(), keys.end(), [](const Key& a, const Key& b) {
    return std::tie(a.day, a.account_id, a.event_id, a.row->event.content_fp) <
           std::tie(b.day, b.account_id, b.event_id, b.row->event.content_fp);
  });
  std::transform(keys.begin(), keys.end(), events.begin(), [](const Key& key) { return key.row; });
}

}  // namespace

void write_events(schema::Transaction& tx, std::span<Row> rows, std::int64_t now_us, bool gathered) {
  std::vector<Row*> events;
  for (Row& row : rows)
    if (row.kind == Row::Kind::kEvent) events.push_back(&row);
  if (events.empty()) return;
  // A transaction that is tried again begins anew.
  for (Row* row : events) {
    row->outcome = RowOutcome::kPending;
    if (is_copy(row->event)) row->event.content_fp = schema::kOcsfFingerprint;
  }
  sort_by_key(events);
  DayAccounts parts;
  if (gathered) parts = part_days(events);
  refuse_closed(lock_days(tx, events, parts, now_us), events);
  SealedForms sealed = find_sealed_forms(tx, events);
  settle_copies(tx, sealed, events);
  settle_sealed(sealed, events);
  if (events.empty()) return;
  find_variants(tx, store_new(tx, parts, events, sealed, now_us), sealed, now_us);
}

std::size_t restore_events(schema::Transaction& tx, std::span<const EventRow> events) {
  EventColumns columns;
  std::vector<const EventRow*> written;
  for (const EventRow& event : events) {
    columns.add(event);
    written.push_back(&event);
  }
  const auto inserted = static_cast<std::size_t>(columns.insert(tx).size());
  write_mentions(tx, written);
  return inserted;
}

void write_names(schema::Transaction& tx, const std::vector<EntityName>& names) {
  if (names.empty()) return;
  // One row per entity, in the order of the primary key.
  std::map<std::tuple<std::string_view, schema::EntityKind, std::int64_t>, const EntityName*> unique;
  for (const EntityName& name : names) {
    auto& slot = unique[{name.account_id, name.kind, name.hash}];
    if (slot == nullptr || slot->name < name.name) slot = &name;
  }
  BinaryArray account(PgType::kText), kind(PgType::kInt2), hash(PgType::kInt8), key(PgType::kText), text(PgType::kText);
  for (const auto& [id, name] : unique) {
    account.add_text(name->account_id);
    kind.add_int2(static_cast<std::int16_t>(name->kind));
    hash.add_int8(name->hash);
    key.add_text(name->key);
    text.add_text(name->name);
  }
  tx.exec(sql::entity_name_insert, account.value(), kind.value(), hash.value(), key.value(), text.value());
}

void write_accounts(schema::Transaction& tx, const std::vector<std::string>& accounts, std::int64_t now_us) {
  if (accounts.empty()) return;
  const std::set<std::string> unique(accounts.begin(), accounts.end());
  BinaryArray ids(PgType::kText);
  for (const auto& id : unique) ids.add_text(id);
  tx.exec(sql::account_seen_insert, ids.value(), schema::format_rfc3339(now_us));
}

}  // namespace backtrail::ingest
