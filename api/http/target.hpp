// The request target, decoded once into the one form that everything after it uses.
//
// A path is split at its slashes first and each segment is percent-decoded once. Nothing is normalised: empty segments,
// "." and "..", encoded slashes and backslashes do not name anything of ours, so such a path is simply not found.
// Pure and thread-safe.
#pragma once
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "api/http/head.hpp"
#include "api/http/request.hpp"

namespace backtrail::api {

struct Target {
  std::string path;                   // the decoded segments, each after a slash
  std::vector<std::string> segments;  // none for "/"
  std::vector<QueryParameter> query;
};

// 404 for a path that can not exist here, 400 for escapes that are broken or decode to NUL or to what is not UTF-8.
[[nodiscard]] std::variant<Target, Refusal> decode_target(std::string_view target);

}  // namespace backtrail::api
