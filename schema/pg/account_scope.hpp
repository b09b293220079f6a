// Which accounts a request may see or write: all, or a list. Every transaction carries one; the database enforces it by
// row-level security, and a missing scope shows nothing. Values only: thread-safe.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "schema/core/error.hpp"

namespace backtrail::schema {

class AccountScope {
 public:
  static AccountScope all() { return AccountScope(true, {}); }
  static AccountScope none() { return AccountScope(false, {}); }
  // kBadParameter unless every id is 12 digits. Sorted, without repetitions.
  static Result<AccountScope> of(std::vector<std::string> account_ids);
  // {"*"} or a list of ids: the form of api_key.accounts.
  static Result<AccountScope> from_list(const std::vector<std::string>& list);

  bool is_all() const { return all_; }
  bool allows(std::string_view account_id) const;
  const std::vector<std::string>& account_ids() const { return account_ids_; }
  // What `app.accounts` is set to: "*", or ids joined by commas; safe to stand in a SQL literal.
  std::string setting() const;
  bool operator==(const AccountScope&) const = default;

 private:
  AccountScope(bool all, std::vector<std::string> ids) : all_(all), account_ids_(std::move(ids)) {}
  bool all_;
  std::vector<std::string> account_ids_;
};

}  // namespace backtrail::schema
