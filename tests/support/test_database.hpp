// A database for one test: a copy of a migrated template, dropped at the end. About 0.1 s.
//
//   TestDatabase database;
//   schema::Database api({.connection_string = database.connection_string("backtrail_api")});
//
// The template is made once per cluster and set of migrations, by whoever needs it first (advisory lock). Roles and
// their settings belong to the whole cluster: a test must not change them. One object per thread. Throws when the
// database cannot be made.
#pragma once
#include <string>
#include <string_view>

namespace backtrail::testing {

class TestDatabase {
 public:
  enum class Content { kMigrated, kEmpty };
  explicit TestDatabase(Content content = Content::kMigrated);
  ~TestDatabase();  // drops it, whoever is still connected
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  const std::string& name() const { return name_; }
  std::string connection_string(std::string_view user) const;
  // As the cluster's superuser, whom row-level security does not stop.
  std::string admin_connection_string() const;

 private:
  std::string name_;
};

}  // namespace backtrail::testing
