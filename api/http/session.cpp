#include "api/http/session.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <utility>
#include <variant>

#include "api/http/access_log.hpp"
#include "api/http/exchange.hpp"
#include "api/http/response_writer.hpp"
#include "api/http/text.hpp"

namespace backtrail::api {

using boost::asio::awaitable;
using Clock = std::chrono::steady_clock;

namespace {
constexpr std::size_t kHeadReadBytes = 8 * kKiB;
constexpr std::size_t kIdleInputBytes = 64 * kKiB;  // an idle connection does not keep a larger buffer
}  // namespace

Session::Session(ServerCore& core, std::shared_ptr<Connection> connection,
                 std::unique_ptr<ConnectionLimiter::Ticket> ticket, std::string peer_address)
    : core_(core),
      connection_(std::move(connection)),
      ticket_(std::move(ticket)),
      waiter_(std::make_shared<Waiter>(connection_->executor())),
      peer_address_(std::move(peer_address)) {}

Session::~Session() = default;

void Session::drain() {
  draining_ = true;
  if (waiting_for_request_) abort();
}

void Session::abort() {
  waiter_->abort();
  connection_->abort();
}

awaitable<void> Session::run() {
  const auto& limits = core_.options.limits;
  bool again = true;
  if (connection_->secure()) {
    const auto error = co_await connection_->handshake(Clock::now() + limits.header_timeout);
    again = !error;
  }
  if (!again) co_return;
  while (again) {
    again = co_await serve_one();
    first_request_ = false;
  }
  const std::size_t swallow_bytes_max = linger_ ? kLingerBytesMax : 0;
  co_await connection_->finish(swallow_bytes_max, Clock::now() + limits.linger_timeout);
}

awaitable<bool> Session::serve_one() {
  Exchange exchange;
  exchange.request->request_id = core_.ids.next();
  exchange.request->remote_address = peer_address_;
  exchange.request->secure = connection_->secure();

  const Input input = co_await read_head(exchange);
  if (input == Input::kClosed) co_return false;
  exchange.request->received_at = Clock::now();
  if (input == Input::kRefused) {
    core_.heads_refused_total.fetch_add(1, std::memory_order_relaxed);
    access_log::head_refused(exchange.refusal.reason, exchange.request->request_id, peer_address_);
    linger_ = true;
    Response refusal = error(exchange, exchange.refusal_problem());
    co_return co_await send(exchange, std::move(refusal), false);
  }

  std::optional<Response> early = admit(exchange);
  if (!early && exchange.framing.has_body()) early = co_await receive(exchange);
  if (exchange.peer_gone) {
    record(exchange);
    co_return false;
  }
  Response response;
  if (early) {
    response = std::move(*early);
  } else {
    response = co_await answer(exchange);
  }
  const bool body_pending = exchange.framing.has_body() && !exchange.body_complete;
  const bool keep = exchange.framing.keep_alive && !body_pending && !draining_ && !core_.stopping.load();
  linger_ = body_pending || !input_.empty();
  co_return co_await send(exchange, std::move(response), keep);
}

awaitable<Connection::ErrorCode> Session::fill(std::size_t bytes, Clock::time_point deadline) {
  const std::size_t before = input_.size();
  input_.resize(before + bytes);
  const Connection::Got got = co_await connection_->read_some(input_.data() + before, bytes, deadline);
  input_.resize(before + got.bytes);
  co_return got.error;
}

awaitable<Session::Input> Session::read_head(Exchange& exchange) {
  const auto& limits = core_.options.limits;
  HeadScanner scanner(core_.head_limits);
  if (input_.empty() && input_.capacity() > kIdleInputBytes) std::string().swap(input_);
  const bool pipelined = !input_.empty();
  auto deadline = Clock::now() + (pipelined || first_request_ ? limits.header_timeout : limits.idle_timeout);
  for (;;) {
    const HeadScanner::State state = scanner.scan(input_);
    if (state == HeadScanner::State::kComplete) {
      co_return accept_head(exchange, scanner.head_bytes()) ? Input::kHead : Input::kRefused;
    }
    if (state == HeadScanner::State::kRefused) {
      exchange.refusal = scanner.refusal();
      co_return Input::kRefused;
    }
    waiting_for_request_ = input_.empty();
    if (waiting_for_request_ && (draining_ || core_.stopping.load())) co_return Input::kClosed;
    const auto error = co_await fill(kHeadReadBytes, deadline);
    if (waiting_for_request_ && !input_.empty()) deadline = Clock::now() + limits.header_timeout;
    waiting_for_request_ = false;
    if (!error) continue;
    if (error == boost::asio::error::timed_out && !input_.empty()) {
      exchange.refusal = {408, "The head of the request did not arrive in time.", {}};
      co_return Input::kRefused;
    }
    co_return Input::kClosed;
  }
}

bool Session::accept_head(Exchange& exchange, std::size_t head_bytes) {
  exchange.bytes_in += head_bytes;
  exchange.head_block = input_.substr(0, head_bytes);
  input_.erase(0, head_bytes);
  auto split = split_head(exchange.head_block);
  if (const auto* refusal = std::get_if<Refusal>(&split)) {
    exchange.refusal = *refusal;
    return false;
  }
  exchange.head = std::move(std::get<Head>(split));
  auto checked = check_head(exchange.head);
  if (const auto* refusal = std::get_if<Refusal>(&checked)) {
    exchange.refusal = *refusal;
    return false;
  }
  exchange.framing = std::get<Framing>(checked);
  return true;
}

// Everything that is decided from the head: what is asked for, and whether the body may come.
std::optional<Response> Session::admit(Exchange& exchange) {
  Request& request = *exchange.request;
  request.method = *parse_method(exchange.head.method);
  request.target = exchange.head.target;
  request.headers.reserve(exchange.head.fields.size());
  for (const HeaderField& field : exchange.head.fields) request.headers.add(field.name, field.value);
  request.remote_address = client_address(peer_address_, request.headers,
                                          [this](std::string_view peer) { return core_.is_trusted_proxy(peer); });
  if (!is_allowed_host(*request.header("Host"))) {
    return error(exchange, {.status = 421,
                            .detail = "This server does not answer under the name in the Host header.",
                            .hint = "Add the name to the allowed hosts of the server."});
  }
  if (auto response = find_route(exchange)) return response;

  const std::size_t body_limit = exchange.route->options.body_limit_bytes;
  if (exchange.framing.content_length.value_or(0) > body_limit) return error(exchange, exchange.too_large());
  exchange.decoder = std::make_unique<BodyDecoder>(body_limit);
  const BodyDecoder::State state = exchange.decoder->take_head(exchange.head_block);
  const bool agreed =
      exchange.framing.has_body() ? state == BodyDecoder::State::kMore : state == BodyDecoder::State::kDone;
  if (!agreed) {
    core_.heads_refused_total.fetch_add(1, std::memory_order_relaxed);
    exchange.framing.keep_alive = false;
    return error(exchange, {.status = 400, .detail = "The head of the request is malformed."});
  }
  return std::nullopt;
}

std::optional<Response> Session::find_route(Exchange& exchange) {
  Request& request = *exchange.request;
  auto decoded = decode_target(request.target);
  if (const auto* refusal = std::get_if<Refusal>(&decoded)) {
    return error(
        exchange,
        {.status = refusal->status, .detail = std::string(refusal->reason), .hint = std::string(refusal->hint)});
  }
  Target& target = std::get<Target>(decoded);
  Router::Match match = core_.router.match(request.method, target.segments);
  request.path = std::move(target.path);
  request.query = std::move(target.query);
  if (match.route != nullptr) {
    exchange.route = match.route;
    request.route = match.route->pattern;
    request.path_parameters = std::move(match.parameters);
    return std::nullopt;
  }
  if (match.allow.empty()) return error(exchange, {.status = 404, .detail = "There is nothing at this path."});
  Response response =
      error(exchange,
            {.status = 405, .detail = "This path does not take that method.", .hint = "It takes " + match.allow + "."});
  response.headers.set("Allow", match.allow);
  return response;
}

bool Session::is_allowed_host(std::string_view host) const {
  const auto& allowed = core_.options.allowed_hosts;
  if (allowed.empty()) return true;
  // Without the port; the colons of an IPv6 address stand within brackets.
  const std::size_t bracket = host.rfind(']');
  const std::size_t colon = host.rfind(':');
  if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
    host = host.substr(0, colon);
  }
  return std::any_of(allowed.begin(), allowed.end(),
                     [host](const std::string& name) { return equal_ignore_case(name, host); });
}

