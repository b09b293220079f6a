// A running server: pipeline, API, page and maintenance over one warehouse, until a signal asks it to stop.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "deploy/commands/maintenance.hpp"
#include "deploy/commands/warehouse_access.hpp"

#include "api/app.hpp"

namespace backtrail::commands {

struct ServerRoles {
  bool collector = true, api = true, maintenance = true;
};

// A spool must hold a segment and some room to refuse in; the largest is a mistyped number.
inline constexpr std::uint64_t kSpoolMibMin = 128, kSpoolMibMax = std::uint64_t{64} * 1024 * 1024;

struct ListenOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8844;
  std::string tls_certificate, tls_key;
  bool plain_http_anywhere = false;
  std::filesystem::path web_directory;
  std::vector<std::string> sns_topics;  // "TOPIC_ARN=KEY_ID"
  std::filesystem::path sns_certificates;
  bool sns_fetch_certificates = false, sns_allow_version_1 = false;
  std::filesystem::path spool_directory;  // empty: 'spool' in the data directory
  std::uint64_t spool_mib = 8192;
  std::filesystem::path archive_directory;  // empty: what expires is not archived
};

// "collector,api,maintenance" in any choice.
schema::Result<ServerRoles> parse_roles(const std::string& text);
// "127.0.0.1:8844", "[::1]:8844"
schema::Result<void> parse_listen(const std::string& text, ListenOptions& options);

// What the SNS door needs from the options.
schema::Result<api::SnsOptions> sns_options(const ListenOptions& listen);

// Blocks SIGINT and SIGTERM in this thread and all that it starts; call before the first thread exists.
void block_stop_signals();
// Returns when SIGINT or SIGTERM came.
void wait_for_stop_signal();
// True when one is waiting: long work before the server runs asks this.
bool stop_signal_pending();

class ServerRuntime {
 public:
  // Starts everything; kIo or kDatabase… with what to do. `access` must outlive it.
  static schema::Result<std::unique_ptr<ServerRuntime>> start(const WarehouseAccess& access, const ServerRoles& roles,
                                                              const ListenOptions& listen);
  ~ServerRuntime();
  std::uint16_t port() const;
  ingest::Pipeline* pipeline() { return pipeline_.get(); }
  schema::Database& ingest_database() { return ingest_; }
  schema::Database& maintenance_database() { return maintenance_database_; }
  schema::Database& api_database() { return api_; }

 private:
  explicit ServerRuntime(const WarehouseAccess& access);
  schema::Result<void> open_collector(const WarehouseAccess& access, const ListenOptions& listen);
  schema::Database ingest_, api_, maintenance_database_, probe_;
  std::unique_ptr<ingest::Pipeline> pipeline_;
  std::unique_ptr<ingest::spool::Spool> spool_;
  std::unique_ptr<ingest::DbHealth> health_;
  std::unique_ptr<ingest::Intake> intake_;
  std::unique_ptr<Maintenance> maintenance_;
  std::unique_ptr<api::App> app_;
  std::unique_ptr<api::Server> server_;
};

}  // namespace backtrail::commands
