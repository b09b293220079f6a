// What a collector's doors call: takes a delivery and promises its sender that it is safe, or says that it is not.
//
//   submit() → pipeline → commit ─┐
//            ╰→ spool → fdatasync ┴→ callback(Receipt), once: whichever is durable first
//
// The spool takes over when the database is known to be away, when the pipeline has no room, when storing failed, and
// when a commit is not back after spool_after (in doubt: it may or may not have happened; storing twice is harmless).
// Neither within answer_within: the receipt is an error, and the sender sends again. Deliveries under way are bounded
// by bytes. The pipeline knows the way to the database; this class alone decides what is promised. Thread-safe.
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "ingest/load/db_health.hpp"
#include "ingest/pipeline.hpp"
#include "ingest/spool/drainer.hpp"
#include "ingest/spool/spool.hpp"

namespace backtrail::ingest {

struct IntakeOptions {
  std::chrono::milliseconds spool_after{1500};
  std::chrono::milliseconds answer_within{4000};           // the strictest sender waits 5 s
  std::size_t bytes_max = std::size_t{160} * 1024 * 1024;  // bodies, and kTicketBytes for each
  // Of them, so many are for deliveries of at most small_bytes_max: large ones never shut out an event.
  std::size_t reserved_bytes = std::size_t{16} * 1024 * 1024;
  std::size_t small_bytes_max = std::size_t{1024} * 1024;
  unsigned spool_writers = 4;
  // A delivery is copied into one piece for the spool. So many bytes of copies at once (kTicketBytes for each), or a
  // single larger one; they count as under way, too.
  std::size_t spool_copy_bytes_max = std::size_t{64} * 1024 * 1024;
  // With nothing else to do, an empty delivery is sent the same way, so that ready() is a fact and not a hope.
  std::chrono::milliseconds canary_every{10'000};
  std::chrono::milliseconds ready_within{30'000};
  std::function<std::int64_t()> now_us = schema::now_us;
};

// What a delivery under way costs besides its body, roughly: small bodies must not get past the bound by number.
inline constexpr std::size_t kTicketBytes = 2048;
// A delivery is copied into one piece for the spool. So many bytes of copies at once, or a single larger one; they
// count as under way, too.
inline constexpr std::size_t kSpoolCopyBytesMax = 64U * 1024 * 1024;

struct IntakeStatus {
  std::uint64_t spooled = 0;  // deliveries whose sender was answered from the spool
  std::uint64_t refused = 0;  // deliveries whose sender was told to send again
  std::uint64_t drained = 0;  // deliveries brought from the spool into the database
  std::uint64_t gave_up = 0;  // … of them, those that only quarantine or a file in `damaged/` would take
  std::size_t bytes_under_way = 0;
  bool database_down = false;
};

class Intake {
 public:
  // `spool` may be null: then nothing is promised while the database is away. Not owned; all outlive it.
  Intake(Pipeline& pipeline, DbHealth& health, spool::Spool* spool, IntakeOptions options = {});
  // Answers what is under way first.
  ~Intake();
  Intake(const Intake&) = delete;
  Intake& operator=(const Intake&) = delete;

  // Calls back exactly once, from any thread.
  void submit(Delivery delivery, ReceiptCallback callback);

  // Something became durable within the last ready_within.
  bool ready() const;
  IntakeStatus status() const;
  Pipeline& pipeline() { return pipeline_; }
  spool::Spool* spool() { return spool_; }

 private:
  struct Ticket;
  using TicketPtr = std::shared_ptr<Ticket>;

  bool reserve(std::size_t bytes);
  void release(Ticket& ticket);
  bool hand_to_pipeline(const TicketPtr& ticket, Delivery& delivery);
  void settled(const TicketPtr& ticket, const Receipt& receipt);
  void request_spool(const TicketPtr& ticket);
  void spool_loop();
  void spool_one(const TicketPtr& ticket);
  schema::Result<bool> write_to_spool(const TicketPtr& ticket);
  void answer(const TicketPtr& ticket, const Receipt& receipt);
  void refuse(const TicketPtr& ticket, schema::Error error);
  void watch_loop();
  void send_canary();
  void doubt(const schema::Uuid& delivery);
  void settle_doubt(const schema::Uuid& delivery, bool stored);
  void drain(Delivery delivery, ReceiptCallback callback);

  Pipeline& pipeline_;
  DbHealth& health_;
  spool::Spool* const spool_;
  const IntakeOptions options_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::size_t under_way_ = 0, bytes_under_way_ = 0, copy_bytes_ = 0;
  std::deque<TicketPtr> to_spool_, before_spool_, before_refusal_;
  // Deliveries whose commit was not back in time: in the spool and in the pipeline at once. The drainer waits for what
  // becomes of them instead of storing them a second time while the first is under way.
  struct Doubt {
    bool stored = false;
    ReceiptCallback drainer;  // empty: it has not come to it yet
  };
  std::unordered_map<schema::Uuid, Doubt> doubts_;
  bool spool_stopping_ = false;
  std::condition_variable spool_ready_;

  std::atomic<std::uint64_t> spooled_{0}, refused_{0};
  std::atomic<std::int64_t> durable_ms_;
  std::atomic<bool> canary_under_way_{false};
  std::vector<std::thread> spool_threads_;
  std::thread watch_thread_;
  std::unique_ptr<spool::Drainer> drainer_;
};

}  // namespace backtrail::ingest
