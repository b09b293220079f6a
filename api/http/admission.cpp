#include "api/http/admission.hpp"

#include <string_view>
#include <utility>

namespace backtrail::api {

ConnectionLimiter::Ticket::Ticket(std::shared_ptr<ConnectionLimiter> limiter, std::string key)
    : limiter_(std::move(limiter)), key_(std::move(key)) {}

ConnectionLimiter::Ticket::~Ticket() {
  limiter_->leave(key_);
}

std::unique_ptr<ConnectionLimiter::Ticket> ConnectionLimiter::admit(const std::string& key, bool limited) {
  const std::lock_guard lock(mutex_);
  if (total_ >= total_max_) return nullptr;
  std::size_t& of_key = per_key_[key];
  if (limited && of_key >= per_key_max_) return nullptr;  // of_key > 0, so the entry was there before
  auto ticket = std::make_unique<Ticket>(shared_from_this(), key);
  ++of_key;
  ++total_;
  return ticket;
}

void ConnectionLimiter::leave(const std::string& key) {
  const std::lock_guard lock(mutex_);
  --total_;
  if (const auto entry = per_key_.find(key); --entry->second == 0) per_key_.erase(entry);
  if (total_ == 0) none_.notify_all();
}

std::size_t ConnectionLimiter::open() const {
  const std::lock_guard lock(mutex_);
  return total_;
}

bool ConnectionLimiter::wait_until_none(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  return none_.wait_until(lock, deadline, [this] { return total_ == 0; });
}

std::string connection_key(const std::string& bytes) {
  constexpr std::string_view mapped("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
  constexpr std::size_t ipv6_bytes = 16;
  constexpr std::size_t network_bytes = 8;
  if (bytes.size() != ipv6_bytes) return bytes;
  if (bytes.starts_with(mapped)) return bytes.substr(mapped.size());
  return bytes.substr(0, network_bytes);
}

bool BodyBudget::take(std::size_t bytes, std::size_t body_bytes) noexcept {
  const std::size_t most = body_bytes <= small_ ? bytes_max_ : large_bytes_max_;
  if (used_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= most) return true;
  give(bytes);
  return false;
}

bool BodyLease::grow_to(std::size_t bytes) noexcept {
  if (bytes <= held_) return true;
  if (!budget_->take(bytes - held_, bytes)) return false;
  held_ = bytes;
  return true;
}

}  // namespace backtrail::api
