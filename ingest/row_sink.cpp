#include "ingest/row_sink.hpp"

#include "ingest/seal/planner.hpp"

namespace backtrail::ingest {
namespace {

// A chunk is handed to the writers at this size, so that a large file flows instead of piling up.
constexpr std::size_t kChunkRows = 1000;
constexpr std::size_t kChunkBytes = 2 * 1024 * 1024;
constexpr std::size_t kKnownNamesMax = 400'000;

// What search by name should offer: not keys and sessions (found by exact text), not single S3 objects.
bool worth_a_name(const schema::Entity& entity) {
  switch (entity.kind) {
    case schema::EntityKind::kPrincipal:
    case schema::EntityKind::kInstance:
    case schema::EntityKind::kIpAddress:
      return true;
    case schema::EntityKind::kResource:
      return !(entity.key.starts_with("arn:aws:s3:::") && entity.key.find('/') != std::string::npos);
    default:
      return false;
  }
}

std::string clean_text(std::string_view text) {
  std::string out(text);
  for (std::size_t at = 0; (at = out.find('\0', at)) != std::string::npos;) out.replace(at, 1, "\xEF\xBF\xBD");
  return out;
}

}  // namespace

bool KnownNames::add(const std::string& account_id, schema::EntityKind kind, std::int64_t hash, std::string_view name) {
  if (names_.size() >= kKnownNamesMax) names_.clear();
  const std::uint64_t mixed = std::hash<std::string>{}(account_id)*31 + std::hash<std::string_view>{}(name)*7 +
                              static_cast<std::uint64_t>(hash) * 3 + static_cast<std::uint64_t>(kind);
  return names_.insert(mixed).second;
}

bool KnownNames::add_account(const std::string& account_id) {
  return accounts_.insert(account_id).second;
}

void KnownNames::forget_after(std::uint64_t failures) {
  if (failures == failures_) return;
  failures_ = failures;
  names_.clear();
  accounts_.clear();
}

void RowSink::note(const std::string& account_id, const schema::Entity& entity) {
  if (!worth_a_name(entity)) return;
  const std::int64_t hash = schema::entity_hash(key_, entity.kind, entity.key);
  if (!known_.add(account_id, entity.kind, hash, entity.name)) return;
  batch_.names.push_back({account_id, entity.kind, hash, clean_text(schema::cut_entity_key(entity.key)),
                          clean_text(schema::cut_entity_key(entity.name))});
}

void RowSink::add(Row row) {
  row.delivery = delivery_;
  row.provenance = provenance_;
  batch_.bytes += row.bytes();
  batch_.rows.push_back(std::move(row));
  if (batch_.rows.size() < kChunkRows && batch_.bytes < kChunkBytes) return;
  delivery_->add_rows(batch_.rows.size());
  flush_(take());
}

void RowSink::refuse_record(const schema::Error& error, std::string_view raw, const std::string& account_id,
                            std::uint64_t position, RecordKind kind) {
  QuarantinedRecord record = quarantined(error, raw, position, kind);
  record.account_id = account_id;
  on_quarantined(std::move(record));
}

void RowSink::on_event(const schema::ApiEvent& event, std::uint64_t position) {
  if (const auto refused = refuse(event, admission_))
    return refuse_record(*refused, event.raw, event.account_id, position, RecordKind::kEvent);
  if (known_.add_account(event.account_id)) batch_.new_accounts.push_back(event.account_id);
  for (const auto* entity : {&event.principal, &event.instance, &event.ip_address})
    if (*entity) note(event.account_id, **entity);
  for (const auto& mention : event.mentions) note(event.account_id, mention);
  Row row;
  const Delivery& delivery = delivery_->delivery();
  const bool for_part = delivery.gathering && event.event_day() < seal::first_young_day(delivery.received_us);
  row.event = event_row(event, key_, provenance_ ? provenance_->received_us : delivery.received_us, for_part);
  row.event.variant = provenance_ != nullptr && provenance_->variant;
  add(std::move(row));
}

void RowSink::on_finding(schema::Finding finding, std::uint64_t position) {
  if (const auto refused = refuse(finding, admission_))
    return refuse_record(*refused, finding.raw, finding.identity.account_id, position, RecordKind::kFinding);
  const std::string& account_id = finding.identity.account_id;
  if (known_.add_account(account_id)) batch_.new_accounts.push_back(account_id);
  for (const auto& entity : finding.entities) note(account_id, entity.entity);
  Row row;
  row.kind = Row::Kind::kFinding;
  row.finding = std::make_unique<schema::Finding>(std::move(finding));
  add(std::move(row));
}

void RowSink::on_notice(schema::Notice notice, std::uint64_t position) {
  if (const auto refused = refuse(notice, admission_))
    return refuse_record(*refused, notice.raw, notice.account_id, position, RecordKind::kNotice);
  if (!notice.account_id.empty() && known_.add_account(notice.account_id))
    batch_.new_accounts.push_back(notice.account_id);
  Row row;
  row.kind = Row::Kind::kNotice;
  row.notice = std::make_unique<schema::Notice>(std::move(notice));
  add(std::move(row));
}

void RowSink::on_quarantined(QuarantinedRecord record) {
  // A replay hands over the exact bytes that were refused before.
  record.retried = delivery_->delivery().replay_of && record.raw == delivery_->delivery().body;
  Row row;
  row.kind = Row::Kind::kQuarantine;
  row.quarantined = std::make_unique<QuarantinedRecord>(std::move(record));
  add(std::move(row));
}

}  // namespace backtrail::ingest
