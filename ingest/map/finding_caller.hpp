// Whose credentials a finding is about: the principal, role session, access key and instance behind the few strings
// that GuardDuty and Security Hub give, with the keys that schema/record/principal gives the same caller's API events.
// Pure but for the builder it fills.
#pragma once
#include <string_view>

#include "ingest/map/finding_builder.hpp"

namespace backtrail::ingest {

struct Caller {
  std::string_view principal_id;  // AIDA…, AROA…:session, an account id (root), account:name (federated), ARN or ""
  std::string_view user_type;     // Root, IAMUser, AssumedRole, Role, FederatedUser, AWSAccount, AWSService, …
  std::string_view user_name;     // the user's or role's name
  std::string_view access_key_id;
  std::string_view account_id;  // the caller's account where known, else the finding's
  std::string_view partition;
};

// A role session comes before its role, because only the session's calls belong to the finding; the access key comes
// after the principal, because a principal's activity spans all its keys.
void add_caller(const Caller& caller, schema::FindingRole role, FindingBuilder& builder);

}  // namespace backtrail::ingest
