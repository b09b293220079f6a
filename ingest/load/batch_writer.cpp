#include "ingest/load/batch_writer.hpp"

#include <algorithm>
#include <backtrail_ingest_sql.hpp>
#include <chrono>
#include <map>
#include <set>
#include <spdlog/spdlog.h>
#include <thread>

#include "ingest/load/binary_array.hpp"
#include "ingest/load/coverage_writer.hpp"
#include "ingest/load/event_writer.hpp"
#include "ingest/load/finding_writer.hpp"
#include "ingest/load/ledger_writer.hpp"
#include "ingest/load/notice_writer.hpp"
#include "schema/block_format/raw_codec.hpp"

namespace backtrail::ingest {
namespace {

using Tables = schema::Partitions::Tables;

constexpr int kRetryMax = 8;

// The union of what the deliveries' keys may write: the database checks it once more.
schema::AccountScope scope_of(std::span<const Row> rows) {
  std::set<std::string> accounts;
  for (const Row& row : rows) {
    const auto& scope = row.delivery->delivery().scope;
    if (scope.is_all()) return schema::AccountScope::all();
    accounts.insert(scope.account_ids().begin(), scope.account_ids().end());
  }
  return *schema::AccountScope::of({accounts.begin(), accounts.end()});
}

// A replayed record that is refused again keeps its row. False: the row is gone.
bool retry_quarantined(schema::Transaction& tx, const Row& row, std::int64_t now_us) {
  const QuarantineKey& key = *row.delivery->delivery().replay_of;
  const QuarantinedRecord& record = *row.quarantined;
  return !tx.exec(sql::quarantine_retry, key.account_id, to_string(key.id), std::string(record.reason), record.detail,
                  std::string(name_of(record.kind)), std::string(parser_version()), schema::format_rfc3339(now_us))
              .empty();
}

void write_quarantine(schema::Transaction& tx, std::span<Row> rows, std::int64_t now_us) {
  BinaryArray account(PgType::kText), id(PgType::kUuid), reason(PgType::kText), detail(PgType::kText),
      door(PgType::kText), key_id(PgType::kText), origin(PgType::kText), position(PgType::kInt8),
      received(PgType::kTimestamptz), bytes(PgType::kInt8), digest(PgType::kBytea), raw(PgType::kBytea),
      kind(PgType::kText), parser(PgType::kText), scope(PgType::kText), tries(PgType::kInt4),
      last_tried(PgType::kTimestamptz), resolved(PgType::kTimestamptz);
  const auto add_time = [](BinaryArray& column, const std::optional<std::int64_t>& us) {
    if (us)
      column.add_time(*us);
    else
      column.add_null();
  };
  std::map<std::pair<std::string, schema::Uuid>, const Row*> unique;
  for (Row& row : rows) {
    if (row.kind != Row::Kind::kQuarantine) continue;
    row.outcome = RowOutcome::kQuarantined;
    if (row.quarantined->retried && retry_quarantined(tx, row, now_us)) continue;
    unique.emplace(std::pair{row.quarantined->account_id, quarantine_id(*row.quarantined)}, &row);
  }
  if (unique.empty()) return;
  for (const auto& [key, row] : unique) {
    const QuarantinedRecord& record = *row->quarantined;
    // A record that an archive holds as refused comes back as it was; one that is refused while it is restored has no
    // reason there, and is refused now.
    const Delivery& delivery = row->delivery->delivery();
    const Provenance* restored = row->provenance && !row->provenance->reason.empty() ? row->provenance.get() : nullptr;
    account.add_text(key.first);
    id.add_uuid(key.second);
    reason.add_text(record.reason);
    detail.add_text(record.detail);
    door.add_text(restored != nullptr ? restored->door : delivery.door);
    key_id.add_text(restored != nullptr ? restored->key_id : delivery.key_id);
    origin.add_text(restored != nullptr ? restored->origin : delivery.origin);
    position.add_int8(static_cast<std::int64_t>(record.position));
    received.add_time(restored != nullptr ? restored->received_us : delivery.received_us);
    bytes.add_int8(static_cast<std::int64_t>(record.raw.size()));
    const auto hash = schema::sha256(record.raw);
    digest.add_text({reinterpret_cast<const char*>(hash.data()), hash.size()});
    raw.add_text(record.raw);
    kind.add_text(name_of(record.kind));
    parser.add_text(restored != nullptr ? std::string_view(restored->parser_version) : parser_version());
    scope.add_text(restored != nullptr ? restored->scope : delivery.scope.setting());
    tries.add_int4(restored != nullptr ? restored->tries : 0);
    add_time(last_tried, restored != nullptr ? restored->last_tried_us : std::nullopt);
    add_time(resolved, restored != nullptr ? restored->resolved_us : std::nullopt);
  }
  tx.exec(sql::quarantine_insert, account.value(), id.value(), reason.value(), detail.value(), door.value(),
          key_id.value(), origin.value(), position.value(), received.value(), bytes.value(), digest.value(),
          raw.value(), kind.value(), parser.value(), scope.value(), tries.value(), last_tried.value(),
          resolved.value());
}

// An account that a key may not write is somebody's mistake or attack: a person must hear of it.
void alert_mismatches(schema::Transaction& tx, std::span<const Row> rows, std::int64_t now_us) {
  BinaryArray account(PgType::kText), kind(PgType::kText), subject(PgType::kText), detail(PgType::kText);
  std::set<std::pair<std::string, std::string>> raised;
  for (const Row& row : rows) {
    if (row.kind != Row::Kind::kQuarantine || row.quarantined->reason != reason::kAccountMismatch) continue;
    if (row.provenance) continue;  // somebody heard of it then
    const std::string& key_id = row.delivery->delivery().key_id;
    if (!raised.emplace(row.quarantined->account_id, key_id).second) continue;
    account.add_text(row.quarantined->account_id);
    kind.add_text("account_mismatch");
    subject.add_text("key " + key_id);
    detail.add_text("a record for an account that the key may not write");
  }
  if (!raised.empty())
    tx.exec(sql::alert_insert, account.value(), kind.value(), subject.value(), detail.value(),
            schema::format_rfc3339(now_us));
}

std::map<PendingDelivery*, Receipt> receipts_of(std::span<const Row> rows) {
  std::map<PendingDelivery*, Receipt> receipts;
  for (const Row& row : rows) receipts[row.delivery.get()].count(row.record_kind(), row.outcome);
  return receipts;
}

// What the deliveries of these rows are booked with, in the commit that stores the rows.
std::vector<LedgerEntry> bookings_of(std::span<const Row> rows) {
  std::vector<LedgerEntry> entries;
  for (const auto& [delivery, outcomes] : receipts_of(rows))
    entries.push_back({delivery->delivery(), delivery->body_bytes(), outcomes, delivery->booked_with(outcomes)});
  return entries;
}

// How many of the rows each delivery has.
std::map<PendingDelivery*, std::size_t> deliveries_of(std::span<const Row> rows) {
  std::map<PendingDelivery*, std::size_t> counts;
  for (const Row& row : rows)
    if (row.delivery) ++counts[row.delivery.get()];
  return counts;
}

// A row that was let go has had its say: whatever goes wrong later, its delivery is not told twice.
std::vector<PendingPtr> let_go(std::span<Row> rows) {
  std::vector<PendingPtr> deliveries;
  deliveries.reserve(rows.size());
  for (Row& row : rows)
    if (row.delivery) deliveries.push_back(std::move(row.delivery));
  return deliveries;
}

void fail_all(std::span<Row> rows, const schema::Error& error) {
  const auto counts = deliveries_of(rows);
  const auto held = let_go(rows);
  for (const auto& [delivery, count] : counts)
    if (delivery->fail(error, count) != PendingDelivery::Settled::kOpen) delivery->finish();
}

}  // namespace

schema::Result<void> BatchWriter::try_store(std::span<Row> rows, const Batch& batch, std::int64_t now_us) {
  const auto done = database_.write(scope_of(rows), [&](schema::Transaction& tx) -> schema::Result<int> {
    try {
      write_accounts(tx, batch.new_accounts, now_us);
      write_events(tx, rows, now_us, batch.gathered);
      write_names(tx, batch.names);
      write_findings(tx, rows, key_);
      write_notices(tx, rows);
      write_quarantine(tx, rows, now_us);
      alert_mismatches(tx, rows, now_us);
      write_coverage(tx, rows);
      write_ledger(tx, bookings_of(rows));
      return 0;
    } catch (const pqxx::failure&) {
      throw;  // what the server said, or that it is gone
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception& error) {
      // A damaged part (sealed_probe.hpp): no record is to blame.
      const auto* failed = dynamic_cast<const schema::ErrorException*>(&error);
      if (failed != nullptr && failed->error.code == schema::Code::kDatabase) return failed->error;
      ++internal_errors_;
      return internal_error(error);
    }
  });
  if (done) return {};
  for (const auto& [delivery, outcomes] : deliveries_of(rows)) delivery->booking_rolled_back();
  return done.error();
}

void close_books(schema::Database& database, PendingDelivery& delivery) {
  const Receipt receipt = delivery.receipt();
  if (!receipt.error) {
    const auto written =
        database.write(schema::AccountScope::none(), [&](schema::Transaction& tx) -> schema::Result<int> {
          write_ledger(tx, {{delivery.delivery(), delivery.body_bytes(), {}, receipt}});
          return 0;
        });
    // Without a record nothing else was committed: then this was all there was to promise.
    if (!written && receipt.received == 0)
      delivery.fail(written.error(), 0);
    else if (!written)
      spdlog::warn("the ledger counts delivery {} too low: {}", to_string(delivery.delivery().id),
                   written.error().detail);
  }
  delivery.finish();
}

void BatchWriter::settle(std::span<Row> rows) {
  const auto receipts = receipts_of(rows);
  const auto held = let_go(rows);
  for (const auto& [delivery, outcomes] : receipts) {
    const auto settled = delivery->settle(outcomes);
    if (settled == PendingDelivery::Settled::kDoneWithOpenBooks)
      close_books(database_, *delivery);
    else if (settled == PendingDelivery::Settled::kDone)
      delivery->finish();
  }
}

schema::Result<void> BatchWriter::store(std::span<Row> rows, const Batch& batch, std::int64_t now_us) {
  schema::Result<void> done = try_store(rows, batch, now_us);
  for (int attempt = 1; !done && done.error().code == schema::Code::kRetry && attempt < kRetryMax; ++attempt) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5 * attempt));
    done = try_store(rows, batch, now_us);
  }
  if (done) {
    settle(rows);
    return done;
  }
  const bool refusable = done.error().code == schema::Code::kBadData;
  if (refusable && done.error().detail.find("no partition of relation") != std::string::npos) {
    // Retention dropped a partition that this process still believed in, or what should have become a part became rows.
    partitions_.forget();
    auto ready = ensure_partitions(rows, now_us, Tables::kPartsAndRows);
    if (ready) return store(rows, batch, now_us);
    fail_all(rows, ready.error());
    return ready;
  }
  if (refusable && rows.size() == 1 && rows.front().kind != Row::Kind::kQuarantine) {
    const auto refused = quarantined(done.error(), "", 0);  // internal_error by its word, everything else as refused
    rows.front().quarantine(refused.reason, refused.detail.substr(0, refused.detail.find('\n')));
    return store(rows, Batch{}, now_us);
  }
  if (refusable && rows.size() > 1) {
    const std::size_t half = rows.size() / 2;
    const auto first = store(rows.first(half), batch, now_us);
    const auto second = store(rows.subspan(half), batch, now_us);
    return first ? second : first;
  }
  fail_all(rows, done.error());
  return done;
}

