// The half of a session that takes the body: authorise first, then read under a limit, a minimum rate and a budget.
#include <algorithm>
#include <boost/asio/error.hpp>
#include <utility>

#include "api/http/access_log.hpp"
#include "api/http/exchange.hpp"
#include "api/http/run_blocking.hpp"

namespace backtrail::api {

using boost::asio::awaitable;
using std::chrono::milliseconds;

namespace {

constexpr std::size_t kBodyReadBytes = 64 * kKiB;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr int kRetryAfterSeconds = 1;
constexpr milliseconds kRoomEvery{20};  // looks again for the room of a large body

}  // namespace

awaitable<std::optional<Response>> Session::receive(Exchange& exchange) {
  std::optional<Response> refused = co_await authorise(exchange);
  if (refused) co_return refused;
  if (exchange.framing.expect_continue && input_.empty()) {
    const bool sent = co_await send_bytes(exchange, kContinue);
    if (!sent) {
      exchange.peer_gone = true;
      co_return std::nullopt;
    }
  }
  refused = co_await read_body(exchange);
  co_return refused;
}

// Before the body, so that a stranger can not make us hold one.
awaitable<std::optional<Response>> Session::authorise(Exchange& exchange) {
  const std::string& requirement = exchange.route->options.auth;
  if (requirement.empty()) co_return std::nullopt;
  const auto deadline = Clock::now() + core_.options.limits.async_deadline;
  auto work = [&options = core_.options, request = exchange.request, &requirement] {
    return options.authorise(*request, requirement);
  };
  std::optional<Response> out;
  try {
    auto outcome = co_await run_blocking(waiter_, pool_of(exchange), std::move(work), deadline);
    exchange.authorised = outcome.has_value() && !outcome->has_value();
    if (!outcome) {
      out = late(exchange);
    } else {
      out = std::move(*outcome);
    }
  } catch (const std::exception& failure) {
    out = failed(exchange, failure.what());
  } catch (...) {
    out = failed(exchange, "unknown exception");
  }
  co_return out;
}

// The moment at which the bytes received so far fall behind the minimum rate.
Session::Clock::time_point Session::body_deadline(const Exchange& exchange, Clock::time_point started) const {
  const auto& limits = core_.options.limits;
  const std::uint64_t rate = std::max<std::uint64_t>(1, limits.body_bytes_per_second);
  const milliseconds earned(static_cast<std::int64_t>(exchange.decoder->body_bytes() * 1000 / rate));
  return started + std::min(limits.body_grace + earned, limits.body_total_timeout);
}

// A large body of known length waits for the room of all of it before it is read, and TCP holds back its sender. Taken
// piece by piece, a crowd of uploads would share the room out until none of them could end. Without success the body
// is refused as soon as it does not fit.
awaitable<void> Session::wait_for_room(const Exchange& exchange) {
  const auto& limits = core_.options.limits;
  const std::uint64_t length = exchange.framing.content_length.value_or(0);
  if (length <= limits.small_body_bytes || length > core_.budget->large_bytes_max()) co_return;
  const auto until = Clock::now() + limits.body_room_timeout;
  bool room = false;
  while (!(room = exchange.lease->grow_to(length)) && Clock::now() < until && !waiter_->aborted() &&
         !core_.stopping.load()) {
    waiter_->timer().expires_after(kRoomEvery);
    boost::system::error_code cancelled;
    co_await waiter_->timer().async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, cancelled));
  }
  if (room) exchange.decoder->reserve(length);
}

awaitable<std::optional<Response>> Session::read_body(Exchange& exchange) {
  exchange.lease = std::make_shared<BodyLease>(core_.budget);
  co_await wait_for_room(exchange);
  const auto started = Clock::now();
  std::optional<Response> out;
  for (;;) {
    std::size_t consumed = 0;
    const BodyDecoder::State state = exchange.decoder->feed(input_, consumed);
    input_.erase(0, consumed);
    exchange.bytes_in += consumed;
    if (state == BodyDecoder::State::kTooLarge) {
      out = error(exchange, exchange.too_large());
      break;
    }
    if (state == BodyDecoder::State::kMalformed) {
      core_.heads_refused_total.fetch_add(1, std::memory_order_relaxed);
      exchange.framing.keep_alive = false;
      out = error(exchange, {.status = 400, .detail = "The framing of the body is broken."});
      break;
    }
    if (!exchange.lease->grow_to(exchange.decoder->body_bytes())) {
      out = error(exchange, {.status = 503,
                             .detail = "The server holds as many request bodies as it may.",
                             .hint = "Send it again a little later.",
                             .retry_after_s = kRetryAfterSeconds});
      break;
    }
    if (state == BodyDecoder::State::kDone) {
      exchange.request->body = exchange.decoder->take_body();
      exchange.request->body_lease = exchange.lease;
      exchange.body_complete = true;
      break;
    }
    const auto problem = co_await fill(kBodyReadBytes, body_deadline(exchange, started));
    if (problem == boost::asio::error::timed_out) {
      out = error(exchange, {.status = 408, .detail = "The body arrived too slowly."});
      break;
    }
    if (problem) {
      exchange.peer_gone = true;
      break;
    }
  }
  exchange.decoder.reset();
  co_return out;
}

}  // namespace backtrail::api
