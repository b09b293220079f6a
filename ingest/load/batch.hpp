// Rows on their way from the parsers to the writers. A row knows its delivery, whose receipt it settles.
#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "ingest/delivery.hpp"
#include "ingest/provenance.hpp"
#include "ingest/quarantine/quarantine.hpp"
#include "schema/model/api_event.hpp"
#include "schema/model/finding.hpp"
#include "schema/model/notice.hpp"

namespace backtrail::ingest {

// A delivery whose rows are on their way. Done when parsing is over and every row has its outcome; finish() then runs
// the callback. Thread-safe.
class PendingDelivery {
 public:
  PendingDelivery(Delivery delivery, ReceiptCallback callback);

  const Delivery& delivery() const { return delivery_; }
  std::size_t body_bytes() const { return body_bytes_; }
  // The body is parsed; it is needed no longer, unless the delivery says so.
  void drop_body() {
    if (delivery_.keep_body) return;
    std::string().swap(delivery_.body);
    delivery_.lease.reset();
  }

  void add_rows(std::size_t rows);
  // No more rows will be added. True: every row has its outcome already, the caller must finish().
  bool parsed();
  // Before a commit that books these outcomes: the receipt with them. When they are the last ones, the books are closed
  // by that commit.
  Receipt booked_with(const Receipt& outcomes);
  // The transaction that booked was rolled back.
  void booking_rolled_back();
  enum class Settled { kOpen, kDone, kDoneWithOpenBooks };
  // After a commit; after kDone… the caller must finish().
  Settled settle(const Receipt& outcomes);
  // Nothing may be promised any more. kOpen or kDone.
  Settled fail(schema::Error error, std::size_t rows);
  Receipt receipt() const;
  void finish();

 private:
  Settled state() const;
  Delivery delivery_;
  std::size_t body_bytes_;
  ReceiptCallback callback_;
  mutable std::mutex mutex_;
  std::size_t open_rows_ = 0;
  bool parsed_ = false;
  bool books_closed_ = false;
  Receipt receipt_;
};

using PendingPtr = std::shared_ptr<PendingDelivery>;

struct EntityCheck {
  std::int64_t hash = 0, check = 0;
};

struct EventRow {
  std::int64_t event_time_us = 0, received_us = 0;
  // 0: none
  std::int64_t principal_hash = 0, session_hash = 0, access_key_hash = 0, instance_hash = 0, ip_address_hash = 0,
               user_agent_hash = 0;
  std::int32_t event_day = 0, flags = 0;
  schema::Uuid event_id, content_fp, value_fp;
  schema::EventClass event_class = schema::EventClass::kManagement;
  schema::Outcome outcome = schema::Outcome::kOk;
  std::int8_t read_only = -1;  // -1: not said
  bool variant = false;        // told in OCSF, but known to be no copy
  std::string account_id, region, service, api, error_code;
  std::string raw;  // encoded by raw_codec
  // Of an event that is likely to go into a part: `raw` is the exact bytes, which parts pack otherwise, and its
  // entities are told by a second hash, because a part must not have two of them with one.
  bool for_part = false;
  std::vector<EntityCheck> checks;
  std::vector<std::int64_t> mentions;
};

// An entity's name for search; written once per process and account.
struct EntityName {
  std::string account_id;
  schema::EntityKind kind;
  std::int64_t hash;
  std::string key, name;
};

struct Row {
  enum class Kind : std::uint8_t { kEvent, kFinding, kNotice, kQuarantine };
  Kind kind = Kind::kEvent;
  RowOutcome outcome = RowOutcome::kPending;
  PendingPtr delivery;
  EventRow event;
  std::unique_ptr<schema::Finding> finding;
  std::unique_ptr<schema::Notice> notice;
  std::unique_ptr<QuarantinedRecord> quarantined;
  std::shared_ptr<const Provenance> provenance;  // restored from an archive

  // How it was received: at first, when it is restored.
  std::int64_t received_us() const { return provenance ? provenance->received_us : delivery->delivery().received_us; }
  const std::string& door() const { return provenance ? provenance->door : delivery->delivery().door; }
  const std::string& key_id() const { return provenance ? provenance->key_id : delivery->delivery().key_id; }
  const std::string& origin() const { return provenance ? provenance->origin : delivery->delivery().origin; }
  // The row becomes a quarantined record with its exact bytes.
  void quarantine(std::string_view reason, std::string detail);
  std::size_t bytes() const;
  // What the books count it as; a quarantined record as what it was meant to be.
  RecordKind record_kind() const;
};

struct Batch {
  std::vector<Row> rows;
  std::vector<EntityName> names;
  std::vector<std::string> new_accounts;  // account ids that this process has not written yet
  std::size_t bytes = 0;
  bool gathered = false;  // what belongs together is in it: events may become parts
};

// What `from` has comes behind what `to` has.
void append(Batch& to, Batch from);

inline constexpr std::size_t kBatchMaxRows = 5000;
inline constexpr std::size_t kBatchMaxBytes = 8 * 1024 * 1024;

// The event's row: hashes, bytes. U+0000, which PostgreSQL's text refuses, becomes U+FFFD in columns.
EventRow event_row(const schema::ApiEvent& event, const schema::HashKey& key, std::int64_t received_us,
                   bool for_part = false);

}  // namespace backtrail::ingest
