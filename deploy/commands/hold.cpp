// backtrail hold: days and findings that retention must not remove.
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <pwd.h>
#include <unistd.h>

#include "deploy/commands/commands.hpp"
#include "deploy/commands/terminal.hpp"
#include "deploy/commands/warehouse_access.hpp"

#include "ingest/pipeline.hpp"
#include "query/findings/finding_rows.hpp"
#include "query/hold_queries.hpp"
#include "schema/core/time.hpp"
#include "schema/retention/holds.hpp"

namespace backtrail::commands {
namespace {

using schema::Code;
using schema::fail;
using schema::Result;

struct HoldCommand {
  WarehouseOptions warehouse;
  std::string account, from, to, finding, reason, by, hold_id;
  bool all_accounts = false, all = false, json = false;
};

std::string user_name() {
  const passwd* user = getpwuid(geteuid());
  return user != nullptr ? user->pw_name : std::to_string(geteuid());
}

Result<schema::NewHold> hold_of(const HoldCommand& command) {
  schema::NewHold hold;
  hold.reason = command.reason;
  hold.by = command.by.empty() ? user_name() : command.by;
  if (!command.finding.empty()) {
    const auto key = query::parse_finding_id(command.finding);
    if (!key) return fail(Code::kBadParameter, "--finding takes the id of a finding, as the page and the API show it");
    hold.account_id = key->account_id;
    hold.finding_uid = key->finding_uid;
    return hold;
  }
  if (command.account.empty() != command.all_accounts)
    return fail(Code::kBadParameter, "say what to hold: --finding ID, or days with --account ID or --all-accounts");
  hold.account_id = command.account;
  const auto from = schema::parse_day(command.from), to = schema::parse_day(command.to);
  if (!from || !to)
    return fail(Code::kBadParameter, "days take --from and --to, such as 2026-11-01; --to is the day behind the last");
  hold.days = {*from, *to};
  return hold;
}

int add(const HoldCommand& command) {
  const auto hold = hold_of(command);
  if (!hold) return report(hold.error());
  const auto access = WarehouseAccess::open(command.warehouse);
  if (!access) return report(access.error());
  schema::Database maintenance((*access)->role("maintenance", 1));
  const auto added = schema::add_hold(maintenance, *hold, schema::now_us());
  if (!added) return report(added.error());
  if (command.json)
    fmt::print("{}\n", nlohmann::ordered_json{{"hold_id", to_string(*added)}}.dump(2));
  else
    fmt::print("held as {}\nend it with: backtrail hold release {} --reason …\n", to_string(*added), to_string(*added));
  return kOk;
}

int release(const HoldCommand& command) {
  schema::Uuid id;
  if (!schema::parse_uuid(command.hold_id, id))
    return report(fail(Code::kBadParameter, "that is no id of a hold; 'backtrail hold list' shows them"));
  const auto access = WarehouseAccess::open(command.warehouse);
  if (!access) return report(access.error());
  schema::Database maintenance((*access)->role("maintenance", 1));
  const auto released = schema::release_hold(maintenance, id, command.reason,
                                             command.by.empty() ? user_name() : command.by, schema::now_us());
  if (!released) return report(released.error());
  if (command.json)
    fmt::print("{}\n", nlohmann::ordered_json{{"hold_id", to_string(id)}, {"released", true}}.dump(2));
  else
    fmt::print("released; what has expired goes at the next run of retention\n");
  return kOk;
}

void print_list(const query::HoldList& list, bool json) {
  using Json = nlohmann::ordered_json;
  const auto time = [](const std::optional<std::int64_t>& us) {
    return us ? Json(schema::format_rfc3339(*us)) : Json(nullptr);
  };
  const auto text = [](const std::optional<std::string>& value) { return value ? Json(*value) : Json(nullptr); };
  Json document = Json::array();
  std::vector<std::vector<std::string>> rows;
  for (const query::HoldRow& hold : list.rows) {
    document.push_back({{"hold_id", hold.hold_id},
                        {"account_id", hold.account_id.empty() ? Json(nullptr) : Json(hold.account_id)},
                        {"from_day", hold.from_day},
                        {"to_day", hold.to_day},
                        {"finding_id", text(hold.finding_id)},
                        {"reason", hold.reason},
                        {"created_by", hold.created_by},
                        {"created_at", time(hold.created_us)},
                        {"released_at", time(hold.released_us)},
                        {"released_by", text(hold.released_by)},
                        {"release_reason", text(hold.release_reason)}});
    rows.push_back({hold.hold_id, hold.account_id.empty() ? "all" : hold.account_id, hold.from_day, hold.to_day,
                    hold.finding_id ? "finding" : "days", hold.created_by, schema::format_rfc3339(hold.created_us),
                    hold.released_us ? "released by " + *hold.released_by : "held", hold.reason});
  }
  if (json)
    fmt::print("{}\n", document.dump(2));
  else
    fmt::print("{}", table({"HOLD", "ACCOUNT", "FROM", "BEFORE", "FOR", "BY", "SINCE", "STATE", "WHY"}, rows));
}

int list(const HoldCommand& command) {
  const auto access = WarehouseAccess::open(command.warehouse);
  if (!access) return report(access.error());
  schema::Database api((*access)->role("api", 1));
  const auto key = ingest::read_hash_key(api);
  if (!key) return report(key.error());
  const auto holds = query::hold_list({api, *key}, schema::AccountScope::all(),
                                      command.all ? query::HoldState::kAll : query::HoldState::kActive);
  if (!holds) return report(holds.error());
  print_list(*holds, command.json);
  return kOk;
}

void add_hold_options(CLI::App& add, HoldCommand& options) {
  add.footer(
      "Days are UTC days, from the first up to the day behind the last. A held day keeps its events and notices, the "
      "findings seen\n"
      "in it and the quarantined records received in it. --finding keeps the finding with its versions, and the days "
      "from "
      "its first\nto its last occurrence in its account.\n\n"
      "  backtrail hold add --account 111122223333 --from 2026-11-01 --to 2026-11-04 --reason 'case 17'\n"
      "  backtrail hold add --all-accounts --from 2026-11-01 --to 2026-11-02 --reason 'case 17'\n"
      "  backtrail hold add --finding 111122223333-0123456789abcdef0123456789abcdef --reason 'case 18'");
  add.add_option("--account", options.account, "hold days of this account");
  add.add_flag("--all-accounts", options.all_accounts, "hold days of every account");
  add.add_option("--from", options.from, "the first day, such as 2026-11-01");
  add.add_option("--to", options.to, "the day behind the last");
  add.add_option("--finding", options.finding, "hold this finding and the days it was seen on in its account");
  add.add_option("--reason", options.reason, "why; kept for ever")->required();
  add.add_option("--by", options.by, "who (default: the user that runs this)");
}

}  // namespace

void add_hold(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<HoldCommand>();
  CLI::App* command = app.add_subcommand("hold", "keep days or a finding beyond their retention (legal hold)");
  command->require_subcommand(1);
  add_warehouse_options(*command, options->warehouse);
  command->add_flag("--json", options->json, "print one JSON document");

  CLI::App* add_command = command->add_subcommand("add", "hold days or a finding");
  add_hold_options(*add_command, *options);
  add_command->fallthrough();
  add_command->callback([options, &exit_code] { exit_code = add(*options); });

  CLI::App* list_command = command->add_subcommand("list", "show what is held, by whom and why");
  list_command->add_flag("--all", options->all, "released holds, too");
  list_command->fallthrough();
  list_command->callback([options, &exit_code] { exit_code = list(*options); });

  CLI::App* release_command = command->add_subcommand("release", "end a hold; its record stays");
  release_command->add_option("HOLD", options->hold_id, "the id that 'hold list' shows")->required();
  release_command->add_option("--reason", options->reason, "why; kept for ever")->required();
  release_command->add_option("--by", options->by, "who (default: the user that runs this)");
  release_command->fallthrough();
  release_command->callback([options, &exit_code] { exit_code = release(*options); });
}

}  // namespace backtrail::commands
