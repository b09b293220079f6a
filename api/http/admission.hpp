// Who and how much gets in: connections (in all, and per peer address) and bytes of bodies held at once.
//
// Thread-safe. Tickets and leases give back what they took when they go; both may outlive the server.
#pragma once
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace backtrail::api {

class ConnectionLimiter : public std::enable_shared_from_this<ConnectionLimiter> {
 public:
  class Ticket {
   public:
    Ticket(std::shared_ptr<ConnectionLimiter> limiter, std::string key);
    ~Ticket();
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;

   private:
    std::shared_ptr<ConnectionLimiter> limiter_;
    std::string key_;
  };

  ConnectionLimiter(std::size_t total_max, std::size_t per_key_max)
      : total_max_(total_max), per_key_max_(per_key_max) {}

  // Nothing if a limit is reached. `limited` false: only the total counts.
  [[nodiscard]] std::unique_ptr<Ticket> admit(const std::string& key, bool limited);
  [[nodiscard]] std::size_t open() const;
  // True once no ticket is out.
  bool wait_until_none(std::chrono::steady_clock::time_point deadline);

 private:
  void leave(const std::string& key);

  const std::size_t total_max_;
  const std::size_t per_key_max_;
  mutable std::mutex mutex_;
  std::condition_variable none_;
  std::size_t total_ = 0;
  std::map<std::string, std::size_t> per_key_;
};

// The key under which an address counts: IPv4 whole (also when mapped into IPv6), IPv6 by its /64, which one household
// or machine owns as a whole. `bytes` are the 4 or 16 bytes of the address in network order.
[[nodiscard]] std::string connection_key(const std::string& bytes);

// Bytes of request bodies in memory, over all connections. The last `reserved` of them are for bodies of at most
// `small` bytes.
class BodyBudget {
 public:
  BodyBudget(std::size_t bytes_max, std::size_t reserved, std::size_t small)
      : bytes_max_(bytes_max), large_bytes_max_(bytes_max - std::min(bytes_max, reserved)), small_(small) {}
  // `bytes` more for a body that then has `body_bytes`.
  [[nodiscard]] bool take(std::size_t bytes, std::size_t body_bytes) noexcept;
  void give(std::size_t bytes) noexcept { used_.fetch_sub(bytes, std::memory_order_relaxed); }
  [[nodiscard]] std::size_t large_bytes_max() const noexcept { return large_bytes_max_; }
  [[nodiscard]] std::size_t used() const noexcept { return used_.load(std::memory_order_relaxed); }

 private:
  const std::size_t bytes_max_, large_bytes_max_, small_;
  std::atomic<std::size_t> used_{0};
};

class BodyLease {
 public:
  explicit BodyLease(std::shared_ptr<BodyBudget> budget) : budget_(std::move(budget)) {}
  ~BodyLease() { budget_->give(held_); }
  BodyLease(const BodyLease&) = delete;
  BodyLease& operator=(const BodyLease&) = delete;

  // Raises the lease to `bytes`; false if the budget does not have them.
  [[nodiscard]] bool grow_to(std::size_t bytes) noexcept;

 private:
  std::shared_ptr<BodyBudget> budget_;
  std::size_t held_ = 0;
};

}  // namespace backtrail::api
