#include "ingest/intake.hpp"

#include <boost/core/demangle.hpp>
#include <spdlog/spdlog.h>

#include "ingest/spool/delivery_codec.hpp"
#include "schema/core/time.hpp"

namespace backtrail::ingest {
using schema::monotonic_ms;
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kLookEvery{50};

schema::Error overloaded() {
  return schema::fail(schema::Code::kOverload, "too many deliveries are waiting; send it again in a few seconds");
}

}  // namespace

// A delivery under way. `pending` or `own` holds its body until nobody needs it any more.
struct Intake::Ticket {
  std::mutex mutex;
  ReceiptCallback callback;  // empty once it was called
  PendingPtr pending;        // while the pipeline has it
  std::optional<Delivery> own;
  std::optional<schema::Error> failed;  // the pipeline gave it up
  schema::Uuid id;
  std::size_t bytes = 0;
  bool in_pipeline = false;  // it may still be committed
  bool settled = false, spool_requested = false, spooled = false, spool_failed = false, released = false;
  Clock::time_point submitted = Clock::now();
};

Intake::Intake(Pipeline& pipeline, DbHealth& health, spool::Spool* spool, IntakeOptions options)
    : pipeline_(pipeline),
      health_(health),
      spool_(spool),
      options_(std::move(options)),
      durable_ms_(monotonic_ms() - options_.ready_within.count() - 1) {
  if (spool_ != nullptr) {
    for (unsigned i = 0; i < options_.spool_writers; ++i) spool_threads_.emplace_back([this] { spool_loop(); });
    drainer_ = std::make_unique<spool::Drainer>(*spool_, health_, [this](Delivery delivery, ReceiptCallback callback) {
      drain(std::move(delivery), std::move(callback));
    });
  }
  watch_thread_ = std::thread([this] { watch_loop(); });
}

Intake::~Intake() {
  if (drainer_) drainer_->stop();
  const auto nothing_under_way = [this] { return under_way_ == 0; };
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, nothing_under_way);
    stopping_ = true;
  }
  changed_.notify_all();
  watch_thread_.join();
  {
    // The watch may have sent a last canary, which still calls us.
    std::unique_lock lock(mutex_);
    changed_.wait(lock, nothing_under_way);
    spool_stopping_ = true;
  }
  spool_ready_.notify_all();
  for (auto& thread : spool_threads_) thread.join();
}

void Intake::drain(Delivery delivery, ReceiptCallback callback) {
  bool stored = false;
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = doubts_.find(delivery.id); found != doubts_.end()) {
      if (!found->second.stored) {
        found->second.drainer = std::move(callback);
        return;
      }
      doubts_.erase(found);
      stored = true;
    }
  }
  if (stored) return callback(Receipt{});  // its own commit came after all
  pipeline_.submit_when_room(std::move(delivery), [this, callback = std::move(callback)](const Receipt& receipt) {
    if (receipt.error && receipt.error->code == schema::Code::kDatabaseDown) health_.report_down();
    callback(receipt);
  });
}

// Before the record is written: the drainer may come to it at once.
void Intake::doubt(const schema::Uuid& delivery) {
  const std::lock_guard lock(mutex_);
  doubts_.try_emplace(delivery);
}

void Intake::settle_doubt(const schema::Uuid& delivery, bool stored) {
  ReceiptCallback drainer;
  {
    const std::lock_guard lock(mutex_);
    const auto found = doubts_.find(delivery);
    if (found == doubts_.end()) return;
    drainer = std::move(found->second.drainer);
    if (!drainer && stored) {
      found->second.stored = true;
      return;
    }
    doubts_.erase(found);
  }
  if (!drainer) return;
  Receipt receipt;  // not stored: no fault of the delivery, and tried again
  if (!stored) receipt.error = schema::fail(schema::Code::kDatabaseDown, "its own commit failed");
  drainer(receipt);
}

bool Intake::reserve(std::size_t bytes) {
  const bool small = bytes <= options_.small_bytes_max + kTicketBytes;
  const std::size_t most = options_.bytes_max - (small ? 0 : std::min(options_.bytes_max, options_.reserved_bytes));
  const std::lock_guard lock(mutex_);
  // Copies for the spool hold back large ones only: they have a bound of their own, and small ones would be refused
  // for as long as a large one is being spooled.
  const std::size_t held = bytes_under_way_ - (small ? copy_bytes_ : 0);
  // One always fits: otherwise one that is larger than the bound could never come in.
  if (held != 0 && held + bytes > most) return false;
  bytes_under_way_ += bytes;
  ++under_way_;
  return true;
}

