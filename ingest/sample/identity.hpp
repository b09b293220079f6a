// The userIdentity block of a CloudTrail record, in the shapes that the sample organisation's callers have.
//
// Pure functions of their arguments: each appends one JSON object.
#pragma once
#include <cstdint>
#include <string_view>

#include "ingest/sample/organisation.hpp"
#include "ingest/sample/text.hpp"

namespace backtrail::ingest::sample {

struct RoleSession {
  std::string_view account_id;  // the role's
  const Role* role = nullptr;
  std::string_view session;
  std::string_view key;  // ASIA…; none when a service acts through its service-linked role
  std::int64_t created = 0;
  bool mfa = false;
  std::string_view delivery = {};    // ec2RoleDelivery, "1.0" or "2.0"
  std::string_view invoked_by = {};  // a service that acts with these credentials
  std::string_view source_identity = {};
  std::string_view web_provider = {};  // of a session made by web identity
  std::string_view on_behalf_of = {};  // the identity centre's user id
};

void put_role_session(const RoleSession& session, Text& out);
void put_role_session_arn(const RoleSession& session, Text& out);

// A long-term key when `created` is 0, otherwise a console session of the user's.
void put_iam_user(std::string_view account_id, const User& user, std::string_view key, std::int64_t created, bool mfa,
                  Text& out);
void put_service(std::string_view service, Text& out);
// How a caller from another account is recorded in the account it calls.
void put_foreign_account(std::string_view account_id, std::string_view principal_id, Text& out);
void put_web_identity(std::string_view principal, std::string_view subject, std::string_view provider, Text& out);
void put_saml_user(std::string_view principal, std::string_view subject, Text& out);
void put_root(std::string_view account_id, std::string_view key, std::int64_t created, Text& out);
void put_identity_center_user(std::string_view account_id, std::string_view user_id, std::string_view credential,
                              Text& out);

}  // namespace backtrail::ingest::sample
