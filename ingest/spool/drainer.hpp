// Brings spooled deliveries into the database once it is up, oldest segment first, a few at a time so that new
// deliveries are not held up.
//
// They take the way of every delivery, so what was stored before the spool took over is counted as duplicates. A
// segment goes when everything in it is stored; what failed is tried again. Damage is kept and logged. A thread of its
// own; stop() or the destructor waits for what is under way.
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <set>
#include <thread>

#include "ingest/delivery.hpp"
#include "ingest/load/db_health.hpp"
#include "ingest/spool/spool.hpp"

namespace backtrail::ingest::spool {

class Drainer {
 public:
  // Hands a delivery to the database's way; may block. The callback comes exactly once.
  using Submit = std::function<void(Delivery, ReceiptCallback)>;

  // Not owned; all outlive it.
  Drainer(Spool& spool, const DbHealth& health, Submit submit);
  ~Drainer() { stop(); }
  void stop();

  // Deliveries that this process drained.
  std::uint64_t drained() const { return drained_; }

 private:
  void loop();
  bool drain(std::uint64_t segment);
  void submit(std::size_t offset, Delivery delivery);
  bool is_stored(std::size_t offset);
  void wait_for_room(std::size_t bytes);
  void wait_for_all();

  Spool& spool_;
  const DbHealth& health_;
  const Submit submit_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::size_t under_way_ = 0, bytes_under_way_ = 0;
  // Offsets within the segment that is being drained: places in the file, because a disk that goes bad between two
  // attempts takes records away, and the others must not move up into the place of one that is stored.
  std::set<std::size_t> stored_;
  std::uint64_t segment_ = 0;  // … that one; only of the drainer's thread
  std::atomic<std::uint64_t> drained_{0};
  std::thread thread_;
};

}  // namespace backtrail::ingest::spool
