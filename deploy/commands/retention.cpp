#include <chrono>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <thread>

#include "deploy/commands/commands.hpp"
#include "deploy/commands/terminal.hpp"
#include "deploy/commands/warehouse_access.hpp"

#include "schema/core/time.hpp"
#include "schema/retention/retention_run.hpp"

namespace backtrail::commands {
namespace {

struct RetentionCommand {
  WarehouseOptions warehouse;
  std::string kind, keep;
  std::filesystem::path archive_directory;
  bool apply = false, force = false, removed = false, no_archive = false, json = false;
};

constexpr int kRemovalsListedMax = 100;
constexpr std::size_t kConnections = 4;
// A server that has just started removes what expired meanwhile: that is soon over.
constexpr std::chrono::seconds kOtherRunPatience{20};
constexpr std::chrono::milliseconds kOtherRunPause{250};

schema::Result<void> change(schema::Database& maintenance, const RetentionCommand& command) {
  if (command.keep == "forever") return schema::set_retention(maintenance, command.kind, std::nullopt);
  const auto duration = schema::parse_duration(command.keep);
  if (!duration || *duration < schema::kMicrosPerDay)
    return schema::fail(schema::Code::kBadParameter, "keep takes days such as 90d, or 'forever'");
  return schema::set_retention(maintenance, command.kind, static_cast<int>(*duration / schema::kMicrosPerDay));
}

void print_rules(const schema::RetentionRules& rules, bool json) {
  if (json) {
    nlohmann::ordered_json document;
    for (const auto& [kind, days] : rules)
      document[kind] = days ? nlohmann::ordered_json(*days) : nlohmann::ordered_json(nullptr);
    fmt::print("{}\n", document.dump(2));
    return;
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto& [kind, days] : rules) rows.push_back({kind, days ? fmt::format("{} days", *days) : "forever"});
  fmt::print("{}", table({"KIND", "KEPT"}, rows));
}

// Deletes what has expired; the exit code says whether all of it went.
int apply(schema::Database& maintenance, const RetentionCommand& command) {
  schema::RetentionOptions options;
  options.now_us = schema::now_us();
  options.clock_confirmed = command.force;
  options.archive_directory = command.archive_directory;
  options.ends_archiving = command.no_archive;
  auto applied = schema::run_retention(maintenance, options);
  const auto until = std::chrono::steady_clock::now() + kOtherRunPatience;
  while (applied && applied->another_runs && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(kOtherRunPause);
    applied = schema::run_retention(maintenance, options);
  }
  if (!applied) return report(applied.error());
  if (applied->another_runs) {
    fmt::print(stderr, "nothing done: another process is removing what has expired; look again in a minute\n");
    return kLeftOver;
  }
  fmt::print(stderr,
             "dropped {} partitions; deleted {} events, {} findings, {} notices, {} quarantined records, {} ledger "
             "rows\n",
             applied->partitions_dropped, applied->events_deleted, applied->findings_deleted, applied->notices_deleted,
             applied->quarantine_deleted, applied->deliveries_deleted);
  if (applied->sets_archived > 0)
    fmt::print(stderr, "archived {} records in {} sets in {}\n", grouped(applied->records_archived),
               applied->sets_archived, visible(command.archive_directory.native()));
  if (applied->busy > 0)
    fmt::print(stderr, "{} parts are in use and stay for now; run it again in a minute\n", applied->busy);
  if (!applied->clock_doubt.empty())
    fmt::print(stderr, "nothing more was removed than was due before: {}\nif the clock is right, add --force\n",
               applied->clock_doubt);
  if (!applied->archive_failure.empty()) {
    fmt::print(stderr, "error: the archive failed, and what could not be archived was not removed: {}\n",
               visible(applied->archive_failure));
    return kFailed;
  }
  return applied->busy == 0 && applied->clock_doubt.empty() ? kOk : kLeftOver;
}

int print_removed(schema::Database& maintenance, bool json) {
  const auto removals = schema::list_removals(maintenance, kRemovalsListedMax);
  if (!removals) return report(removals.error());
  auto document = nlohmann::ordered_json::array();
  std::vector<std::vector<std::string>> rows;
  for (const schema::Removal& removal : *removals) {
    const std::string at = schema::format_rfc3339(removal.removed_at.us);
    document.push_back({{"removed_at", at},
                        {"what", removal.what},
                        {"from_day", removal.from_day ? nlohmann::ordered_json(*removal.from_day) : nullptr},
                        {"to_day", removal.to_day},
                        {"rows", removal.row_count},
                        {"counted", removal.counted},
                        {"archive", removal.archive.empty() ? nullptr : nlohmann::ordered_json(removal.archive)},
                        {"manifest_sha256", removal.manifest_sha256 ? nlohmann::ordered_json(*removal.manifest_sha256)
                                                                    : nlohmann::ordered_json(nullptr)}});
    rows.push_back({at, removal.what, removal.from_day.value_or(""), removal.to_day,
                    (removal.counted ? "" : "about ") + grouped(static_cast<std::uint64_t>(removal.row_count)),
                    removal.archive});
  }
  fmt::print("{}", json ? document.dump(2) + "\n"
                        : table({"REMOVED", "WHAT", "FROM", "BEFORE", "ROWS", "ARCHIVE"}, rows, 120));
  return kOk;
}

int run(const RetentionCommand& command) {
  const auto access = WarehouseAccess::open(command.warehouse);
  if (!access) return report(access.error());
  schema::Database maintenance((*access)->role("maintenance", kConnections));
  if (!command.kind.empty()) {
    const auto changed = change(maintenance, command);
    if (!changed) return report(changed.error());
  }
  if (command.removed) return print_removed(maintenance, command.json);
  const int applied = command.apply ? apply(maintenance, command) : kOk;
  if (applied == kFailed) return applied;
  const auto rules = schema::read_retention_rules(maintenance);
  if (!rules) return report(rules.error());
  print_rules(*rules, command.json);
  return applied;
}

}  // namespace

void add_retention(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<RetentionCommand>();
  CLI::App* command =
      app.add_subcommand("retention", "show or set how long things are kept, or delete what has expired now");
  command->footer(
      "Days are UTC days. A running server removes what has expired every hour. A clock that jumped ahead removes "
      "nothing:\n"
      "retention goes on once records of the new time came in, after a day without another jump, or with --force.\n\n"
      "  backtrail retention                          show\n  backtrail retention event_data 30d           set one "
      "kind\n"
      "  backtrail retention all forever --apply      set every kind and apply\n"
      "  backtrail retention --apply --archive-dir A  archive what has expired (see 'backtrail archive verify "
      "--help'), then "
      "delete it\n"
      "  backtrail retention --removed                what was removed lately\n\n"
      "'backtrail hold' keeps days and findings beyond their retention.");
  command->add_option("KIND", options->kind,
                      "finding, event_management, event_data, event_insight, event_network_activity, notice, "
                      "quarantine, delivery or all");
  command->add_option("KEEP", options->keep, "days such as 90d, or forever");
  command->add_flag("--apply", options->apply, "delete what has expired now instead of waiting for the hourly run");
  command
      ->add_option("--archive-dir", options->archive_directory,
                   "with --apply: first write what goes into this folder; nothing goes that could not be written")
      ->envname("BACKTRAIL_ARCHIVE_DIR");
  command->add_flag("--no-archive", options->no_archive,
                    "with --apply: delete without an archive, although it was archived before");
  command->add_flag("--force", options->force, "with --apply: the clock is right, although it seems to have jumped");
  command->add_flag("--removed", options->removed, "list what was removed lately instead of the rules");
  command->add_flag("--json", options->json, "print one JSON document");
  add_warehouse_options(*command, options->warehouse);
  command->callback([options, &exit_code] {
    if (!options->kind.empty() && options->keep.empty())
      throw CLI::ValidationError("KEEP", "say how long: 90d or forever");
    exit_code = run(*options);
  });
}

}  // namespace backtrail::commands
