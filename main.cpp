// backtrail: one program, sub-commands. Composition only; each command lives in deploy/commands.
#include <fmt/format.h>
#include <sodium.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "deploy/commands/commands.hpp"

#include "api/version.hpp"

namespace {

// Logs go to standard error, so that results on standard output can be piped.
void set_up_logging(const std::string& level) {
  auto logger = spdlog::stderr_color_mt("backtrail");
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%fZ %^%l%$ %v", spdlog::pattern_time_type::utc);
  spdlog::set_default_logger(logger);
  spdlog::set_level(spdlog::level::from_str(level));
}

}  // namespace

int main(int argc, char** argv) {
  using namespace backtrail::commands;
  if (sodium_init() < 0) {
    fmt::print(stderr, "error: libsodium does not start: the system gives no random numbers\n");
    return kFailed;
  }
  CLI::App app("Backtrail: security findings and CloudTrail of all your AWS accounts in one PostgreSQL warehouse.");
  app.name("backtrail");
  app.set_version_flag("--version", backtrail::api::kVersion);
  app.require_subcommand(1);
  app.footer("Start with 'backtrail up', then 'backtrail import PATH…'. Every command has --help.");
  std::string log_level = "info";
  app.add_option("--log-level", log_level, "debug, info, warn or error")
      ->capture_default_str()
      ->envname("BACKTRAIL_LOG_LEVEL");
  app.parse_complete_callback([&log_level] { set_up_logging(log_level); });

  int exit_code = kOk;
  for (const auto add :
       {add_up, add_import, add_reconcile, add_lookup, add_accounts, add_key, add_retention, add_hold, add_archive,
        add_seal, add_unseal, add_verify, add_quarantine, add_spool, add_sample, add_migrate})
    add(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    constexpr int kUsage = 2;
    return app.exit(error) == 0 ? kOk : kUsage;
  } catch (const std::exception& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return kFailed;
  }
  return exit_code;
}
