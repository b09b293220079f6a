// The table of routes: method and pattern to handler and options.
//
// A pattern is a list of segments: literals, {name} for one segment, and {name*} at the end for one or more. A literal
// wins over a parameter. HEAD is answered by the GET route. There are no regular expressions: matching takes time
// linear in the path for every table without competing parameters.
// Build it, hand it to the server, leave it alone: afterwards it is only read, by all threads. A faulty table (bad
// pattern, same route twice) throws std::invalid_argument while it is built.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/limits.hpp"
#include "api/http/request.hpp"
#include "api/http/response.hpp"

namespace backtrail::api {

// Runs on a worker and may block; its answer is its return value.
using Handler = std::function<Response(const Request&)>;

// Runs on a worker too but returns early and answers later, from any thread, by calling `done` once; the connection
// waits without holding a thread. Further calls are ignored. Dropping every copy of `done` uncalled answers 500.
using Done = std::function<void(Response)>;
using AsyncHandler = std::function<void(std::shared_ptr<const Request>, Done done)>;

// Shapes the errors that the server itself gives on a route (413, 500, 503, ...): some senders understand one form
// only.
using ErrorRenderer = std::function<Response(const Request&, const Problem&)>;

// Which threads run the handler. Ingest has its own, so that slow questions of analysts can not hold up deliveries.
enum class RunOn : std::uint8_t {
  kWorker,
  kIngestWorker,
  kIoThread  // for handlers that never block and take microseconds
};

struct RouteOptions {
  std::size_t body_limit_bytes = kDefaultBodyBytesMax;
  // What the caller must be; the server's authorise callback is asked with this word before the body is read. Empty:
  // open to everyone.
  std::string auth{};
  RunOn run_on = RunOn::kWorker;
  // Off where an answer holds a secret next to text of the peer's choice, and always off for asynchronous handlers.
  bool allow_gzip = true;
  // How long the answer may take once the request is complete; zero means the server's limit for the kind of handler.
  std::chrono::milliseconds deadline{0};
  ErrorRenderer render_error{};
};

struct Route {
  Method method = Method::kGet;
  std::string pattern;
  Handler handler;  // exactly one of the two is set
  AsyncHandler async_handler;
  RouteOptions options;
  std::vector<std::string> parameter_names;
};

class Router {
 public:
  Router();
  ~Router();
  Router(Router&&) noexcept;
  Router& operator=(Router&&) noexcept;

  void add(Method method, std::string pattern, Handler handler, RouteOptions options = {});
  void add_async(Method method, std::string pattern, AsyncHandler handler, RouteOptions options = {});

  struct Match {
    const Route* route = nullptr;  // null: see `allow`
    std::vector<PathParameter> parameters;
    std::string allow;  // "GET, HEAD" when only the method is wrong (405); empty when there is no such path (404)
  };
  [[nodiscard]] Match match(Method method, const std::vector<std::string>& segments) const;

  // Every route in the order of adding, so that a test can visit all of them.
  [[nodiscard]] const std::vector<std::unique_ptr<Route>>& routes() const noexcept { return routes_; }

 private:
  struct Node;
  void insert(std::unique_ptr<Route> route);

  std::vector<std::unique_ptr<Route>> routes_;
  std::unique_ptr<Node> root_;
};

}  // namespace backtrail::api
