#include "api/rest/session.hpp"

#include <nlohmann/json.hpp>

#include "api/rest/problem.hpp"
#include "api/version.hpp"
#include "schema/core/time.hpp"
#include "schema/retention/retention.hpp"

namespace backtrail::api {
namespace {

using nlohmann::ordered_json;

std::string_view name_of(Role role) {
  switch (role) {
    case Role::kAdministrator:
      return "administrator";
    case Role::kAnalyst:
      return "analyst";
    case Role::kIngest:
      return "ingest";
  }
  return "";
}

// The fewest days that any class of events is kept; null when all are kept for ever.
ordered_json retention_days(const schema::RetentionRules& rules) {
  ordered_json days = nullptr;
  for (const auto& [kind, value] : rules)
    if (kind.starts_with("event_") && value && (days.is_null() || days.get<int>() > *value)) days = *value;
  return days;
}

Response show(const Request& request, const query::Warehouse& warehouse) {
  const Caller& caller = caller_of(request);
  const auto rules = schema::read_retention_rules(warehouse.database);
  if (!rules) return problem_for(rules.error(), request);
  ordered_json answer{{"name", caller.name}, {"role", name_of(caller.role)}};
  if (caller.scope.is_all())
    answer["accounts"] = "*";
  else
    answer["accounts"] = caller.scope.account_ids();
  answer["now"] = schema::format_rfc3339(schema::now_us() / schema::kMicrosPerSecond * schema::kMicrosPerSecond);
  answer["version"] = kVersion;
  answer["retention_days"] = retention_days(*rules);
  return respond::json(answer.dump());
}

std::string cookie(const Request& request, const std::string& value, const char* life) {
  return std::string(kTokenCookie) + "=" + value + "; Path=/; HttpOnly; SameSite=Strict" +
         (request.secure ? "; Secure" : "") + life;
}

bool is_token_text(std::string_view token) {
  constexpr std::size_t kTokenMax = 256;
  if (token.empty() || token.size() > kTokenMax) return false;
  for (const char c : token)
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-'))
      return false;
  return true;
}

Response sign_in(const Request& request, Authenticator& authenticator) {
  const auto body = nlohmann::json::parse(request.body, nullptr, false);
  const bool has_token = body.is_object() && body.contains("token") && body["token"].is_string();
  const std::string token = has_token ? body["token"].get<std::string>() : "";
  if (!is_token_text(token))
    return respond::problem(request, {.status = 400,
                                      .detail = "The body is not {\"token\": \"…\"}.",
                                      .hint = "Send the token that deploy/up printed."});
  const auto caller = authenticator.verify(token);
  if (!caller) return problem_for(caller.error(), request);
  if (!*caller || (*caller)->role == Role::kIngest)
    return respond::problem(request, {.status = 401,
                                      .detail = "No analyst or administrator has this token.",
                                      .hint = "'backtrail key create' makes one."});
  Response response = respond::no_content();
  response.headers.set("Set-Cookie", cookie(request, token, ""));
  return response;
}

}  // namespace

void add_session_routes(Router& router, Authenticator& authenticator, const query::Warehouse& warehouse) {
  constexpr std::size_t kBodyMax = 4096;
  RouteOptions open;
  open.body_limit_bytes = kBodyMax;
  open.allow_gzip = false;
  RouteOptions analyst = open;
  analyst.auth = kNeedsAnalyst;
  router.add(
      Method::kGet, "/api/v1/session", [&warehouse](const Request& r) { return show(r, warehouse); }, analyst);
  router.add(
      Method::kPost, "/api/v1/session", [&authenticator](const Request& r) { return sign_in(r, authenticator); }, open);
  router.add(
      Method::kDelete, "/api/v1/session",
      [](const Request& r) {
        Response response = respond::no_content();
        response.headers.set("Set-Cookie", cookie(r, "", "; Max-Age=0"));
        return response;
      },
      open);
}

}  // namespace backtrail::api
