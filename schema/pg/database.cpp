#include "schema/pg/database.hpp"

#include <chrono>
#include <fmt/format.h>
#include <fstream>
#include <libpq-fe.h>
#include <set>

namespace backtrail::schema {

Transaction::Transaction(Session& session, const std::string& begin) : session_(session), work_(session.connection) {
  work_.exec(begin);
}

void Transaction::prepare(const Query& query) {
  if (!session_.prepared.insert(query.name).second) return;
  try {
    session_.connection.prepare(query.name, query.text);
  } catch (...) {
    session_.prepared.erase(query.name);
    throw;
  }
  note_executed(query);
}

BinaryResult Transaction::run_binary(const Query& query, std::span<const char* const> values) {
  prepare(query);
  session_.connection.prepare_now(query.name);
  constexpr int kBinary = 1;
  PGconn* const handle = session_.connection.handle();
  PGresult* const answer =
      PQexecPrepared(handle, query.name, static_cast<int>(values.size()), values.data(), nullptr, nullptr, kBinary);
  BinaryResult result(answer);
  if (PQresultStatus(answer) == PGRES_TUPLES_OK) return result;
  if (PQstatus(handle) != CONNECTION_OK) throw pqxx::broken_connection();
  const char* const state = PQresultErrorField(answer, PG_DIAG_SQLSTATE);
  throw pqxx::sql_error(PQresultErrorMessage(answer), query.name, state == nullptr ? "" : state);
}

Error error_from(const std::exception& exception) {
  if (dynamic_cast<const pqxx::broken_connection*>(&exception) != nullptr)
    return fail(Code::kDatabaseDown, "the database is away");
  // To libpqxx 6.4 these are no errors of SQL, and they have no state.
  if (dynamic_cast<const pqxx::transaction_rollback*>(&exception) != nullptr)
    return fail(Code::kRetry, "serialization failure or deadlock");
  const auto* sql = dynamic_cast<const pqxx::sql_error*>(&exception);
  if (sql == nullptr) {
    const auto* ours = dynamic_cast<const ErrorException*>(&exception);
    return ours != nullptr ? ours->error : fail(Code::kDatabase, exception.what());
  }
  const std::string state = sql->sqlstate();
  const auto in_class = [&](std::string_view prefix) { return state.compare(0, prefix.size(), prefix) == 0; };
  if (in_class("08") || in_class("57P")) return fail(Code::kDatabaseDown, "the database is away");
  // libpqxx 6.4 drops the state of some errors (42501); a lost connection has none and no "ERROR:" either.
  const bool server_spoke = std::string_view(exception.what()).starts_with("ERROR:");
  if (state.empty() && !server_spoke) return fail(Code::kDatabaseDown, "the database is away");
  if (in_class("40")) return fail(Code::kRetry, "serialization failure or deadlock");
  if (state == "57014" || state == "55P03") return fail(Code::kTimeout, "the statement took too long");
  const std::string detail = fmt::format("SQLSTATE {}: {}", state, exception.what());
  if (in_class("22") || in_class("23") || in_class("54")) return fail(Code::kBadData, detail);
  if (in_class("53")) return fail(Code::kOverload, detail);
  return fail(Code::kDatabase, detail);
}

Result<std::unique_ptr<Session>> Database::acquire() {
  std::unique_lock lock(mutex_);
  const auto free_place = [&] { return !idle_.empty() || open_ < options_.max_connections; };
  if (!freed_.wait_for(lock, std::chrono::milliseconds(options_.acquire_timeout_ms), free_place))
    return fail(Code::kOverload, "all database connections are in use");
  if (!idle_.empty()) {
    auto session = std::move(idle_.back());
    idle_.pop_back();
    return session;
  }
  ++open_;
  lock.unlock();
  try {
    return std::make_unique<Session>(options_.connection_string);
  } catch (const std::exception& exception) {
    discard();
    // The text of a failed connection names the server, never the password.
    return fail(Code::kDatabaseDown, fmt::format("cannot connect to the database: {}", exception.what()));
  }
}

std::unique_ptr<Transaction> Database::begin_on(std::unique_ptr<Session>& session, const std::string& text) {
  try {
    return std::unique_ptr<Transaction>(new Transaction(*session, text));
  } catch (const std::exception& exception) {
    if (!session->used_before || error_from(exception).code != Code::kDatabaseDown) throw;
  }
  {
    // The others were opened to the same server.
    const std::lock_guard lock(mutex_);
    open_ -= idle_.size();
    idle_.clear();
  }
  session = std::make_unique<Session>(options_.connection_string);
  return std::unique_ptr<Transaction>(new Transaction(*session, text));
}

void Database::release(std::unique_ptr<Session> session) {
  session->used_before = true;
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(session));
  freed_.notify_one();
}

void Database::discard() {
  const std::lock_guard lock(mutex_);
  --open_;
  freed_.notify_one();
}

std::size_t Database::in_use() const {
  const std::lock_guard lock(mutex_);
  return open_ - idle_.size();
}

std::string array_literal(const std::vector<std::string>& items) {
  std::string text = "{";
  for (const auto& item : items) {
    if (text.size() > 1) text += ',';
    text += '"';
    for (const char c : item) {
      if (c == '"' || c == '\\') text += '\\';
      text += c;
    }
    text += '"';
  }
  return text + '}';
}

void note_executed(const Query& query) {
  static const char* const path = std::getenv("BACKTRAIL_SQL_COVERAGE");
  if (path == nullptr) return;
  static std::mutex mutex;
  static std::set<std::string_view> seen;
  const std::lock_guard lock(mutex);
  if (seen.insert(query.name).second) std::ofstream(path, std::ios::app) << query.name << '\n';
}

}  // namespace backtrail::schema
