#include "ingest/sample/sample.hpp"

#include <fmt/format.h>

#include "deploy/commands/commands.hpp"
#include "deploy/commands/terminal.hpp"

#include "schema/core/time.hpp"

namespace backtrail::commands {
namespace {

struct SampleCommand {
  std::filesystem::path out;
  std::uint64_t events = 300'000, seed = 1, first_account = 0;
  std::string end;
  int days = 90;
};

int run(const SampleCommand& command) {
  ingest::sample::SampleOptions options;
  options.out = command.out;
  options.events = command.events;
  options.seed = command.seed;
  options.days = command.days;
  options.first_account = command.first_account;
  options.end_us = schema::now_us();
  if (!command.end.empty()) {
    const auto end = schema::parse_rfc3339(command.end);
    if (!end)
      return report(schema::fail(schema::Code::kBadParameter, "--end takes a time such as 2026-01-31T12:00:00Z"));
    options.end_us = end->us;
  }
  if (const auto wrong = ingest::sample::check(options))
    return report(schema::fail(schema::Code::kBadParameter, *wrong));
  Progress bar;
  const auto written = ingest::sample::write_sample(options, [&bar](std::uint64_t done, std::uint64_t total) {
    bar.show(fmt::format("{} of {} events", grouped(done), grouped(total)),
             static_cast<double>(done) / static_cast<double>(total));
  });
  bar.done();
  fmt::print("{} events and {} findings in {} files, {} bytes, in {}\n", grouped(written.events_written),
             grouped(written.findings_written), grouped(written.files_written), grouped(written.bytes_written),
             visible(command.out.native()));
  return kOk;
}

}  // namespace

void add_sample(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<SampleCommand>();
  CLI::App* command =
      app.add_subcommand("sample", "write the files of a synthetic organisation with five attack stories");
  command->footer(
      "The files are laid out as CloudTrail and GuardDuty write them to S3; stories.json tells what is hidden in them. "
      "The same\n"
      "options give the same bytes.\n\n  backtrail sample --out /tmp/org --events 1000000 --seed "
      "7\n  backtrail import /tmp/org/AWSLogs");
  command->add_option("--out", options->out, "folder to write to; made when missing")->required();
  command->add_option("--events", options->events, "CloudTrail events in all, 10 thousand to 100 million")
      ->capture_default_str();
  command->add_option("--seed", options->seed, "another seed, another organisation")->capture_default_str();
  command->add_option("--end", options->end, "the organisation's now (default: now)");
  command->add_option("--days", options->days, "days of background activity")->capture_default_str();
  command->add_option("--first-account", options->first_account,
                      "number the accounts from this id on, to have several organisations in one warehouse");
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace backtrail::commands
