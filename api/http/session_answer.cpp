// The half of a session that gets the answer from the handler and writes it.
#include <algorithm>
#include <boost/asio/post.hpp>
#include <exception>
#include <utility>

#include "api/http/access_log.hpp"
#include "api/http/exchange.hpp"
#include "api/http/gzip.hpp"
#include "api/http/response_writer.hpp"

namespace backtrail::api {

using boost::asio::awaitable;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t kJoinBytesMax = 16 * kKiB;  // head and body leave in one write (and one TLS record) up to here
constexpr int kRetryAfterSeconds = 2;

using AsyncAnswer = std::optional<Response>;  // nothing: `done` was dropped

// Lives in every copy of `done`; the last one to go without an answer says so.
struct DoneGuard {
  std::shared_ptr<AnswerSlot<AsyncAnswer>> slot;
  explicit DoneGuard(std::shared_ptr<AnswerSlot<AsyncAnswer>> given) : slot(std::move(given)) {}
  ~DoneGuard() { slot->put(std::nullopt); }
  DoneGuard(const DoneGuard&) = delete;
  DoneGuard& operator=(const DoneGuard&) = delete;
};

struct Piece {
  std::string bytes;
  bool more = false;
};

}  // namespace

Response Session::failed(Exchange& exchange, std::string_view reason) {
  access_log::handler_failed(exchange.request->route, exchange.request->request_id, reason);
  return error(exchange, {.status = 500,
                          .detail = "Something went wrong in the server.",
                          .hint = "Look for the request_id in the server's log."});
}

Response Session::late(Exchange& exchange) {
  access_log::deadline_missed(exchange.request->route, exchange.request->request_id);
  return error(exchange, {.status = 503,
                          .detail = "The answer was not ready in time.",
                          .hint = "Send the request again a little later.",
                          .retry_after_s = kRetryAfterSeconds});
}

awaitable<Response> Session::answer(Exchange& exchange) {
  const Route& route = *exchange.route;
  const auto& limits = core_.options.limits;
  auto allowed = route.options.deadline;
  if (allowed.count() == 0) allowed = route.handler ? limits.blocking_deadline : limits.async_deadline;
  exchange.request->deadline = Clock::now() + allowed;

  Response response;
  try {
    if (!route.handler) {
      response = co_await answer_async(exchange);
    } else if (route.options.run_on == RunOn::kIoThread) {
      response = route.handler(*exchange.request);
      if (route.options.allow_gzip) compress(*exchange.request, response);
    } else {
      response = co_await answer_blocking(exchange);
    }
  } catch (const std::exception& failure) {
    response = failed(exchange, failure.what());
  } catch (...) {
    response = failed(exchange, "unknown exception");
  }
  co_return response;
}

awaitable<Response> Session::answer_blocking(Exchange& exchange) {
  const bool ask = !exchange.authorised && !exchange.route->options.auth.empty();
  auto work = [&options = core_.options, &route = *exchange.route, request = exchange.request, ask]() -> AsyncAnswer {
    // Whoever waited in the queue for too long has been answered already.
    if (Clock::now() >= request->deadline) return std::nullopt;
    if (ask) {
      if (auto refused = options.authorise(*request, route.options.auth)) return refused;
    }
    Response response = route.handler(*request);
    if (route.options.allow_gzip) compress(*request, response);
    return response;
  };
  auto outcome = co_await run_blocking(waiter_, pool_of(exchange), std::move(work), exchange.request->deadline);
  if (!outcome || !*outcome) co_return late(exchange);
  co_return std::move(**outcome);
}

