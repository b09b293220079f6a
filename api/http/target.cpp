#include "api/http/target.hpp"

#include <optional>
#include <utility>

#include "api/http/text.hpp"

namespace backtrail::api {
namespace {

constexpr Refusal kBadEscape{400, "An escape in the URL is broken, or does not decode to UTF-8 text.",
                             "Write %XX with two hexadecimal digits, and %25 for a percent sign."};
constexpr Refusal kNotFound{404, "There is nothing at this path.", {}};

std::optional<Refusal> decode_path(std::string_view path, Target& out) {
  if (path == "/") {
    out.path = "/";
    return std::nullopt;
  }
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash; check_head made sure of the first one
    const std::size_t end = path.find('/');
    const auto segment = percent_decode(path.substr(0, end), false);
    if (!segment) return kBadEscape;
    if (segment->empty() || *segment == "." || *segment == ".." || segment->find_first_of("/\\") != std::string::npos) {
      return kNotFound;
    }
    out.path.push_back('/');
    out.path += *segment;
    out.segments.push_back(*segment);
    path.remove_prefix(end == std::string_view::npos ? path.size() : end);
  }
  return std::nullopt;
}

std::optional<Refusal> decode_query(std::string_view query, Target& out) {
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    if (pair.empty()) continue;
    if (out.query.size() == kQueryParametersMax) return Refusal{400, "There are too many query parameters.", {}};
    const std::size_t equals = pair.find('=');
    auto name = percent_decode(pair.substr(0, equals), true);
    auto value = equals == std::string_view::npos ? std::optional<std::string>("")
                                                  : percent_decode(pair.substr(equals + 1), true);
    if (!name || !value) return kBadEscape;
    out.query.push_back({std::move(*name), std::move(*value)});
  }
  return std::nullopt;
}

}  // namespace

std::variant<Target, Refusal> decode_target(std::string_view target) {
  if (target.empty() || target.front() != '/') return kNotFound;
  Target out;
  const std::size_t question = target.find('?');
  if (const auto refusal = decode_path(target.substr(0, question), out)) return *refusal;
  if (question != std::string_view::npos) {
    if (const auto refusal = decode_query(target.substr(question + 1), out)) return *refusal;
  }
  return out;
}

}  // namespace backtrail::api
