#include "ingest/load/gathering.hpp"

#include <utility>

namespace backtrail::ingest {

void Gathering::enter() {
  const std::lock_guard lock(mutex_);
  ++members_;
}

std::optional<Batch> Gathering::add(Batch batch) {
  const std::lock_guard lock(mutex_);
  batch.gathered = true;
  if (batch_.rows.empty() && batch.bytes > 0) {
    batch_.rows = std::move(batch.rows);
    // Rows are moved once, not every time that there is no more room.
    batch_.rows.reserve(batch_.rows.size() * (bytes_ / batch.bytes + 1));
    batch.rows.clear();
  }
  append(batch_, std::move(batch));
  if (batch_.bytes < bytes_) return std::nullopt;
  return std::exchange(batch_, {});
}

std::optional<Batch> Gathering::leave() {
  const std::lock_guard lock(mutex_);
  if (--members_ > 0 || batch_.rows.empty()) return std::nullopt;
  return std::exchange(batch_, {});
}

}  // namespace backtrail::ingest
