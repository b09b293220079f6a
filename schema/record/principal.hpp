// Who called: the principal, session, key and instance that a CloudTrail userIdentity stands for.
//
// Resolved by rule, never guessed. A role is keyed by its AROA… id, not by name: session names are chosen by the caller
// and the same role name exists in many accounts. Source: CloudTrail user guide, "CloudTrail userIdentity element".
// Pure; thread-safe.
#pragma once
#include "schema/core/json_tree.hpp"
#include "schema/model/api_event.hpp"

namespace backtrail::schema {

// Fills principal, session, access_key, instance, identity_type, session_name, source_identity, invoked_by,
// caller_account_id and the identity flags of `event` from `identity` (nullptr when the record has none).
void resolve_identity(const JsonNode* identity, ApiEvent& event);

}  // namespace backtrail::schema
