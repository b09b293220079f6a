// The way of every delivery: decode, recognise, map, batch, write, receipt. One call from every door and source.
//
//   submit() → input queue → parser threads → row queue (bounded by bytes) → writer threads → callback(Receipt)
//
// A receipt without an error means: every record of the delivery is committed with synchronous_commit=on, or was stored
// before, or is in quarantine. Writers do not linger: a free one takes what is queued, at most kBatchMaxRows rows or
// kBatchMaxBytes. Small deliveries never wait behind large ones (lanes.hpp). Callbacks run on a writer or parser thread
// and must be quick. Thread-safe. The destructor finishes what was submitted.
//
// An exception ends nothing but the delivery that provoked it: one while it is read sends the delivery to quarantine
// whole (`internal_error`), one while it is written sends the record there, and what fails even so is an error receipt.
#pragma once
#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "ingest/decode/decode.hpp"
#include "ingest/delivery.hpp"
#include "ingest/lanes.hpp"
#include "ingest/load/batch.hpp"
#include "ingest/row_sink.hpp"
#include "schema/pg/database.hpp"
#include "schema/retention/partitions.hpp"
#include "schema/retention/retention.hpp"

namespace backtrail::ingest {

// The warehouse's key of entity hashes and fingerprints; `database` connects as any role.
schema::Result<schema::HashKey> read_hash_key(schema::Database& database);

// A parser is through with so much in a tenth of a second.
inline constexpr std::size_t kSmallDeliveryBytes = 8U * 1024 * 1024;

struct PipelineOptions {
  unsigned parsers = 2;
  unsigned writers = 2;
  std::size_t input_bytes_max = 256U * 1024 * 1024;  // deliveries waiting to be parsed
  std::size_t rows_bytes_max = 48U * 1024 * 1024;    // rows waiting to be written
  // Larger bodies go in the lane of the large ones. For a source without senders who wait: no limit.
  std::size_t small_bytes_max = kSmallDeliveryBytes;
  std::function<std::int64_t()> now_us = schema::now_us;
};

class BatchWriter;

class Pipeline {
 public:
  // Reads the warehouse's hash key and retention rules. `ingest` is not owned and connects as backtrail_ingest.
  static schema::Result<std::unique_ptr<Pipeline>> start(schema::Database& ingest, PipelineOptions options);
  ~Pipeline();

  // Calls back exactly once. With a full input queue: at once, with kOverload.
  void submit(Delivery delivery, ReceiptCallback callback);
  // The same, but null with a full input queue: then `delivery` is untouched and nobody is called back.
  PendingPtr try_submit(Delivery& delivery, ReceiptCallback callback);
  // The same, but waits for room instead: for sources that can wait.
  void submit_when_room(Delivery delivery, ReceiptCallback callback);

  // For who entered a gathering and submits nothing more to it.
  void leave(Gathering& gathering);

  const schema::HashKey& hash_key() const { return hash_key_; }
  // The clock of the options.
  std::int64_t now_us() const { return options_.now_us(); }
  // Raises the alert for every event of the days written since the last sweep that was stored with more than one
  // content: two writers at the same instant each see only their own. Days are kept for the next sweep when it fails.
  schema::Result<void> sweep_variants();
  // What was received since the start; for metrics.
  Receipt totals() const;
  std::map<std::string, Receipt> totals_by_door() const;
  // Exceptions that nobody expected: each is a mistake of this program.
  std::uint64_t internal_errors() const { return internal_errors_; }

 private:
  struct Kept;
  Pipeline(schema::Database& ingest, PipelineOptions options, schema::HashKey key, std::shared_ptr<const Kept> kept);
  PendingPtr enqueue(Delivery& delivery, ReceiptCallback& callback, bool wait);
  void parse_loop();
  void parse(const PendingPtr& pending);
  void read(const PendingPtr& pending, Batch& rest);
  Batch refuse_whole(const PendingPtr& pending, const schema::Error& why);
  void write(BatchWriter& writer, Batch batch);
  void hand_over(const PendingDelivery& pending, Batch batch);
  void push(Lane lane, Batch batch);
  void write_loop();
  Batch take_rows(Lane lane);
  Lane lane_of(const PendingDelivery& delivery) const;
  std::size_t& rows_bytes(Lane lane) { return lane == Lane::kLarge ? large_rows_bytes_ : small_rows_bytes_; }
  void note_days(const std::set<std::int32_t>& days);
  static schema::Result<std::shared_ptr<const Kept>> read_kept(schema::Database& database);
  std::shared_ptr<const Kept> kept();

  schema::Database& database_;
  const PipelineOptions options_;
  const schema::HashKey hash_key_;
  schema::Partitions partitions_;

  std::mutex input_mutex_;
  std::condition_variable input_ready_, input_room_;
  Lanes<PendingPtr> input_;
  std::size_t input_bytes_ = 0;
  bool stopping_ = false;

  std::mutex rows_mutex_;
  std::condition_variable rows_ready_, rows_room_;
  Lanes<Batch> rows_;
  std::size_t small_rows_bytes_ = 0, large_rows_bytes_ = 0;
  bool parsers_done_ = false;

  KnownNames known_names_;
  std::atomic<std::uint64_t> failures_{0}, internal_errors_{0};
  mutable std::mutex totals_mutex_;
  std::map<std::string, Receipt> totals_;  // by door
  std::mutex days_mutex_;
  std::set<std::int32_t> days_to_sweep_;

  std::mutex kept_mutex_;
  std::shared_ptr<const Kept> kept_;
  std::int64_t kept_read_us_ = 0;

  std::vector<std::thread> parsers_, writers_;
};

}  // namespace backtrail::ingest
