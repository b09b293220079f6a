#include "schema/retention/retention.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "deploy/commands/commands.hpp"
#include "deploy/commands/terminal.hpp"
#include "deploy/commands/warehouse_access.hpp"

namespace backtrail::commands {
namespace {

struct RetentionCommand {
  WarehouseOptions warehouse;
  std::string kind, keep;
  bool apply = false, json = false;
};

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

int run(const RetentionCommand& command) {
  const auto access = WarehouseAccess::open(command.warehouse);
  if (!access) return report(access.error());
  schema::Database maintenance((*access)->role("maintenance", 2));
  if (!command.kind.empty()) {
    const auto changed = change(maintenance, command);
    if (!changed) return report(changed.error());
  }
  if (command.apply) {
    const auto applied = schema::run_retention(maintenance, schema::now_us());
    if (!applied) return report(applied.error());
    fmt::print(
        stderr,
        "dropped {} partitions; deleted {} events, {} findings, {} notices, {} quarantined records, {} ledger rows\n",
        applied->partitions_dropped, applied->events_deleted, applied->findings_deleted, applied->notices_deleted,
        applied->quarantine_deleted, applied->deliveries_deleted);
  }
  const auto rules = schema::read_retention_rules(maintenance);
  if (!rules) return report(rules.error());
  print_rules(*rules, command.json);
  return kOk;
}

}  // namespace

void add_retention(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<RetentionCommand>();
  CLI::App* command =
      app.add_subcommand("retention", "show or set how long things are kept, or delete what has expired now");
  command->footer(
      "  backtrail retention                          show\n  backtrail retention event_data 30d           set one "
      "kind\n"
      "  backtrail retention all forever --apply      set every kind and apply");
  command->add_option("KIND", options->kind,
                      "finding, event_management, event_data, event_insight, event_network_activity, notice, "
                      "quarantine, delivery or all");
  command->add_option("KEEP", options->keep, "days such as 90d, or forever");
  command->add_flag("--apply", options->apply, "delete what has expired now instead of waiting for the hourly run");
  command->add_flag("--json", options->json, "print one JSON document");
  add_warehouse_options(*command, options->warehouse);
  command->callback([options, &exit_code] {
    if (!options->kind.empty() && options->keep.empty())
      throw CLI::ValidationError("KEEP", "say how long: 90d or forever");
    exit_code = run(*options);
  });
}

}  // namespace backtrail::commands
