// Connections to the warehouse as one role: a bounded pool, prepared statements, transactions that carry an account
// scope, and the one place where libpqxx's exceptions become errors.
//
//   auto rows = database.read(scope, [&](Transaction& tx) -> Result<std::vector<Row>> {
//     return rows_as<Row>(tx.exec(sql::finding_page, …)); });
//
// Database is thread-safe; a Transaction belongs to the thread that got it. A connection that broke is thrown away (it
// would fail twice more otherwise). The function runs once: retrying is the caller's decision.
#pragma once
#include <array>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <pqxx/pqxx>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "schema/core/error.hpp"
#include "schema/pg/account_scope.hpp"
#include "schema/pg/binary_result.hpp"
#include "schema/pg/query.hpp"

namespace backtrail::schema {

struct DatabaseOptions {
  std::string connection_string;  // libpq form; never logged
  std::size_t max_connections = 4;
  int acquire_timeout_ms = 4000;  // then kOverload
};

// A binary parameter (bytea, or an array in PostgreSQL's binary form).
using Binary = pqxx::binarystring;

class Session;

class Transaction {
 public:
  // Runs a prepared statement. Throws pqxx exceptions, which Database turns into errors.
  template <class... Params>
  pqxx::result exec(const Query& query, const Params&... params) {
    prepare(query);
    return work_.exec_prepared(query.name, params...);
  }
  // The same, with parameters as text and an answer in binary form, which libpqxx 6.4 cannot ask for.
  template <class... Params>
  BinaryResult exec_binary(const Query& query, const Params&... params) {
    const std::array<const char*, sizeof...(Params)> values{text_or_null(params)...};
    return run_binary(query, values);
  }
  // Text that is no prepared statement: only DDL and settings of ours, never with values.
  pqxx::result exec_text(const std::string& sql) { return work_.exec(sql); }

 private:
  friend class Database;
  Transaction(Session& session, const std::string& begin);
  void prepare(const Query& query);
  static const char* text_or_null(const std::string& text) { return text.c_str(); }
  static const char* text_or_null(const std::optional<std::string>& text) { return text ? text->c_str() : nullptr; }
  BinaryResult run_binary(const Query& query, std::span<const char* const> values);
  void commit() { work_.exec("COMMIT"); }
  Session& session_;
  pqxx::nontransaction work_;
};

// As pqxx::connection, which keeps to itself what asking for binary results takes.
class Connection : public pqxx::connection_base {
 public:
  explicit Connection(const std::string& options) : connection_base(policy_), policy_(options) { init(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { close(); }
  pqxx::connectionpolicy::handle handle() const { return policy_.current; }

 private:
  class Policy : public pqxx::connect_direct {
   public:
    using connect_direct::connect_direct;
    handle do_startconnect(handle before) override { return current = connect_direct::do_startconnect(before); }
    handle current = nullptr;
  };
  Policy policy_;
};

class Session {
 public:
  explicit Session(const std::string& connection_string) : connection(connection_string) {}
  Connection connection;
  std::unordered_set<const char*> prepared;
  bool used_before = false;  // it waited in the pool
};

// The error that an exception from libpqxx stands for; by SQLSTATE class.
Error error_from(const std::exception& exception);

class Database {
 public:
  explicit Database(DatabaseOptions options) : options_(std::move(options)) {}

  // One snapshot for all statements of `f` (REPEATABLE READ, READ ONLY). f: Transaction& -> Result<T>.
  template <class F>
  auto read(const AccountScope& scope, F&& f) {
    return run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL app.accounts = '" + scope.setting() + "'",
               std::forward<F>(f));
  }
  // READ COMMITTED; committed when f returns a value, rolled back when it returns an error or throws.
  template <class F>
  auto write(const AccountScope& scope, F&& f) {
    return run("BEGIN; SET LOCAL app.accounts = '" + scope.setting() + "'", std::forward<F>(f));
  }

  // Connections in use, for metrics.
  std::size_t in_use() const;

 private:
  template <class F>
  auto run(const std::string& begin, F&& f) -> decltype(f(std::declval<Transaction&>())) {
    auto session = acquire();
    if (!session) return session.error();
    try {
      auto tx = begin_on(*session, begin);
      try {
        auto result = f(*tx);
        if (result)
          tx->commit();
        else
          tx->work_.exec("ROLLBACK");
        tx.reset();  // before somebody else gets the connection
        release(std::move(*session));
        return result;
      } catch (const pqxx::broken_connection&) {
        throw;
      } catch (const std::exception&) {
        tx->work_.exec("ROLLBACK");
        throw;
      }
    } catch (const std::exception& exception) {
      const Error error = error_from(exception);
      if (error.code == Code::kDatabaseDown)
        discard();
      else if (*session != nullptr)
        release(std::move(*session));
      return error;
    }
  }

  Result<std::unique_ptr<Session>> acquire();
  // A connection that broke while it was idle (the server was restarted) is replaced by a new one: nothing was asked
  // yet.
  std::unique_ptr<Transaction> begin_on(std::unique_ptr<Session>& session, const std::string& text);
  void release(std::unique_ptr<Session> session);
  void discard();

  DatabaseOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<std::unique_ptr<Session>> idle_;
  std::size_t open_ = 0;
};

// Text array literal for a parameter cast to text[] (also bigint[], uuid[]).
std::string array_literal(const std::vector<std::string>& items);

// Names of the statements that this process executed, for the coverage check; written to the file named by
// BACKTRAIL_SQL_COVERAGE, one a line, as they first occur.
void note_executed(const Query& query);

}  // namespace backtrail::schema