// Nobody needs the body any more. The ticket's mutex is held.
void Intake::release(Ticket& ticket) {
  ticket.pending.reset();
  ticket.own.reset();
  if (std::exchange(ticket.released, true)) return;
  const std::lock_guard lock(mutex_);
  bytes_under_way_ -= ticket.bytes;
  --under_way_;
  changed_.notify_all();
}

void Intake::submit(Delivery delivery, ReceiptCallback callback) {
  const auto ticket = std::make_shared<Ticket>();
  ticket->callback = std::move(callback);
  ticket->id = delivery.id;
  ticket->bytes = delivery.body.size() + kTicketBytes;
  if (!reserve(ticket->bytes)) {
    ticket->released = true;  // nothing was reserved
    return refuse(ticket, overloaded());
  }
  delivery.keep_body = spool_ != nullptr;
  if (hand_to_pipeline(ticket, delivery)) {
    const std::lock_guard lock(mutex_);
    before_spool_.push_back(ticket);
    before_refusal_.push_back(ticket);
    return;
  }
  {
    const std::lock_guard lock(ticket->mutex);
    ticket->own = std::move(delivery);
    ticket->settled = true;
    ticket->failed = overloaded();
  }
  {
    // A disk that hangs keeps nobody waiting either.
    const std::lock_guard lock(mutex_);
    before_refusal_.push_back(ticket);
  }
  request_spool(ticket);
}

// False: it has no room, or the database is away; `delivery` is untouched then.
bool Intake::hand_to_pipeline(const TicketPtr& ticket, Delivery& delivery) {
  if (spool_ != nullptr && health_.down()) return false;
  // Locked, so that settled() cannot come before `pending` is there.
  const std::lock_guard lock(ticket->mutex);
  ticket->pending =
      pipeline_.try_submit(delivery, [this, ticket](const Receipt& receipt) { settled(ticket, receipt); });
  ticket->in_pipeline = ticket->pending != nullptr;
  return ticket->in_pipeline;
}

void Intake::settled(const TicketPtr& ticket, const Receipt& receipt) {
  {
    const std::lock_guard lock(ticket->mutex);
    ticket->in_pipeline = false;
  }
  settle_doubt(ticket->id, !receipt.error);
  if (!receipt.error) {
    durable_ms_ = monotonic_ms();
    answer(ticket, receipt);
    const std::lock_guard lock(ticket->mutex);
    ticket->settled = true;
    const bool spooling = ticket->spool_requested && !ticket->spooled && !ticket->spool_failed;
    if (!spooling) release(*ticket);
    return;
  }
  if (receipt.error->code == schema::Code::kDatabaseDown) health_.report_down();
  bool hopeless = false;
  {
    const std::lock_guard lock(ticket->mutex);
    ticket->settled = true;
    ticket->failed = receipt.error;
    if (ticket->spooled) return release(*ticket);
    hopeless = ticket->spool_failed;
  }
  if (hopeless) return refuse(ticket, *receipt.error);
  request_spool(ticket);
}

// Once for each ticket.
void Intake::request_spool(const TicketPtr& ticket) {
  {
    const std::lock_guard lock(ticket->mutex);
    if (ticket->spool_requested || ticket->released) return;
    if (spool_ != nullptr) ticket->spool_requested = true;
  }
  if (spool_ == nullptr) return refuse(ticket, ticket->failed.value_or(overloaded()));
  const std::lock_guard lock(mutex_);
  to_spool_.push_back(ticket);
  spool_ready_.notify_all();
}

void Intake::spool_loop() {
  std::unique_lock lock(mutex_);
  for (;;) {
    // In order: a large one that waits for room is not passed by small ones for ever.
    spool_ready_.wait(lock, [this] {
      if (to_spool_.empty()) return spool_stopping_;
      return copy_bytes_ == 0 || copy_bytes_ + to_spool_.front()->bytes <= options_.spool_copy_bytes_max;
    });
    if (to_spool_.empty()) return;
    const TicketPtr ticket = std::move(to_spool_.front());
    to_spool_.pop_front();
    const std::size_t bytes = ticket->bytes;
    copy_bytes_ += bytes;
    bytes_under_way_ += bytes;
    lock.unlock();
    spool_one(ticket);
    lock.lock();
    copy_bytes_ -= bytes;
    bytes_under_way_ -= bytes;
    spool_ready_.notify_all();
  }
}

