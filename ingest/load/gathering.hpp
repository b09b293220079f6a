// Rows of several deliveries that are written together: an import's files of one day. Their events then fill parts of
// the sealed day, instead of a part for each file or rows that are sealed later.
//
// Whoever submits the deliveries enters once for each and once for itself, and leaves when no more come; the pipeline
// leaves for a delivery when it is parsed. Thread-safe.
#pragma once
#include <mutex>
#include <optional>

#include "ingest/load/batch.hpp"

namespace backtrail::ingest {

// What is gathered before it is written. More makes fewer parts of a busy day; it is in memory several times: gathered,
// waiting, and being encoded.
inline constexpr std::size_t kGatheredBytes = 32U * 1024 * 1024;

class Gathering {
 public:
  explicit Gathering(std::size_t bytes = kGatheredBytes) : bytes_(bytes) {}

  void enter();
  // What is to be written now.
  std::optional<Batch> add(Batch batch);
  // The last one gets what is left.
  std::optional<Batch> leave();

 private:
  const std::size_t bytes_;
  std::mutex mutex_;
  std::size_t members_ = 0;
  Batch batch_;
};

}  // namespace backtrail::ingest
