// The page's session: who am I, sign in (token to cookie), sign out.
#pragma once
#include "api/auth/authenticator.hpp"
#include "api/http/router.hpp"
#include "query/warehouse.hpp"

namespace backtrail::api {

// GET, POST, DELETE /api/v1/session. References are kept.
void add_session_routes(Router& router, Authenticator& authenticator, const query::Warehouse& warehouse);

}  // namespace backtrail::api
