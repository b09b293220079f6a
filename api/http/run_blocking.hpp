// The one way in which a connection's coroutine waits for other threads: for a blocking call on a worker
// (run_blocking) or for an answer that anyone may give later (AnswerSlot, await_answer).
//
// A deadline ends the waiting, never the work: the blocking call goes on and its result is dropped. An io_context of
// ours is run by one thread, so a Waiter needs no lock; AnswerSlot::put may be called from any thread, also after the
// server is gone. Only session.cpp and its like include this header; handlers never see it.
#pragma once
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>

namespace backtrail::api {

// The timer that one connection sleeps on. `wake` may be called from any thread, the rest on the connection's thread.
class Waiter : public std::enable_shared_from_this<Waiter> {
 public:
  explicit Waiter(const boost::asio::any_io_executor& executor) : timer_(executor) {}

  void wake() {
    boost::asio::post(timer_.get_executor(), [self = shared_from_this()] { self->timer_.cancel(); });
  }
  void abort() {
    aborted_ = true;
    timer_.cancel();
  }
  [[nodiscard]] bool aborted() const noexcept { return aborted_; }
  [[nodiscard]] boost::asio::steady_timer& timer() noexcept { return timer_; }

 private:
  boost::asio::steady_timer timer_;
  bool aborted_ = false;
};

// One value from any thread to one waiting coroutine. The first value counts; after `close` none does.
template <class T>
class AnswerSlot {
 public:
  explicit AnswerSlot(std::shared_ptr<Waiter> waiter) : waiter_(std::move(waiter)) {}

  void put(T value) {
    const std::lock_guard lock(mutex_);
    if (closed_ || value_) return;
    value_.emplace(std::move(value));
    waiter_->wake();
  }
  [[nodiscard]] bool ready() const {
    const std::lock_guard lock(mutex_);
    return value_.has_value();
  }
  // Ends the waiting. The waiter is let go, because a late answerer must not keep a timer alive beyond its io_context.
  std::optional<T> close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    waiter_.reset();
    return std::exchange(value_, std::nullopt);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<Waiter> waiter_;
  std::optional<T> value_;
  bool closed_ = false;
};

// Nothing: the deadline passed, or the connection was aborted.
template <class T>
boost::asio::awaitable<std::optional<T>> await_answer(std::shared_ptr<Waiter> waiter,
                                                      std::shared_ptr<AnswerSlot<T>> slot,
                                                      std::chrono::steady_clock::time_point deadline) {
  struct Closer {  // also when the coroutine is destroyed while it waits
    AnswerSlot<T>& slot;
    ~Closer() { slot.close(); }
  } closer{*slot};
  // A wake that was meant for an earlier answer may arrive now, hence the loop.
  while (!slot->ready() && !waiter->aborted() && std::chrono::steady_clock::now() < deadline) {
    boost::system::error_code ignored;
    waiter->timer().expires_at(deadline);
    co_await waiter->timer().async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
  }
  std::optional<T> out = slot->close();
  co_return out;
}

// Runs f() on the pool. Its exception is rethrown here; nothing means that the deadline passed first.
template <class F>
boost::asio::awaitable<std::optional<std::invoke_result_t<F&>>> run_blocking(
    std::shared_ptr<Waiter> waiter, boost::asio::thread_pool& pool, F f,
    std::chrono::steady_clock::time_point deadline) {
  struct Outcome {
    std::optional<std::invoke_result_t<F&>> value;
    std::exception_ptr error;
  };
  auto slot = std::make_shared<AnswerSlot<Outcome>>(waiter);
  boost::asio::post(pool, [slot, work = std::move(f)]() mutable {
    Outcome outcome;
    try {
      outcome.value.emplace(work());
    } catch (...) {
      outcome.error = std::current_exception();
    }
    slot->put(std::move(outcome));
  });
  std::optional<Outcome> outcome = co_await await_answer(std::move(waiter), slot, deadline);
  if (!outcome) co_return std::nullopt;
  if (outcome->error) std::rethrow_exception(outcome->error);
  co_return std::move(outcome->value);
}

}  // namespace backtrail::api
