#include "api/http/router.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <stdexcept>
#include <utility>

#include "api/http/text.hpp"

namespace backtrail::api {

struct Router::Node {
  std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
  std::unique_ptr<Node> parameter;  // {name}
  std::unique_ptr<Node> rest;       // {name*}
  std::array<const Route*, kMethodCount> routes{};

  // HEAD falls back on GET.
  [[nodiscard]] const Route* route_for(Method method) const {
    const Route* exact = routes[static_cast<std::size_t>(method)];
    if (exact == nullptr && method == Method::kHead) exact = routes[static_cast<std::size_t>(Method::kGet)];
    return exact;
  }
};

namespace {

enum class Kind { kLiteral, kParameter, kRest };
struct Segment {
  Kind kind = Kind::kLiteral;
  std::string text;  // the literal or the parameter's name
};

[[noreturn]] void bad_pattern(const std::string& pattern, const char* why) {
  throw std::invalid_argument("route " + pattern + ": " + why);
}

Segment read_segment(const std::string& pattern, std::string_view text) {
  if (text.empty()) bad_pattern(pattern, "has an empty segment");
  if (text.front() != '{') {
    if (text.find_first_of("{}*\\") != std::string_view::npos) bad_pattern(pattern, "mixes a literal and a parameter");
    if (text == "." || text == "..") bad_pattern(pattern, "has a dot segment, which no request can match");
    return {Kind::kLiteral, std::string(text)};
  }
  if (text.size() < 3 || text.back() != '}') bad_pattern(pattern, "has a broken parameter");
  text = text.substr(1, text.size() - 2);
  const bool rest = text.back() == '*';
  if (rest) text.remove_suffix(1);
  if (!is_token(text) || text.find_first_of("{}*") != std::string_view::npos) {
    bad_pattern(pattern, "has a parameter without a proper name");
  }
  return {rest ? Kind::kRest : Kind::kParameter, std::string(text)};
}

std::vector<Segment> read_pattern(const std::string& pattern) {
  if (pattern.empty() || pattern.front() != '/') bad_pattern(pattern, "does not begin with a slash");
  std::vector<Segment> out;
  if (pattern == "/") return out;
  std::string_view rest = std::string_view(pattern).substr(1);
  for (;;) {
    const std::size_t slash = rest.find('/');
    if (!out.empty() && out.back().kind == Kind::kRest) bad_pattern(pattern, "has a segment after {name*}");
    out.push_back(read_segment(pattern, rest.substr(0, slash)));
    if (slash == std::string_view::npos) return out;
    rest.remove_prefix(slash + 1);
  }
}

std::string join(const std::vector<std::string>& segments, std::size_t from) {
  std::string out;
  for (std::size_t i = from; i < segments.size(); ++i) {
    if (i != from) out.push_back('/');
    out += segments[i];
  }
  return out;
}

// Walks all nodes that match the path, most literal first, until `visit` says stop. The depth is the pattern's.
template <class Node, class Visit>
bool walk(const Node& node, const std::vector<std::string>& segments, std::size_t at, std::vector<std::string>& values,
          const Visit& visit) {
  if (at == segments.size()) return visit(node, values);
  if (const auto literal = node.literals.find(segments[at]); literal != node.literals.end()) {
    if (walk(*literal->second, segments, at + 1, values, visit)) return true;
  }
  if (node.parameter) {
    values.push_back(segments[at]);
    if (walk(*node.parameter, segments, at + 1, values, visit)) return true;
    values.pop_back();
  }
  if (node.rest) {
    values.push_back(join(segments, at));
    if (visit(*node.rest, values)) return true;
    values.pop_back();
  }
  return false;
}

}  // namespace

Router::Router() : root_(std::make_unique<Node>()) {}
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;

void Router::add(Method method, std::string pattern, Handler handler, RouteOptions options) {
  if (!handler) bad_pattern(pattern, "has no handler");
  auto route = std::make_unique<Route>();
  route->method = method;
  route->pattern = std::move(pattern);
  route->handler = std::move(handler);
  route->options = std::move(options);
  insert(std::move(route));
}

void Router::add_async(Method method, std::string pattern, AsyncHandler handler, RouteOptions options) {
  if (!handler) bad_pattern(pattern, "has no handler");
  auto route = std::make_unique<Route>();
  route->method = method;
  route->pattern = std::move(pattern);
  route->async_handler = std::move(handler);
  route->options = std::move(options);
  route->options.allow_gzip = false;
  insert(std::move(route));
}

void Router::insert(std::unique_ptr<Route> route) {
  if (!route->options.auth.empty() && route->options.run_on == RunOn::kIoThread) {
    bad_pattern(route->pattern, "needs authorisation, which may block, so it can not run on an I/O thread");
  }
  Node* node = root_.get();
  for (Segment& segment : read_pattern(route->pattern)) {
    std::unique_ptr<Node>* next = &node->rest;
    if (segment.kind == Kind::kLiteral) next = &node->literals[segment.text];
    if (segment.kind == Kind::kParameter) next = &node->parameter;
    if (segment.kind != Kind::kLiteral) {
      const auto& names = route->parameter_names;
      if (std::find(names.begin(), names.end(), segment.text) != names.end()) {
        bad_pattern(route->pattern, "uses a parameter name twice");
      }
      route->parameter_names.push_back(segment.text);
    }
    if (!*next) *next = std::make_unique<Node>();
    node = next->get();
  }
  const Route*& slot = node->routes[static_cast<std::size_t>(route->method)];
  if (slot != nullptr) bad_pattern(route->pattern, "is there already for this method");
  slot = route.get();
  routes_.push_back(std::move(route));
}

Router::Match Router::match(Method method, const std::vector<std::string>& segments) const {
  Match out;
  std::array<bool, kMethodCount> allowed{};
  std::vector<std::string> values;
  walk(*root_, segments, 0, values, [&](const Node& node, std::vector<std::string>& found) {
    out.route = node.route_for(method);
    if (out.route == nullptr) {
      for (std::size_t i = 0; i < kMethodCount; ++i) {
        allowed[i] = allowed[i] || node.route_for(static_cast<Method>(i)) != nullptr;
      }
      return false;
    }
    for (std::size_t i = 0; i < found.size(); ++i) {
      out.parameters.push_back({out.route->parameter_names[i], std::move(found[i])});
    }
    return true;
  });
  if (out.route != nullptr) return out;
  for (std::size_t i = 0; i < kMethodCount; ++i) {
    if (!allowed[i]) continue;
    if (!out.allow.empty()) out.allow += ", ";
    out.allow += method_name(static_cast<Method>(i));
  }
  return out;
}

}  // namespace backtrail::api
