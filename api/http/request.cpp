#include "api/http/request.hpp"

#include <array>

#include "api/http/text.hpp"

namespace backtrail::api {
namespace {
constexpr std::array<std::string_view, kMethodCount> kNames = {"GET",   "HEAD",   "POST",   "PUT",
                                                               "PATCH", "DELETE", "OPTIONS"};
}  // namespace

std::string_view method_name(Method method) noexcept {
  return kNames[static_cast<std::size_t>(method)];
}

std::optional<Method> parse_method(std::string_view name) noexcept {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<Method>(i);
  }
  return std::nullopt;
}

std::optional<std::string_view> Request::query_value(std::string_view name) const noexcept {
  for (const QueryParameter& parameter : query) {
    if (parameter.name == name) return parameter.value;
  }
  return std::nullopt;
}

std::vector<std::string_view> Request::query_values(std::string_view name) const {
  std::vector<std::string_view> out;
  for (const QueryParameter& parameter : query) {
    if (parameter.name == name) out.push_back(parameter.value);
  }
  return out;
}

std::string_view Request::path_parameter(std::string_view name) const noexcept {
  for (const PathParameter& parameter : path_parameters) {
    if (parameter.name == name) return parameter.value;
  }
  return {};
}

std::string_view Request::content_type() const noexcept {
  const auto value = headers.find("Content-Type");
  if (!value) return {};
  return trim_space(value->substr(0, value->find(';')));
}

}  // namespace backtrail::api
