// POST /ingest/sns: HTTP and HTTPS subscriptions of Amazon SNS.
//
// Who may deliver: the holder of an ingest key (a header, or name and password in the subscription's URL), or SNS
// itself for a topic that an operator bound to a key, proven by the message's signature. Once topics are bound, every
// message in an SNS envelope must be one of theirs and signed, whoever brings it; raw delivery has no signature and
// needs a key. Subscriptions are never confirmed by us: the question is stored and listed for a person. Thread-safe.
#pragma once
#include <memory>

#include "api/auth/authenticator.hpp"
#include "api/doors/sns_verifier.hpp"
#include "api/http/router.hpp"
#include "ingest/intake.hpp"
#include "schema/pg/database.hpp"

namespace backtrail::api {

inline constexpr const char* kSnsPath = "/ingest/sns";

class SnsDoor {
 public:
  // Nothing is owned. `ingest` and `api` connect as those roles.
  SnsDoor(ingest::Intake& intake, schema::Database& ingest, schema::Database& api, SnsOptions options)
      : intake_(intake), ingest_(ingest), api_(api), verifier_(std::move(options)) {}

  // Whether a request may come in without a key, to be checked by its signature.
  bool takes_signed_messages() const { return verifier_.checks_signatures(); }
  void handle(const std::shared_ptr<const Request>& request, const Done& done);

 private:
  struct Sender;
  std::optional<Problem> admit(const Request& request, const std::optional<SnsMessage>& message, Sender& sender);
  std::optional<Problem> borrow_key(const Request& request, const std::string& key_id, Sender& sender);
  std::optional<Problem> note_question(const Request& request, const SnsMessage& message, const Sender& sender);

  ingest::Intake& intake_;
  schema::Database& ingest_;
  schema::Database& api_;
  SnsVerifier verifier_;
};

// GET /api/v1/sns/subscriptions
Response sns_subscriptions_list(const Request& request, const Caller& caller, schema::Database& api);

}  // namespace backtrail::api