awaitable<Response> Session::answer_async(Exchange& exchange) {
  const Route& route = *exchange.route;
  const bool ask = !exchange.authorised && !route.options.auth.empty();
  auto slot = std::make_shared<AnswerSlot<AsyncAnswer>>(waiter_);
  auto guard = std::make_shared<DoneGuard>(slot);
  auto work = [&options = core_.options, &route, request = exchange.request, ask, guard = std::move(guard)]() mutable {
    const Done done = [guard](Response response) { guard->slot->put(std::move(response)); };
    guard.reset();  // from here on only the handler's copies count
    try {
      if (ask) {
        if (auto refused = options.authorise(*request, route.options.auth)) {
          done(std::move(*refused));
          return;
        }
      }
      route.async_handler(request, done);
    } catch (const std::exception& failure) {
      access_log::handler_failed(route.pattern, request->request_id, failure.what());
    } catch (...) {
      access_log::handler_failed(route.pattern, request->request_id, "unknown exception");
    }
  };
  if (route.options.run_on == RunOn::kIoThread) {
    work();
  } else {
    boost::asio::post(pool_of(exchange), std::move(work));
  }
  auto outcome = co_await await_answer(waiter_, slot, exchange.request->deadline);
  if (!outcome) co_return late(exchange);
  if (!*outcome) co_return failed(exchange, "the handler gave no answer");
  co_return std::move(**outcome);
}

awaitable<bool> Session::send(Exchange& exchange, Response response, bool keep) {
  const BodyFraming framing = body_framing(response, exchange.framing.http_1_0);
  if (framing == BodyFraming::kUntilClose) keep = false;
  exchange.status = response.status;
  WriteContext context;
  context.request_id = exchange.request->request_id;
  context.keep_alive = keep;
  context.http_1_0 = exchange.framing.http_1_0;
  context.strict_transport_security = connection_->secure() && core_.options.strict_transport_security;
  std::string head = serialise_head(response, context);

  const bool head_only = framing == BodyFraming::kNone || exchange.request->method == Method::kHead;
  bool sent = false;
  if (head_only) {
    sent = co_await send_bytes(exchange, head);
  } else if (response.pull) {
    sent = co_await send_stream(exchange, head, response);
  } else if (response.body.size() <= kJoinBytesMax) {
    head += response.body;
    sent = co_await send_bytes(exchange, head);
  } else {
    sent = co_await send_bytes(exchange, head);
    if (sent) sent = co_await send_bytes(exchange, response.body);
  }
  if (response.pull) {
    // It may hold a database connection, whose closing is work for a worker.
    boost::asio::post(pool_of(exchange), [pull = std::move(response.pull)]() {});
  }
  record(exchange);
  co_return keep&& sent;
}

awaitable<bool> Session::send_stream(Exchange& exchange, std::string_view head, Response& response) {
  const bool chunked = !exchange.framing.http_1_0;
  bool sent = co_await send_bytes(exchange, head);
  bool more = true;
  auto pull = std::make_shared<Response::Pull>(std::move(response.pull));
  while (sent && more) {
    std::optional<Piece> piece;
    auto work = [pull] {
      Piece out;
      out.more = (*pull)(out.bytes);
      return out;
    };
    const auto deadline = Clock::now() + core_.options.limits.pull_deadline;
    try {
      piece = co_await run_blocking(waiter_, pool_of(exchange), std::move(work), deadline);
      if (!piece) access_log::deadline_missed(exchange.request->route, exchange.request->request_id);
    } catch (const std::exception& failure) {
      access_log::handler_failed(exchange.request->route, exchange.request->request_id, failure.what());
    } catch (...) {
      access_log::handler_failed(exchange.request->route, exchange.request->request_id, "unknown exception");
    }
    if (!piece) {
      connection_->abort();  // a cut, not a short success
      sent = false;
      break;
    }
    more = piece->more;
    if (piece->bytes.empty()) continue;  // an empty chunk would mean the end
    if (chunked) {
      piece->bytes.insert(0, chunk_header(piece->bytes.size()));
      piece->bytes += kChunkEnd;
    }
    sent = co_await send_bytes(exchange, piece->bytes);
  }
  if (sent && chunked) sent = co_await send_bytes(exchange, kLastChunk);
  response.pull = [pull](std::string&) { return false; };  // hands it back, to be destroyed by a worker
  co_return sent;
}

// In pieces, each with the full write timeout: a slow reader is not a dead one, but it has to move.
awaitable<bool> Session::send_bytes(Exchange& exchange, std::string_view bytes) {
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, kWritePieceBytes);
    const auto error = co_await connection_->write(piece, {}, {}, Clock::now() + core_.options.limits.write_timeout);
    if (error) {
      connection_->abort();
      co_return false;
    }
    exchange.bytes_out += piece.size();
    bytes.remove_prefix(piece.size());
  }
  co_return true;
}

}  // namespace backtrail::api
