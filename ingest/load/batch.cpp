#include "ingest/load/batch.hpp"

#include <boost/core/demangle.hpp>
#include <spdlog/spdlog.h>

#include "schema/block_format/raw_codec.hpp"

namespace backtrail::ingest {

PendingDelivery::PendingDelivery(Delivery delivery, ReceiptCallback callback)
    : delivery_(std::move(delivery)), body_bytes_(delivery_.body.size()), callback_(std::move(callback)) {}

void PendingDelivery::add_rows(std::size_t rows) {
  const std::lock_guard lock(mutex_);
  open_rows_ += rows;
}

bool PendingDelivery::parsed() {
  const std::lock_guard lock(mutex_);
  parsed_ = true;
  return open_rows_ == 0;
}

void PendingDelivery::booking_rolled_back() {
  const std::lock_guard lock(mutex_);
  books_closed_ = false;
}

Receipt PendingDelivery::booked_with(const Receipt& outcomes) {
  const std::lock_guard lock(mutex_);
  books_closed_ = parsed_ && open_rows_ == outcomes.received;
  Receipt total = receipt_;
  total.add(outcomes);
  return total;
}

PendingDelivery::Settled PendingDelivery::state() const {
  if (!parsed_ || open_rows_ != 0) return Settled::kOpen;
  return books_closed_ || receipt_.error ? Settled::kDone : Settled::kDoneWithOpenBooks;
}

PendingDelivery::Settled PendingDelivery::settle(const Receipt& outcomes) {
  const std::lock_guard lock(mutex_);
  open_rows_ -= outcomes.received;
  receipt_.add(outcomes);
  return state();
}

PendingDelivery::Settled PendingDelivery::fail(schema::Error error, std::size_t rows) {
  const std::lock_guard lock(mutex_);
  open_rows_ -= rows;
  if (!receipt_.error) receipt_.error = std::move(error);
  return state();
}

Receipt PendingDelivery::receipt() const {
  const std::lock_guard lock(mutex_);
  return receipt_;
}

void PendingDelivery::finish() {
  const Receipt total = receipt();
  BACKTRAIL_ASSERT(total.error || total.balances());
  try {
    callback_(total);
  } catch (const std::exception& error) {  // whoever waits gets no answer; the other deliveries do
    spdlog::error("delivery {}: its receipt could not be handed over: {}", to_string(delivery_.id),
                  boost::core::demangle(typeid(error).name()));
  }
}

namespace {

// Hashes an event's entities, and a second time when it is meant for a part.
class EntityHashes {
 public:
  EntityHashes(const schema::HashKey& key, EventRow& row) : key_(key), row_(row) {}

  std::int64_t of(const schema::Entity& entity) {
    const std::int64_t hash = schema::entity_hash(key_, entity.kind, entity.key);
    if (row_.for_part) row_.checks.push_back({hash, second_hash(entity)});
    return hash;
  }
  std::int64_t of(const std::optional<schema::Entity>& entity) { return entity ? of(*entity) : 0; }

 private:
  // It need not be keyed: it only tells two entities apart whose keyed hashes are the same by accident.
  static std::int64_t second_hash(const schema::Entity& entity) {
    const auto hash = std::hash<std::string_view>{}(schema::cut_entity_key(entity.key));
    return static_cast<std::int64_t>(hash ^ static_cast<std::size_t>(entity.kind));
  }
  const schema::HashKey& key_;
  EventRow& row_;
};

std::string column_text(std::string_view text) {
  if (text.find('\0') == std::string_view::npos) return std::string(text);
  std::string clean;
  for (const char c : text) {
    if (c == '\0')
      clean += "\xEF\xBF\xBD";
    else
      clean += c;
  }
  return clean;
}

}  // namespace

void append(Batch& to, Batch from) {
  if (to.rows.empty()) {
    to.rows = std::move(from.rows);
  } else {
    std::move(from.rows.begin(), from.rows.end(), std::back_inserter(to.rows));
  }
  std::move(from.names.begin(), from.names.end(), std::back_inserter(to.names));
  std::move(from.new_accounts.begin(), from.new_accounts.end(), std::back_inserter(to.new_accounts));
  to.bytes += from.bytes;
  to.gathered |= from.gathered;
}

EventRow event_row(const schema::ApiEvent& event, const schema::HashKey& key, std::int64_t received_us, bool for_part) {
  EventRow row;
  row.for_part = for_part;
  EntityHashes hashes(key, row);
  row.event_time_us = event.event_time_us;
  row.received_us = received_us;
  row.principal_hash = hashes.of(event.principal);
  row.session_hash = hashes.of(event.session);
  row.access_key_hash = hashes.of(event.access_key);
  row.instance_hash = hashes.of(event.instance);
  row.ip_address_hash = hashes.of(event.ip_address);
  row.user_agent_hash = hashes.of(event.user_agent);
  row.event_day = event.event_day();
  row.flags = event.flags;
  row.event_id = event.event_id;
  row.content_fp = event.content_fp;
  row.value_fp = event.value_fp;
  row.event_class = event.event_class;
  row.outcome = event.outcome;
  row.read_only = event.read_only ? static_cast<std::int8_t>(*event.read_only) : std::int8_t{-1};
  row.account_id = event.account_id;
  row.region = column_text(event.region);
  row.service = column_text(event.service);
  row.api = column_text(event.api);
  row.error_code = column_text(event.error_code);
  if (for_part)
    row.raw = event.raw;
  else
    schema::append_encoded_raw(event.raw, row.raw);
  row.mentions.reserve(event.mentions.size());
  for (const auto& mention : event.mentions) row.mentions.push_back(hashes.of(mention));
  return row;
}

std::size_t Row::bytes() const {
  constexpr std::size_t kFixed = 256;
  std::size_t size = kFixed + event.raw.size() + event.mentions.size() * 48;
  if (finding) size += finding->raw.size() * 2;
  if (notice) size += notice->raw.size() * 2;
  if (quarantined) size += quarantined->raw.size();
  return size;
}

void Row::quarantine(std::string_view reason, std::string detail) {
  auto record = std::make_unique<QuarantinedRecord>();
  record->kind = record_kind();
  record->reason = reason;
  record->detail = std::move(detail);
  if (kind == Kind::kEvent) {
    record->account_id = event.account_id;
    auto raw = event.for_part ? schema::Result<std::string>(event.raw) : schema::decode_raw(event.raw);
    record->raw = raw ? std::move(*raw) : event.raw;
  } else if (kind == Kind::kNotice) {
    record->account_id = notice->account_id;
    record->raw = notice->raw;
  } else {
    record->account_id = finding->identity.account_id;
    record->raw = finding->raw;
  }
  kind = Kind::kQuarantine;
  quarantined = std::move(record);
}

RecordKind Row::record_kind() const {
  switch (kind) {
    case Kind::kEvent:
      return RecordKind::kEvent;
    case Kind::kFinding:
      return RecordKind::kFinding;
    case Kind::kNotice:
      return RecordKind::kNotice;
    case Kind::kQuarantine:
      return quarantined->kind;
  }
  return RecordKind::kUnknown;
}

}  // namespace backtrail::ingest
