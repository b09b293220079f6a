// Who asks: the key behind a request and what it may do. Values only.
#pragma once
#include <string>

#include "schema/pg/account_scope.hpp"

namespace backtrail::api {

enum class Role { kAdministrator, kAnalyst, kIngest };

struct Caller {
  std::string name;
  std::string key_id;
  Role role = Role::kAnalyst;
  schema::AccountScope scope = schema::AccountScope::none();
};

}  // namespace backtrail::api