schema::Result<void> BatchWriter::ensure_partitions(std::span<const Row> rows, std::int64_t now_us, Tables tables) {
  std::set<std::int32_t> days;
  for (const Row& row : rows)
    if (row.kind == Row::Kind::kEvent) days.insert(row.event.event_day);
  if (days.empty()) return {};
  const std::vector<std::int32_t> needed(days.begin(), days.end());
  auto ready = partitions_.ensure(needed, schema::day_of(now_us), tables);
  // Days that have just expired may be dropped as fast as they are made, for a moment.
  for (int attempt = 1; !ready && ready.error().code == schema::Code::kRetry && attempt < kRetryMax; ++attempt) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20 * attempt));
    ready = partitions_.ensure(needed, schema::day_of(now_us), tables);
  }
  return ready;
}

schema::Result<void> BatchWriter::write(Batch batch, const std::function<std::int64_t()>& now_us) {
  try {
    return write_rows(batch, now_us());
  } catch (const std::exception& exception) {
    ++internal_errors_;
    const auto error = internal_error(exception);
    fail_all(batch.rows, error);
    return error;
  }
}

schema::Result<void> BatchWriter::write_rows(Batch& batch, std::int64_t now_us) {
  auto ready = ensure_partitions(batch.rows, now_us, batch.gathered ? Tables::kParts : Tables::kPartsAndRows);
  if (!ready) {
    fail_all(batch.rows, ready.error());
    return ready;
  }
  return store(batch.rows, batch, now_us);
}

}  // namespace backtrail::ingest
