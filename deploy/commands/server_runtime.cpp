#include "deploy/commands/server_runtime.hpp"

#include <charconv>
#include <csignal>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace backtrail::commands {
using schema::Code;
using schema::fail;
using schema::Result;

namespace {

constexpr std::size_t kIngestConnections = 6, kApiConnections = 8, kMaintenanceConnections = 6;

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

Result<api::ServerOptions> server_options(const ListenOptions& listen) {
  api::ServerOptions options;
  options.address = listen.address;
  options.port = listen.port;
  options.allow_plain_http_on_any_address = listen.plain_http_anywhere;
  if (listen.tls_certificate.empty() != listen.tls_key.empty())
    return fail(Code::kBadParameter, "--tls-certificate and --tls-key go together");
  if (!listen.tls_certificate.empty()) options.tls = api::TlsFiles{listen.tls_certificate, listen.tls_key};
  return options;
}

}  // namespace

Result<ServerRoles> parse_roles(const std::string& text) {
  ServerRoles roles{false, false, false};
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    const std::string name = text.substr(at, end - at);
    if (name == "collector")
      roles.collector = true;
    else if (name == "api")
      roles.api = true;
    else if (name == "maintenance")
      roles.maintenance = true;
    else
      return fail(Code::kBadParameter, "--roles takes collector, api and maintenance, separated by commas");
    at = end + 1;
  }
  return roles;
}

Result<void> parse_listen(const std::string& text, ListenOptions& options) {
  const auto colon = text.rfind(':');
  const auto wrong = fail(Code::kBadParameter, "--listen takes ADDRESS:PORT, such as 127.0.0.1:8844");
  if (colon == std::string::npos || colon == 0) return wrong;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, options.port);
  if (error != std::errc{} || stop != end) return wrong;
  options.address = text.substr(0, colon);
  if (options.address.size() > 2 && options.address.front() == '[' && options.address.back() == ']')
    options.address = options.address.substr(1, options.address.size() - 2);
  return {};
}

Result<api::SnsOptions> sns_options(const ListenOptions& listen) {
  api::SnsOptions options;
  for (const std::string& binding : listen.sns_topics) {
    const auto equals = binding.rfind('=');
    const std::string arn = binding.substr(0, equals);
    if (equals == std::string::npos || equals + 1 == binding.size() || !api::parse_sns_topic(arn))
      return fail(Code::kBadParameter,
                  "--sns-topic takes TOPIC_ARN=KEY_ID, such as arn:aws:sns:eu-west-1:111122223333:findings=KEY_ID");
    options.topics[arn] = binding.substr(equals + 1);
  }
  if (!options.topics.empty() && listen.sns_certificates.empty() && !listen.sns_fetch_certificates)
    return fail(Code::kBadParameter, "--sns-topic needs --sns-certificates DIR or --sns-fetch-certificates");
  options.allow_version_1 = listen.sns_allow_version_1;
  options.certificates.directory = listen.sns_certificates;
  if (listen.sns_fetch_certificates) options.certificates.fetch = api::fetch_over_https();
  return options;
}

void block_stop_signals() {
  const sigset_t set = stop_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

void wait_for_stop_signal() {
  const sigset_t set = stop_signals();
  int signal = 0;
  sigwait(&set, &signal);
}

bool stop_signal_pending() {
  sigset_t pending;
  sigpending(&pending);
  return sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1;
}

ServerRuntime::ServerRuntime(const WarehouseAccess& access)
    : ingest_(access.role("ingest", kIngestConnections)),
      api_(access.role("api", kApiConnections)),
      maintenance_database_(access.role("maintenance", kMaintenanceConnections)),
      probe_(access.role("ingest", 1)) {}

ServerRuntime::~ServerRuntime() {
  if (server_) server_->stop();
  maintenance_.reset();
  intake_.reset();  // answers what was accepted
  if (pipeline_)
    if (const auto swept = pipeline_->sweep_variants(); !swept)
      spdlog::warn("the last sweep for variants did not run: {}", swept.error().detail);
  pipeline_.reset();  // writes what was accepted
}

std::uint16_t ServerRuntime::port() const {
  return server_ ? server_->port() : std::uint16_t{0};
}

Result<void> ServerRuntime::open_collector(const WarehouseAccess& access, const ListenOptions& listen) {
  ingest::spool::SpoolOptions options;
  options.directory = listen.spool_directory.empty() ? access.data_dir() / "spool" : listen.spool_directory;
  options.bytes_max = listen.spool_mib * 1024 * 1024;
  auto spool = ingest::spool::Spool::open(std::move(options));
  if (!spool) return spool.error();
  auto pipeline = ingest::Pipeline::start(ingest_, {});
  if (!pipeline) return pipeline.error();
  spool_ = std::move(*spool);
  pipeline_ = std::move(*pipeline);
  health_ = std::make_unique<ingest::DbHealth>(probe_);
  intake_ = std::make_unique<ingest::Intake>(*pipeline_, *health_, spool_.get());
  return {};
}

Result<std::unique_ptr<ServerRuntime>> ServerRuntime::start(const WarehouseAccess& access, const ServerRoles& roles,
                                                            const ListenOptions& listen) {
  auto options = server_options(listen);
  if (!options) return options.error();
  std::unique_ptr<ServerRuntime> runtime(new ServerRuntime(access));
  const auto hash_key = ingest::read_hash_key(runtime->ingest_);
  if (!hash_key) return hash_key.error();
  if (roles.collector) {
    if (const auto opened = runtime->open_collector(access, listen); !opened) return opened.error();
  }
  runtime->maintenance_ = std::make_unique<Maintenance>(roles.maintenance ? &runtime->maintenance_database_ : nullptr,
                                                        runtime->pipeline_.get(), listen.archive_directory);
  if (!roles.collector && !roles.api) return runtime;

  api::AppOptions app;
  app.api = &runtime->api_;
  app.maintenance = &runtime->maintenance_database_;
  app.intake = runtime->intake_.get();
  app.ingest = &runtime->ingest_;
  auto sns = sns_options(listen);
  if (!sns) return sns.error();
  app.sns = std::move(*sns);
  app.hash_key = *hash_key;
  app.serve_questions = roles.api;
  if (roles.api) app.web_directory = listen.web_directory;
  try {
    runtime->app_ = std::make_unique<api::App>(app);
    runtime->app_->connect(*options);
    runtime->server_ = std::make_unique<api::Server>(std::move(*options), runtime->app_->router());
    runtime->server_->start();
  } catch (const std::exception& error) {
    return fail(Code::kIo, error.what());
  }
  return runtime;
}

}  // namespace backtrail::commands
