// backtrail archive: what retention wrote before it removed.
#include "schema/archive/archive.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "deploy/commands/commands.hpp"
#include "deploy/commands/terminal.hpp"

namespace backtrail::commands {
namespace {

struct ArchiveCommand {
  std::filesystem::path directory;
  bool json = false;
};

int verify(const ArchiveCommand& command) {
  Progress bar;
  const auto check = schema::check_archive(command.directory, [&bar](const schema::ArchiveCheck& so_far) {
    bar.show(fmt::format("{} sets, {} records", grouped(so_far.sets), grouped(so_far.records)), 0);
  });
  bar.done();
  if (!check) return report(check.error());
  if (command.json) {
    const nlohmann::ordered_json document{
        {"sets", check->sets}, {"records", check->records}, {"bytes", check->bytes}, {"wrong", check->wrong}};
    fmt::print("{}\n", document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
  } else {
    for (const std::string& wrong : check->wrong) fmt::print("{}\n", visible(wrong));
    fmt::print("{} sets, {} records, {} bytes: {}\n", grouped(check->sets), grouped(check->records),
               grouped(check->bytes), check->wrong.empty() ? "all as written" : "NOT all as written");
  }
  return check->wrong.empty() ? kOk : kLeftOver;
}

}  // namespace

void add_archive(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<ArchiveCommand>();
  CLI::App* command = app.add_subcommand("archive", "check what retention archived before it removed it");
  command->require_subcommand(1);
  CLI::App* check = command->add_subcommand("verify", "read every set and compare it with its manifest");
  check->footer(
      "Archives are written by 'backtrail retention --apply --archive-dir DIR' and by a server with --archive-dir. "
      "Anyone "
      "can read\n"
      "them, and import brings them back while their days are kept or held:\n\n"
      "  backtrail archive verify /srv/archive\n"
      "  zstdcat /srv/archive/event/2026-08-05/*/part-*.ndjson.zst | jq -r .record.eventName\n"
      "  backtrail import --retention forever /srv/archive/event/2026-08-05");
  check->add_option("DIR", options->directory, "the archive, or a folder in it")->required();
  check->add_flag("--json", options->json, "print one JSON document");
  check->callback([options, &exit_code] { exit_code = verify(*options); });
}

}  // namespace backtrail::commands