Response Session::error(const Exchange& exchange, Problem problem) const {
  if (problem.title.empty()) problem.title = status_name(problem.status);
  if (exchange.route != nullptr && exchange.route->options.render_error) {
    try {
      return exchange.route->options.render_error(*exchange.request, problem);
    } catch (const std::exception& failure) {
      access_log::handler_failed(exchange.request->route, exchange.request->request_id, failure.what());
    }
  }
  return respond::problem(*exchange.request, problem);
}

boost::asio::thread_pool& Session::pool_of(const Exchange& exchange) {
  const bool ingest = exchange.route != nullptr && exchange.route->options.run_on == RunOn::kIngestWorker;
  return ingest ? core_.ingest_workers : core_.workers;
}

void Session::record(const Exchange& exchange) const {
  RequestRecord record;
  record.route = exchange.request->route;
  record.method = exchange.request->target.empty() ? std::string_view{} : method_name(exchange.request->method);
  record.status = exchange.status;
  record.seconds = std::chrono::duration<double>(Clock::now() - exchange.request->received_at).count();
  record.bytes_in = exchange.bytes_in;
  record.bytes_out = exchange.bytes_out;
  if (core_.options.on_request) core_.options.on_request(record);
  access_log::request_done(record, exchange.request->target, exchange.request->request_id,
                           exchange.request->remote_address);
}

}  // namespace backtrail::api
