// The accounts that a caller may see: what is registered about them, their open findings, when they last sent
// something. Thread-safe.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "query/warehouse.hpp"
#include "schema/core/error.hpp"
#include "schema/pg/account_scope.hpp"

namespace backtrail::query {

struct AccountRow {
  std::string account_id;
  std::optional<std::string> account_name, organizational_unit, owner, environment, email, status;
  bool registered = false;
  std::int64_t open_findings = 0;  // as GET /findings?open=true&account_id=… counts
  std::optional<std::int64_t> last_event_us, last_finding_us;
};

// By account id.
schema::Result<std::vector<AccountRow>> account_list(const Warehouse& warehouse, const schema::AccountScope& scope);

}  // namespace backtrail::query
