// Everything that is served, put together: the table of routes over the warehouse, the pipeline and the page's files.
//
// Keep the App alive as long as the server. A process that only serves the API has no pipeline, one that only collects
// no page. Thread-safe after construction.
#pragma once
#include <filesystem>
#include <memory>
#include <optional>

#include "api/auth/authenticator.hpp"
#include "api/http/router.hpp"
#include "api/http/server.hpp"
#include "api/metrics.hpp"
#include "ingest/pipeline.hpp"
#include "query/warehouse.hpp"

namespace backtrail::api {

struct AppOptions {
  schema::Database* api = nullptr;          // as backtrail_api; needed
  schema::Database* maintenance = nullptr;  // as backtrail_maintenance; for the account registry
  ingest::Pipeline* pipeline = nullptr;     // doors are open when it is there
  schema::Database* ingest = nullptr;       // as backtrail_ingest; with the pipeline, for replays
  schema::HashKey hash_key;
  bool serve_questions = true;                         // the REST API; false: doors only
  std::optional<std::filesystem::path> web_directory;  // the built page
};

class App {
 public:
  explicit App(const AppOptions& options);
  ~App();

  // The routes; call once.
  Router router();
  // Fills in what the app needs to hear from the server.
  void connect(ServerOptions& server);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace backtrail::api
