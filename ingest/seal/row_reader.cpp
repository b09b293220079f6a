#include "ingest/seal/row_reader.hpp"

#include <algorithm>
#include <array>
#include <backtrail_ingest_sql.hpp>
#include <unordered_map>

#include "schema/block_format/part_codec.hpp"
#include "schema/block_format/raw_codec.hpp"
#include "schema/core/time.hpp"
#include "schema/pg/hex_bytes.hpp"
#include "schema/record/cloudtrail_record.hpp"

namespace backtrail::ingest::seal {
namespace {

using schema::SealedEvent;
using schema::Uuid;

// The rows of one FETCH: some megabytes.
constexpr int kRowsAtATime = 2'000;
constexpr const char* kFetch = "FETCH FORWARD 2000 FROM sealed_rows";
static_assert(std::string_view(kFetch).find("2000") != std::string_view::npos && kRowsAtATime == 2'000);

// The fields of a record in binary form (PostgreSQL source, record_send): how many, then of each its type, size (-1 for
// NULL) and bytes; big-endian.
class RecordFields {
 public:
  explicit RecordFields(std::string_view bytes) : rest_(bytes) { (void)integer<std::uint32_t>(take(4)); }

  // NULL is empty.
  std::string_view next() {
    (void)take(4);
    const auto size = integer<std::int32_t>(take(4));
    null_ = size < 0;
    return null_ ? std::string_view() : take(static_cast<std::size_t>(size));
  }
  bool was_null() const { return null_; }

  std::string text() { return std::string(next()); }
  template <class T>
  T number() {
    return integer<T>(next());
  }
  std::int64_t time_us() { return number<std::int64_t>() + schema::kPostgresEpochUs; }
  Uuid uuid() {
    Uuid id;
    const auto bytes = next();
    if (bytes.size() != id.bytes.size()) throw std::runtime_error("not a uuid column");
    std::copy(bytes.begin(), bytes.end(), id.bytes.begin());
    return id;
  }
  template <class T>
  static T integer(std::string_view bytes) {
    if (bytes.empty()) return 0;
    if (bytes.size() != sizeof(T)) throw std::runtime_error("not a number of that size");
    std::make_unsigned_t<T> value = 0;
    for (const char byte : bytes)
      value = static_cast<std::make_unsigned_t<T>>(std::uint64_t{value} << 8 | static_cast<unsigned char>(byte));
    return static_cast<T>(value);
  }

 private:
  std::string_view take(std::size_t size) {
    if (size > rest_.size()) throw std::runtime_error("a record is shorter than it says");
    const auto taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  std::string_view rest_;
  bool null_ = false;
};

void read_mentions(const std::string& account_id, std::string_view hashes, SealedEvent& event) {
  for (; !hashes.empty(); hashes.remove_prefix(8))
    event.mentions.push_back(RecordFields::integer<std::int64_t>(hashes.substr(0, 8)));
  std::sort(event.mentions.begin(), event.mentions.end());
  event.mentions.erase(std::unique(event.mentions.begin(), event.mentions.end()), event.mentions.end());
  if (std::binary_search(event.mentions.begin(), event.mentions.end(), schema::kAllEvents))
    throw Refusal{account_id, "event " + to_string(event.event_id) + " names what no entity is"};
}

// A row of seal_rows.sql, behind its account.
SealedEvent read_event(const std::string& account_id, RecordFields& fields) {
  SealedEvent event;
  event.event_time_us = fields.time_us();
  event.received_us = fields.time_us();
  for (auto& hash : event.by) hash = fields.number<std::int64_t>();
  event.flags = fields.number<std::int32_t>();
  event.event_id = fields.uuid();
  event.content_fp = fields.uuid();
  const int event_class = fields.number<std::int16_t>(), outcome = fields.number<std::int16_t>();
  const auto read_only = fields.next();
  if (!fields.was_null()) event.read_only = read_only == std::string_view("\0", 1) ? 0 : 1;
  event.region = fields.text();
  event.service = fields.text();
  event.api = fields.text();
  event.error_code = fields.text();
  auto raw = schema::decode_raw(fields.next());
  if (!raw) throw Refusal{account_id, "the record of event " + to_string(event.event_id) + " is damaged"};
  event.raw = std::move(*raw);
  if (event_class < 0 || event_class > UINT8_MAX || outcome < 1 || outcome > 3)
    throw Refusal{account_id, "event " + to_string(event.event_id) + " has values that no event has"};
  event.event_class = static_cast<schema::EventClass>(event_class);
  event.outcome = static_cast<schema::Outcome>(outcome);
  read_mentions(account_id, fields.next(), event);
  return event;
}

}  // namespace

RowReader::RowReader(SealStatements& statements, std::int32_t day, const std::vector<std::string>& accounts)
    : statements_(statements) {
  const std::string day_text = schema::format_day(day), ids = schema::array_literal(accounts),
                    copies = to_string(schema::kOcsfFingerprint);
  mentions_ = statements_.exec(sql::seal_mention_count, day_text, ids, copies)[0][0].as<std::uint64_t>();
  // All rows are read: plans that give the first one soon, or that count on few, would be the slow ones. Day tables may
  // have no statistics yet.
  statements_.exec_text("SET LOCAL cursor_tuple_fraction = 1");
  statements_.exec_text("SET LOCAL enable_nestloop = off");
  statements_.exec_text("SET LOCAL work_mem = '64MB'");
  statements_.exec(sql::seal_rows, day_text, ids, copies);
  statements_.exec_text("SET LOCAL enable_nestloop = on");
  read_next();
}

void RowReader::read_next() {
  row_.reset();
  if (next_ == fetched_.size() && !at_end_) {
    fetched_ = statements_.exec_text(kFetch);
    next_ = 0;
    at_end_ = fetched_.size() < kRowsAtATime;
    if (at_end_) statements_.exec_text("CLOSE sealed_rows");
  }
  if (next_ == fetched_.size()) return;
  const pqxx::field field = fetched_[next_++][0];
  schema::read_hex_bytes(field, bytes_);
  RecordFields fields(bytes_);
  row_.emplace();
  row_->account_id = fields.text();
  row_->event = read_event(row_->account_id, fields);
}

std::vector<SealedEvent> RowReader::next_part() {
  std::vector<SealedEvent> events;
  if (!row_) return events;
  account_id_ = row_->account_id;
  const auto event_class = row_->event.event_class;
  std::size_t bytes = 0;
  while (row_ && row_->account_id == account_id_ && row_->event.event_class == event_class &&
         events.size() < schema::kPartEventsMax && bytes < schema::kPartRawBytesMax) {
    bytes += row_->event.raw.size();
    events.push_back(std::move(row_->event));
    read_next();
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
