#include <fmt/format.h>

#include "deploy/commands/commands.hpp"
#include "deploy/commands/importing.hpp"
#include "deploy/commands/terminal.hpp"
#include "deploy/commands/warehouse_access.hpp"

#include "ingest/load/coverage_writer.hpp"
#include "schema/retention/retention.hpp"

namespace backtrail::commands {
namespace {

struct ImportCommand {
  WarehouseOptions warehouse;
  std::vector<std::filesystem::path> paths;
  bool json = false, again = false;
  std::string retention;
};

schema::Result<void> set_retention(const WarehouseAccess& access, const std::string& text) {
  std::optional<int> days;
  if (text != "forever") {
    const auto duration = schema::parse_duration(text);
    if (!duration || *duration < schema::kMicrosPerDay)
      return schema::fail(schema::Code::kBadParameter, "--retention takes days such as 90d, or 'forever'");
    days = static_cast<int>(*duration / schema::kMicrosPerDay);
  }
  schema::Database maintenance(access.role("maintenance", 1));
  return schema::set_retention(maintenance, "all", days);
}

int run(const ImportCommand& command) {
  const auto access = WarehouseAccess::open(command.warehouse);
  if (!access) return report(access.error());
  if (!command.retention.empty()) {
    const auto set = set_retention(**access, command.retention);
    if (!set) return report(set.error());
  }
  constexpr std::size_t kConnections = 6;  // two writers, two readers, the rest for rules and partitions
  auto options = (*access)->role("ingest", kConnections);
  constexpr int kPatience_ms =
      60'000;  // nobody waits for an answer here, so a busy machine is no reason to fail a file
  options.acquire_timeout_ms = kPatience_ms;
  schema::Database ingest(options);
  const auto pipeline = ingest::Pipeline::start(ingest, {.small_bytes_max = std::string::npos});
  if (!pipeline) return report(pipeline.error());
  const auto imported = run_import(**pipeline, ingest, command.paths, command.again);
  if (!imported) return report(imported.error());
  // A server's maintenance would do it within a minute; without one, reading coverage would grow slow.
  if (const auto folded = ingest::fold_coverage(ingest); !folded) return report(folded.error());
  print_import(*imported, command.json);
  return imported->files_failed == 0 ? kOk : kLeftOver;
}

}  // namespace

void add_import(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<ImportCommand>();
  CLI::App* command = app.add_subcommand("import", "load findings and CloudTrail from files and folders");
  command->footer(
      "Files may be JSON, NDJSON, gzip, zip or zstd; folders are searched to the bottom, in the S3 layouts of "
      "CloudTrail and\n"
      "GuardDuty or any other. Importing twice adds nothing; an interrupted import goes on where it was. What is older "
      "than\n"
      "the retention goes to quarantine: --retention forever keeps old investigations.\n\n"
      "  backtrail import AWSLogs/\n  backtrail import --retention forever case-2023/*.json.gz");
  command->add_option("PATH", options->paths, "files and folders")->required();
  command->add_flag("--again", options->again, "import objects that were imported before, too");
  command->add_option("--retention", options->retention,
                      "first set the retention of everything: 90d, 400d, … or forever");
  command->add_flag("--json", options->json, "print one JSON document");
  add_warehouse_options(*command, options->warehouse);
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace backtrail::commands
