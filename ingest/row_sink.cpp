#include "ingest/row_sink.hpp"

namespace backtrail::ingest {
namespace {

// A chunk is handed to the writers at this size, so that a large file flows instead of piling up.
constexpr std::size_t kChunkRows = 1000;
constexpr std::size_t kChunkBytes = 2 * 1024 * 1024;
// Most files of CloudTrail have fewer records.
constexpr std::size_t kUsualRows = 64;

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

void RowSink::note(const std::string& account_id, const schema::Entity& entity, std::int64_t hash) {
  if (!worth_a_name(entity)) return;
  if (!known_.add(account_id, entity.kind, hash, entity.name)) return;
  batch_.names.push_back({account_id, entity.kind, hash, clean_text(schema::cut_entity_key(entity.key)),
                          clean_text(schema::cut_entity_key(entity.name))});
}

void RowSink::add(Row row) {
  row.delivery = delivery_;
  row.provenance = provenance_;
  batch_.bytes += row.bytes();
  if (batch_.rows.empty()) batch_.rows.reserve(kUsualRows);
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
  Row row;
  const Delivery& delivery = delivery_->delivery();
  const bool for_part = delivery.gathering != nullptr;
  row.event = event_row(event, key_, provenance_ ? provenance_->received_us : delivery.received_us, for_part);
  row.event.variant = provenance_ != nullptr && provenance_->variant;
  if (event.principal) note(event.account_id, *event.principal, row.event.principal_hash);
  if (event.instance) note(event.account_id, *event.instance, row.event.instance_hash);
  if (event.ip_address) note(event.account_id, *event.ip_address, row.event.ip_address_hash);
  for (std::size_t i = 0; i < event.mentions.size(); ++i)
    note(event.account_id, event.mentions[i], row.event.mentions[i]);
  add(std::move(row));
}

void RowSink::on_finding(schema::Finding finding, std::uint64_t position) {
  if (const auto refused = refuse(finding, admission_))
    return refuse_record(*refused, finding.raw, finding.identity.account_id, position, RecordKind::kFinding);
  const std::string& account_id = finding.identity.account_id;
  if (known_.add_account(account_id)) batch_.new_accounts.push_back(account_id);
  for (const auto& named : finding.entities)
    note(account_id, named.entity, schema::entity_hash(key_, named.entity.kind, named.entity.key));
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
