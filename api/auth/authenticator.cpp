#include "api/auth/authenticator.hpp"

#include <algorithm>
#include <sodium.h>

#include "api/rest/problem.hpp"
#include "schema/core/hash.hpp"
#include "schema/core/time.hpp"
#include "schema/registry/api_keys.hpp"

namespace backtrail::api {
namespace {

std::string decode_base64(std::string_view text) {
  std::string out(text.size(), '\0');
  std::size_t size = 0;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(out.data()), out.size(), text.data(), text.size(), nullptr,
                        &size, nullptr, sodium_base64_VARIANT_ORIGINAL) != 0)
    return {};
  out.resize(size);
  return out;
}

bool starts_with_word(std::string_view text, std::string_view word) {
  return text.size() > word.size() &&
         std::equal(word.begin(), word.end(), text.begin(), [](char a, char b) { return a == (b | 0x20); });
}

// The value of one cookie in a Cookie header: "a=1; b=2" (RFC 6265 §4.2).
std::string cookie_value(std::string_view cookies, std::string_view name) {
  for (std::size_t at = 0; at < cookies.size();) {
    const std::size_t semicolon = cookies.find(';', at);
    const std::size_t end = semicolon == std::string_view::npos ? cookies.size() : semicolon;
    while (at < end && cookies[at] == ' ') ++at;
    const std::string_view pair = cookies.substr(at, end - at);
    if (pair.starts_with(name) && pair.substr(name.size()).starts_with('='))
      return std::string(pair.substr(name.size() + 1));
    at = end + 1;
  }
  return {};
}

Problem unauthorised() {
  return {.status = 401,
          .detail = "This needs a key.",
          .hint = "Send it as 'Authorization: Bearer TOKEN'; 'backtrail key create' makes one."};
}

// A page of another site can make a browser send the cookie, but not this header with our own origin.
bool is_cross_site(const Request& request) {
  if (request.method == Method::kGet || request.method == Method::kHead) return false;
  const auto site = request.header("Sec-Fetch-Site");
  return site && *site != "same-origin" && *site != "none";
}

std::optional<Role> role_from(std::string_view name) {
  if (name == "administrator") return Role::kAdministrator;
  if (name == "analyst") return Role::kAnalyst;
  if (name == "ingest") return Role::kIngest;
  return std::nullopt;
}

}  // namespace

bool may(Role role, std::string_view requirement) {
  if (role == Role::kAdministrator) return true;
  if (requirement == kNeedsAnalyst) return role == Role::kAnalyst;
  return requirement == kNeedsIngest && role == Role::kIngest;
}

std::optional<Caller> caller_from(const schema::VerifiedKey& key) {
  const auto scope = schema::AccountScope::from_list(key.accounts);
  const auto role = role_from(key.role);
  if (!scope || !role) return std::nullopt;
  return Caller{key.name, key.key_id, *role, *scope};
}

std::string token_of(const Request& request, bool& from_cookie) {
  from_cookie = false;
  if (request.route == "/ingest/firehose")
    if (const auto key = request.header("X-Amz-Firehose-Access-Key")) return std::string(*key);
  if (const auto key = request.header("X-Api-Key")) return std::string(*key);
  if (const auto authorization = request.header("Authorization")) {
    if (starts_with_word(*authorization, "bearer ")) return std::string(authorization->substr(7));
    if (starts_with_word(*authorization, "basic ")) {
      const std::string pair = decode_base64(authorization->substr(6));
      const std::size_t colon = pair.find(':');
      return colon == std::string::npos ? pair : pair.substr(colon + 1);
    }
  }
  from_cookie = true;
  const auto cookies = request.header("Cookie");
  return cookies ? cookie_value(*cookies, kTokenCookie) : std::string{};
}

schema::Result<std::optional<Caller>> Authenticator::verify(const std::string& token) {
  const auto digest = schema::sha256(token);
  const std::string remembered_as(reinterpret_cast<const char*>(digest.data()), digest.size());
  const auto now = std::chrono::steady_clock::now();
  std::optional<Caller> believed;
  {
    const std::lock_guard lock(mutex_);
    const auto found = remembered_.find(remembered_as);
    if (found != remembered_.end()) {
      if (found->second.until > now) return found->second.caller;
      if (found->second.until + believed_without_database_ > now) believed = found->second.caller;
    }
  }
  const auto key = schema::verify_api_key(database_, token, schema::now_us());
  if (!key) {
    if (believed) return believed;
    return key.error();
  }
  std::optional<Caller> caller;
  if (*key) caller = caller_from(**key);
  const std::lock_guard lock(mutex_);
  if (remembered_.size() >= kRememberedMax) remembered_.clear();
  remembered_[remembered_as] = {caller, now + answer_life_};
  return caller;
}

std::optional<Problem> Authenticator::check(Request& request, std::string_view requirement) {
  bool from_cookie = false;
  const std::string token = token_of(request, from_cookie);
  if (token.empty()) return unauthorised();
  const auto caller = verify(token);
  if (!caller) return problem_of(caller.error(), request);
  if (!*caller) return unauthorised();
  if (from_cookie && is_cross_site(request))
    return Problem{.status = 403, .detail = "The request came from another site's page."};
  if (!may((*caller)->role, requirement))
    return Problem{.status = 403,
                   .detail = "This key may not do that.",
                   .hint = "It needs a key with the role " + std::string(requirement) + "."};
  request.principal = **caller;
  return std::nullopt;
}

std::optional<Response> Authenticator::authorise(Request& request, std::string_view requirement) {
  const auto problem = check(request, requirement);
  if (!problem) return std::nullopt;
  Response response = respond::problem(request, *problem);
  if (problem->status == 401) response.headers.set("WWW-Authenticate", "Bearer");
  return response;
}

const Caller& caller_of(const Request& request) {
  const auto* caller = std::any_cast<Caller>(&request.principal);
  BACKTRAIL_ASSERT(caller != nullptr);
  return *caller;
}

}  // namespace backtrail::api
