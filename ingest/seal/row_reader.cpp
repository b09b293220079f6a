#include "ingest/seal/row_reader.hpp"

#include <algorithm>
#include <backtrail_ingest_sql.hpp>
#include <fmt/format.h>
#include <optional>

#include "ingest/load/binary_array.hpp"
#include "schema/block_format/part_codec.hpp"
#include "schema/block_format/raw_codec.hpp"
#include "schema/pg/row_as.hpp"
#include "schema/record/cloudtrail_record.hpp"

namespace backtrail::ingest::seal {
namespace {

using schema::SealedEvent;
using schema::Uuid;

constexpr std::size_t kRowsAtATime = 2'000;

Uuid uuid_of(const pqxx::field& field) {
  Uuid id;
  if (!schema::parse_uuid({field.c_str(), field.size()}, id)) throw std::runtime_error("not a uuid column");
  return id;
}

std::string text_of(const pqxx::field& field) {
  return std::string(field.c_str(), field.size());
}

std::int64_t number_or_0(const pqxx::field& field) {
  return field.is_null() ? 0 : field.as<std::int64_t>();
}

// A row of seal_rows.sql, by the place of its columns: names would cost a search each.
SealedEvent read_event(const pqxx::row& row, const std::string& account_id) {
  SealedEvent event;
  pqxx::row::size_type at = 0;
  event.event_time_us = schema::time_from_pg(row[at++].c_str());
  event.received_us = schema::time_from_pg(row[at++].c_str());
  for (auto& hash : event.by) hash = number_or_0(row[at++]);
  event.flags = row[at++].as<std::int32_t>();
  event.event_id = uuid_of(row[at++]);
  event.content_fp = uuid_of(row[at++]);
  const int event_class = row[at++].as<int>(), outcome = row[at++].as<int>();
  const pqxx::field read_only = row[at++];
  if (!read_only.is_null()) event.read_only = read_only.as<bool>() ? 1 : 0;
  event.region = text_of(row[at++]);
  event.service = text_of(row[at++]);
  event.api = text_of(row[at++]);
  event.error_code = text_of(row[at++]);
  const pqxx::binarystring stored(row[at++]);
  auto raw = schema::decode_raw({reinterpret_cast<const char*>(stored.data()), stored.size()});
  if (!raw) throw Refusal{account_id, "the record of event " + to_string(event.event_id) + " is damaged"};
  event.raw = std::move(*raw);
  if (event_class < 0 || event_class > UINT8_MAX || outcome < 1 || outcome > 3)
    throw Refusal{account_id, "event " + to_string(event.event_id) + " has values that no event has"};
  event.event_class = static_cast<schema::EventClass>(event_class);
  event.outcome = static_cast<schema::Outcome>(outcome);
  return event;
}

bool one_part(const RowKey& a, const RowKey& b) {
  return a.account_id == b.account_id && a.event_class == b.event_class;
}

}  // namespace

RowReader::RowReader(SealStatements& statements, std::int32_t day, const std::vector<std::string>& accounts)
    : statements_(statements), day_(day) {
  const std::string day_text = schema::format_day(day), ids = schema::array_literal(accounts),
                    copies = to_string(schema::kOcsfFingerprint);
  const auto rows = statements_.exec(sql::seal_keys, day_text, ids, copies);
  keys_.reserve(static_cast<std::size_t>(rows.size()));
  for (const auto& row : rows)
    keys_.push_back({text_of(row[0]), static_cast<schema::EventClass>(row[1].as<int>()), row[2].as<std::int64_t>(),
                     schema::time_from_pg(row[3].c_str()), uuid_of(row[4]), uuid_of(row[5])});
  std::sort(keys_.begin(), keys_.end());
  for (const auto& row : statements_.exec(sql::seal_mentions, day_text, ids, copies)) {
    named_[{text_of(row[0]), uuid_of(row[1]), uuid_of(row[2])}].push_back(row[3].as<std::int64_t>());
    ++mentions_;
  }
}

void RowReader::read_more(std::size_t end, std::vector<SealedEvent>& events) {
  BinaryArray account(PgType::kText), id(PgType::kUuid), fp(PgType::kUuid);
  for (std::size_t i = next_; i < end; ++i) {
    account.add_text(keys_[i].account_id);
    id.add_uuid(keys_[i].event_id);
    fp.add_uuid(keys_[i].content_fp);
  }
  const auto rows = statements_.exec(sql::seal_rows, schema::format_day(day_), account.value(), id.value(), fp.value());
  if (static_cast<std::size_t>(rows.size()) != end - next_)
    throw schema::ErrorException(schema::fail(schema::Code::kDatabase, "events went while they were being sealed"));
  for (const auto& row : rows) {
    SealedEvent event = read_event(row, account_id_);
    if (const auto named = named_.find({account_id_, event.event_id, event.content_fp}); named != named_.end()) {
      event.mentions = named->second;
      std::sort(event.mentions.begin(), event.mentions.end());
      event.mentions.erase(std::unique(event.mentions.begin(), event.mentions.end()), event.mentions.end());
      if (std::binary_search(event.mentions.begin(), event.mentions.end(), schema::kAllEvents))
        throw Refusal{account_id_, "event " + to_string(event.event_id) + " names what no entity is"};
    }
    events.push_back(std::move(event));
  }
  next_ = end;
}

std::vector<SealedEvent> RowReader::next_part() {
  std::vector<SealedEvent> events;
  if (next_ == keys_.size()) return events;
  const RowKey first = keys_[next_];
  account_id_ = first.account_id;
  std::size_t end = next_;
  while (end < keys_.size() && end - next_ < schema::kPartEventsMax && one_part(keys_[end], first)) ++end;
  std::size_t bytes = 0, counted = 0;
  while (next_ < end) {
    read_more(std::min(end, next_ + kRowsAtATime), events);
    while (counted < events.size()) bytes += events[counted++].raw.size();
    if (bytes >= schema::kPartRawBytesMax) break;
  }
  return events;
}

void refuse_collisions(const std::string& account_id, const std::vector<SealedEvent>& events,
                       const schema::HashKey& key) {
  using Entity = std::pair<schema::EntityKind, std::string>;
  std::unordered_map<std::int64_t, Entity> entities;
  const auto add = [&](std::int64_t hash, const schema::Entity& entity) {
    const auto text = schema::cut_entity_key(entity.key);
    const auto [found, fresh] = entities.try_emplace(hash, entity.kind, text);
    if (!fresh && (found->second.first != entity.kind || found->second.second != text))
      throw Refusal{account_id, "two entities have one hash"};
  };
  schema::JsonParser parser;
  std::string padded;
  for (const auto& event : events) {
    padded = event.raw;
    padded.reserve(padded.size() + schema::kJsonPaddingBytes);
    const auto root = parser.parse(padded);
    if (!root) continue;
    // What an older program read otherwise is checked when it is shown.
    const auto record = schema::read_cloudtrail_record(**root, padded, {});
    if (!record) continue;
    const std::array<const std::optional<schema::Entity>*, schema::kByColumns> by{
        &record->principal, &record->session,    &record->access_key,
        &record->instance,  &record->ip_address, &record->user_agent};
    for (std::size_t column = 0; column < by.size(); ++column)
      if (event.by[column] != 0 && *by[column]) add(event.by[column], **by[column]);
    for (const auto& mention : record->mentions) {
      const std::int64_t hash = schema::entity_hash(key, mention.kind, mention.key);
      if (std::binary_search(event.mentions.begin(), event.mentions.end(), hash)) add(hash, mention);
    }
  }
}

}  // namespace backtrail::ingest::seal
