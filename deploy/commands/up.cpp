#include <fmt/format.h>
#include <fstream>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <thread>

#include "deploy/commands/commands.hpp"
#include "deploy/commands/importing.hpp"
#include "deploy/commands/server_runtime.hpp"
#include "deploy/commands/terminal.hpp"

#include "ingest/sample/sample.hpp"
#include "schema/registry/accounts.hpp"
#include "schema/registry/api_keys.hpp"

namespace backtrail::commands {
namespace fs = std::filesystem;
using schema::Code;
using schema::fail;
using schema::Result;

namespace {

struct UpCommand {
  WarehouseOptions warehouse;
  ListenOptions listen;
  std::string listen_text = "127.0.0.1:8844", roles_text = "collector,api,maintenance";
  std::uint64_t sample_events = 0;
};

Result<std::string> read_text(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(Code::kIo, "cannot read " + path.native());
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// The administrator's token lives in a file that only this user can read, so that every start prints the same one.
Result<std::string> administrator_token(const WarehouseAccess& access, ServerRuntime& runtime) {
  const fs::path path = access.data_dir() / "administrator-token";
  if (const auto kept = read_text(path)) {
    const auto verified = schema::verify_api_key(runtime.api_database(), *kept, schema::now_us());
    if (!verified) return verified.error();
    if (*verified) return *kept;
  }
  const auto made = schema::create_api_key(runtime.maintenance_database(), "administrator of this machine",
                                           "administrator", {"*"}, std::nullopt, schema::now_us());
  if (!made) return made.error();
  std::error_code ignored;
  fs::create_directories(access.data_dir(), ignored);
  fs::remove(path, ignored);
  const mode_t before = umask(0077);
  std::ofstream file(path, std::ios::binary);
  umask(before);
  file << made->token;
  if (!file.flush()) return fail(Code::kIo, "cannot write " + path.native());
  return made->token;
}

Result<void> import_sample_accounts(const fs::path& out, ServerRuntime& runtime) {
  for (const char* name : {"organizations-accounts.json", "accounts.csv"}) {
    const auto text = read_text(out / name);
    if (!text) return text.error();
    const auto imported = schema::import_accounts(runtime.maintenance_database(), *text, schema::now_us());
    if (!imported) return imported.error();
  }
  return {};
}

ingest::sample::SampleOptions sample_options(std::uint64_t events, const fs::path& out) {
  ingest::sample::SampleOptions options;
  options.out = out;
  options.events = events;
  options.seed = 1;
  options.end_us = schema::now_us();
  return options;
}

// Writes and loads the sample organisation once; an interrupted load goes on at the next start.
Result<void> load_sample(std::uint64_t events, const WarehouseAccess& access, ServerRuntime& runtime) {
  const fs::path out = access.data_dir() / "sample", written = out / "written", loaded = out / "loaded";
  if (fs::exists(loaded)) return {};
  if (!fs::exists(written)) {
    fs::remove_all(out);
    Progress bar;
    const auto report =
        ingest::sample::write_sample(sample_options(events, out), [&bar](std::uint64_t done, std::uint64_t total) {
          bar.show(fmt::format("writing the sample organisation: {} of {} events", grouped(done), grouped(total)),
                   static_cast<double>(done) / static_cast<double>(total));
        });
    bar.done();
    fmt::print("wrote a sample organisation: {} events, {} findings\n", grouped(report.events_written),
               grouped(report.findings_written));
    std::fflush(stdout);
    std::ofstream(written) << "ok\n";
  }
  if (const auto accounts = import_sample_accounts(out, runtime); !accounts) return accounts.error();
  const auto report = run_import(*runtime.pipeline(), runtime.ingest_database(), {out / "AWSLogs"}, false);
  if (!report) return report.error();
  if (report->files_failed > 0)
    return fail(Code::kIo, fmt::format("{} sample files could not be loaded; start again. The first: {}: {}",
                                       report->files_failed, report->failed.empty() ? "" : report->failed[0].path,
                                       report->failed.empty() ? "" : report->failed[0].why));
  fmt::print("loaded {} records of it in {:.1f} s\n", grouped(report->receipt.received), report->seconds);
  std::ofstream(loaded) << "ok\n";
  return {};
}

// A first question for a terminal, about a key of the sample that leaked; "" without a sample.
std::string first_question(const fs::path& data_dir) {
  const auto text = read_text(data_dir / "sample" / "stories.json");
  if (!text) return "";
  const auto told = nlohmann::json::parse(*text, nullptr, false);
  if (!told.is_object()) return "";
  const auto key = told.value(nlohmann::json::json_pointer("/stories/0/entities/access_key"), std::string());
  if (key.empty()) return "";
  return fmt::format("  try        backtrail lookup --data-dir {} --key {} --last 90d\n", visible(data_dir.native()),
                     key);
}

// A collector may be started before its database: it waits, and senders try again meanwhile.
Result<std::unique_ptr<WarehouseAccess>> open_when_there(const WarehouseOptions& options) {
  constexpr std::chrono::milliseconds kTryEvery{500};
  for (bool said = false;; said = true) {
    auto access = WarehouseAccess::open(options);
    const bool away = !access && access.error().code == Code::kDatabaseDown && !options.database_url.empty();
    if (!away || stop_signal_pending()) return access;
    if (!said) spdlog::warn("waiting for the database: {}", access.error().detail);
    std::this_thread::sleep_for(kTryEvery);
  }
}

int run(UpCommand command) {
  const auto roles = parse_roles(command.roles_text);
  if (!roles) return report(roles.error());
  if (const auto parsed = parse_listen(command.listen_text, command.listen); !parsed) return report(parsed.error());
  if (command.sample_events > 0)  // before a PostgreSQL is made for nothing
    if (const auto wrong = ingest::sample::check(sample_options(command.sample_events, {})))
      return report(fail(Code::kBadParameter, *wrong));
  if (const auto sns = sns_options(command.listen); !sns) return report(sns.error());
  block_stop_signals();
  const auto access = open_when_there(command.warehouse);
  if (!access) return report(access.error());
  const auto runtime = ServerRuntime::start(**access, *roles, command.listen);
  if (!runtime) return report(runtime.error());
  if (command.sample_events > 0 && roles->collector) {
    const auto loaded = load_sample(command.sample_events, **access, **runtime);
    if (!loaded) return report(loaded.error());
  }
  if (roles->api) {
    const auto token = administrator_token(**access, **runtime);
    if (!token) return report(token.error());
    const std::string address = fmt::format("{}://{}:{}", command.listen.tls_key.empty() ? "http" : "https",
                                            command.listen.address, (*runtime)->port());
    fmt::print(
        "\nBacktrail is ready.\n\n  page       {}/#token={}\n  API        {}/api/v1/findings\n  token      "
        "{}\n{}\nCtrl-C stops it; the data stays in {}\n",
        address, *token, address, *token, first_question((*access)->data_dir()),
        visible((*access)->data_dir().native()));
    std::fflush(stdout);
  }
  wait_for_stop_signal();
  fmt::print("stopping\n");
  return kOk;
}

void add_server_options(CLI::App& command, UpCommand& options) {
  command.add_option("--listen", options.listen_text, "ADDRESS:PORT; port 0 takes a free one")->capture_default_str();
  command.add_option("--tls-certificate", options.listen.tls_certificate, "PEM file; with --tls-key, serve HTTPS");
  command.add_option("--tls-key", options.listen.tls_key, "PEM file");
  command.add_flag("--plain-http-anywhere", options.listen.plain_http_anywhere,
                   "allow HTTP beyond loopback: only behind a proxy that ends TLS");
  command.add_option("--web-dir", options.listen.web_directory, "the built page")
      ->envname("BACKTRAIL_WEB_DIR")
      ->capture_default_str();
  command
      .add_option("--sns-topic", options.listen.sns_topics,
                  "TOPIC_ARN=KEY_ID: take signed messages of this SNS topic for the key's accounts; may be repeated")
      ->allow_extra_args(false);
  command.add_option("--sns-certificates", options.listen.sns_certificates,
                     "directory with the PEM files that SNS signs with, under their own names");
  command.add_flag("--sns-fetch-certificates", options.listen.sns_fetch_certificates,
                   "fetch from SNS what is not in that directory; otherwise nothing is ever fetched");
  command.add_flag("--sns-signature-1", options.listen.sns_allow_version_1,
                   "take SNS signatures of version 1 (SHA-1) too");
  command.add_option("--spool-dir", options.listen.spool_directory,
                     "where deliveries wait while the database is away (default: 'spool' in --data-dir)");
  command.add_option("--spool-mib", options.listen.spool_mib, "its largest size; senders are refused from 90 % on")
      ->check(CLI::Range(kSpoolMibMin, kSpoolMibMax))
      ->capture_default_str();
  command
      .add_option("--archive-dir", options.listen.archive_directory,
                  "write what retention removes into this folder first ('backtrail archive verify --help')")
      ->envname("BACKTRAIL_ARCHIVE_DIR");
  add_warehouse_options(command, options.warehouse);
}

}  // namespace

void add_up(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<UpCommand>();
  options->listen.web_directory = BACKTRAIL_WEB_DIRECTORY;
  CLI::App* up = app.add_subcommand("up", "run everything in one process: database, collectors, API, page");
  up->footer(
      "The first start makes a PostgreSQL of its own below --data-dir and an administrator's token, which every start "
      "prints.\n\n"
      "  backtrail up --sample 300000        with a sample organisation to look at\n  backtrail up --listen "
      "127.0.0.1:9000");
  up->add_option("--sample", options->sample_events,
                 "at first start, write and load a sample organisation of this many events");
  add_server_options(*up, *options);
  up->callback([options, &exit_code] { exit_code = run(*options); });

  auto serve_options = std::make_shared<UpCommand>(*options);
  CLI::App* serve = app.add_subcommand("serve", "run some roles on this machine, over a database that you run");
  serve->add_option("--roles", serve_options->roles_text, "collector, api, maintenance; separated by commas")
      ->capture_default_str();
  add_server_options(*serve, *serve_options);
  serve->callback([serve_options, &exit_code] { exit_code = run(*serve_options); });
}

}  // namespace backtrail::commands
