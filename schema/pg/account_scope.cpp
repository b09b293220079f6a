#include "schema/pg/account_scope.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "schema/model/entity.hpp"

namespace backtrail::schema {

Result<AccountScope> AccountScope::of(std::vector<std::string> account_ids) {
  for (const auto& id : account_ids)
    if (!is_account_id(id)) return fail(Code::kBadParameter, "an account id is 12 digits");
  std::sort(account_ids.begin(), account_ids.end());
  account_ids.erase(std::unique(account_ids.begin(), account_ids.end()), account_ids.end());
  return AccountScope(false, std::move(account_ids));
}

Result<AccountScope> AccountScope::from_list(const std::vector<std::string>& list) {
  if (list.size() == 1 && list.front() == "*") return all();
  return of(list);
}

bool AccountScope::allows(std::string_view account_id) const {
  return all_ || std::binary_search(account_ids_.begin(), account_ids_.end(), account_id);
}

std::string AccountScope::setting() const {
  return all_ ? "*" : fmt::format("{}", fmt::join(account_ids_, ","));
}

}  // namespace backtrail::schema