// False: it was committed meanwhile, nothing was written.
schema::Result<bool> Intake::write_to_spool(const TicketPtr& ticket) {
  try {
    std::string payload;
    {
      const std::lock_guard lock(ticket->mutex);
      const bool committed = !ticket->callback && ticket->settled && !ticket->failed;
      if (committed || (!ticket->own && !ticket->pending)) return false;
      payload = spool::encode_delivery(ticket->own ? *ticket->own : ticket->pending->delivery());
      if (ticket->in_pipeline) doubt(ticket->id);
    }
    if (const auto safe = spool_->append(payload, options_.now_us()); !safe) {
      settle_doubt(ticket->id, false);
      return safe.error();
    }
    return true;
  } catch (const std::exception& error) {  // no memory, as a rule
    settle_doubt(ticket->id, false);
    return schema::fail(schema::Code::kOverload,
                        "the spool's writer failed with " + boost::core::demangle(typeid(error).name()));
  }
}

void Intake::spool_one(const TicketPtr& ticket) {
  const auto safe = write_to_spool(ticket);
  if (safe && !*safe) {
    const std::lock_guard lock(ticket->mutex);
    return release(*ticket);
  }
  if (safe) {
    durable_ms_ = monotonic_ms();
    Receipt receipt;
    receipt.spooled = true;
    answer(ticket, receipt);
    const std::lock_guard lock(ticket->mutex);
    ticket->spooled = true;
    if (ticket->settled) release(*ticket);  // else whoever settles it does
    return;
  }
  spdlog::warn("{}", safe.error().detail);
  bool hopeless = false;
  {
    const std::lock_guard lock(ticket->mutex);
    ticket->spool_failed = true;
    hopeless = ticket->settled;
    if (ticket->settled && !ticket->failed) return release(*ticket);
  }
  if (hopeless) refuse(ticket, overloaded());
}

// Only the first answer counts.
void Intake::answer(const TicketPtr& ticket, const Receipt& receipt) {
  ReceiptCallback callback;
  {
    const std::lock_guard lock(ticket->mutex);
    callback = std::exchange(ticket->callback, {});
  }
  if (!callback) return;
  if (receipt.spooled) ++spooled_;
  if (receipt.error) ++refused_;
  callback(receipt);
}

void Intake::refuse(const TicketPtr& ticket, schema::Error error) {
  Receipt receipt;
  receipt.error = std::move(error);
  answer(ticket, receipt);
  const std::lock_guard lock(ticket->mutex);
  release(*ticket);
}

void Intake::watch_loop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const auto now = Clock::now();
    const auto due = [&](std::deque<TicketPtr>& tickets, std::chrono::milliseconds after) {
      TicketPtr ticket;
      if (!tickets.empty() && now - tickets.front()->submitted >= after) {
        ticket = std::move(tickets.front());
        tickets.pop_front();
      }
      return ticket;
    };
    if (const auto slow = due(before_spool_, options_.spool_after)) {
      lock.unlock();
      bool open = false;
      {
        const std::lock_guard ticket_lock(slow->mutex);
        open = !slow->settled && spool_ != nullptr;
      }
      if (open) request_spool(slow);
      lock.lock();
      continue;
    }
    if (const auto late = due(before_refusal_, options_.answer_within)) {
      lock.unlock();
      Receipt receipt;  // it may still be stored; its sender must not rely on that
      receipt.error = overloaded();
      answer(late, receipt);
      lock.lock();
      continue;
    }
    const bool silent = monotonic_ms() - durable_ms_ > options_.canary_every.count();
    if (silent && !canary_under_way_.exchange(true)) {
      lock.unlock();
      send_canary();
      lock.lock();
      continue;
    }
    changed_.wait_for(lock, kLookEvery, [this] { return stopping_; });
  }
}

void Intake::send_canary() {
  Delivery delivery;
  delivery.id.bytes = schema::random_hash_key().bytes;
  delivery.door = kCanaryDoor;
  delivery.body = "[]";
  delivery.received_us = options_.now_us();
  submit(std::move(delivery), [this](const Receipt&) { canary_under_way_ = false; });
}

bool Intake::ready() const {
  return monotonic_ms() - durable_ms_ <= options_.ready_within.count();
}

IntakeStatus Intake::status() const {
  IntakeStatus status;
  status.spooled = spooled_;
  status.refused = refused_;
  status.drained = drainer_ ? drainer_->drained() : 0;
  status.gave_up = drainer_ ? drainer_->gave_up() : 0;
  status.database_down = health_.down();
  const std::lock_guard lock(mutex_);
  status.bytes_under_way = bytes_under_way_;
  return status;
}

}  // namespace backtrail::ingest
