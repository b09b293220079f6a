// Brings spooled deliveries into the database once it is up, oldest segment first, a few at a time so that new
// deliveries are not held up.
//
// They take the way of every delivery, so what was stored before the spool took over is counted as duplicates. A
// segment goes when everything in it is stored. What failed is tried again, but holds up nothing: the other segments
// come first, and a delivery that fails kTriesMax times although the database stores others goes to quarantine whole;
// when it cannot be kept there either, to a file in the spool's `damaged/`. Damage is kept and logged. A thread of its
// own; stop() or the destructor waits for what is under way.
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "ingest/delivery.hpp"
#include "ingest/load/db_health.hpp"
#include "ingest/spool/spool.hpp"

namespace backtrail::ingest::spool {

// So often a delivery may fail for reasons of its own, and so often its quarantine.
inline constexpr int kTriesMax = 10;

struct DrainerOptions {
  std::chrono::milliseconds look_every{100};
  // After a segment that could not be drained, when no other waits; times the number of its failures, up to the second.
  std::chrono::milliseconds after_failure{500}, after_failure_max{10'000};
  std::size_t under_way_max = 512;                      // deliveries
  std::size_t bytes_under_way_max = 16U * 1024 * 1024;  // … and their bodies
};

class Drainer {
 public:
  // Hands a delivery to the database's way; may block. The callback comes exactly once.
  using Submit = std::function<void(Delivery, ReceiptCallback)>;

  // Not owned; all outlive it.
  Drainer(Spool& spool, const DbHealth& health, Submit submit, DrainerOptions options = {});
  ~Drainer() { stop(); }
  void stop();

  // Deliveries that this process drained.
  std::uint64_t drained() const { return drained_; }
  // … of them, those that nothing but quarantine would take.
  std::uint64_t gave_up() const { return gave_up_; }

 private:
  enum class Pass { kDone, kInterrupted, kFailed };
  // What is known of a delivery that failed. From then on it is tried alone: whatever fails then is its own doing.
  struct Trouble {
    enum class Stage { kStore, kQuarantine, kSetAside } stage = Stage::kStore;
    int tries = 0;
    std::string why;
  };
  // Of a segment, by place in the file, because a disk that goes bad between two attempts takes records away, and the
  // others must not move up into the place of one that is stored.
  struct Progress {
    std::set<std::size_t> stored;
    std::map<std::size_t, std::string> failed;  // in this pass, and why
    std::map<std::size_t, Trouble> trouble;     // only of the drainer's thread
  };

  void loop();
  std::chrono::milliseconds attempt(std::uint64_t segment);
  Pass drain(std::uint64_t segment);
  Pass finish(std::uint64_t segment, const Spool::Loaded& loaded, const std::vector<Span>& damaged);
  void retry_alone(std::uint64_t segment, std::size_t offset, std::string_view payload, Delivery delivery);
  void submit(Progress& progress, std::size_t offset, Delivery delivery);
  void blame(std::uint64_t segment, Progress& progress);
  bool database_stores();
  bool interrupted() const;
  bool is_stored(const Progress& progress, std::size_t offset) const;
  void wait_for_room(std::size_t bytes);
  void wait_for_all();

  Spool& spool_;
  const DbHealth& health_;
  const Submit submit_;
  const DrainerOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::size_t under_way_ = 0, bytes_under_way_ = 0;
  std::map<std::uint64_t, Progress> progress_;  // of segments that are not drained yet; the map only of the thread
  std::size_t stored_in_pass_ = 0;
  bool lost_database_ = false;  // in this pass
  std::atomic<std::uint64_t> drained_{0}, gave_up_{0};
  std::thread thread_;
};

}  // namespace backtrail::ingest::spool
