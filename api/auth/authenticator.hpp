// Tells who sent a request by the key it carries, and refuses those who may not use a route.
//
// A token comes as `Authorization: Bearer TOKEN`, as the password of `Authorization: Basic`, as `X-Api-Key`, from
// Firehose as `X-Amz-Firehose-Access-Key`, or in the page's cookie. Keys are looked up by id and compared in constant
// time (schema/registry); an answer is remembered for kAnswerLife, so a revoked key stops working within that time.
// When the keys cannot be read the answer is 503, never 401: a sender must try again, not give up. Thread-safe.
#pragma once
#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "api/auth/caller.hpp"
#include "api/http/request.hpp"
#include "api/http/response.hpp"
#include "schema/pg/database.hpp"
#include "schema/registry/api_keys.hpp"

namespace backtrail::api {

// RouteOptions::auth of our routes.
inline constexpr const char* kNeedsAnalyst = "analyst";  // analysts and administrators
inline constexpr const char* kNeedsAdministrator = "administrator";
inline constexpr const char* kNeedsIngest = "ingest";  // ingest keys and administrators

inline constexpr const char* kTokenCookie = "backtrail_token";

class Authenticator {
 public:
  static constexpr std::chrono::seconds kAnswerLife{5};
  // A key that was good is believed for so long while the keys cannot be read: what it sends goes to the spool.
  static constexpr std::chrono::hours kBelievedWithoutDatabase{24};
  static constexpr std::size_t kRememberedMax = 10'000;

  explicit Authenticator(schema::Database& api, std::chrono::milliseconds answer_life = kAnswerLife,
                         std::chrono::milliseconds believed_without_database = kBelievedWithoutDatabase)
      : database_(api), answer_life_(answer_life), believed_without_database_(believed_without_database) {}

  // Puts the Caller into Request::principal, or says why not.
  std::optional<Problem> check(Request& request, std::string_view requirement);
  // For ServerOptions::authorise: puts the Caller into Request::principal, or gives the refusing answer.
  std::optional<Response> authorise(Request& request, std::string_view requirement);
  // Nothing: no such key. An error: the keys could not be read.
  schema::Result<std::optional<Caller>> verify(const std::string& token);

 private:
  struct Remembered {
    std::optional<Caller> caller;
    std::chrono::steady_clock::time_point until;
  };
  schema::Database& database_;
  const std::chrono::milliseconds answer_life_, believed_without_database_;
  std::mutex mutex_;
  std::map<std::string, Remembered> remembered_;  // by the token's SHA-256
};

// The token that the request carries; empty when none. `from_cookie` is told because browsers send cookies by
// themselves.
std::string token_of(const Request& request, bool& from_cookie);

// Whether a role meets a requirement.
bool may(Role role, std::string_view requirement);
// Nothing for a role that this program does not know.
std::optional<Caller> caller_from(const schema::VerifiedKey& key);

const Caller& caller_of(const Request& request);

}  // namespace backtrail::api
