#include "schema/registry/accounts.hpp"

#include <fmt/format.h>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "deploy/commands/commands.hpp"
#include "deploy/commands/terminal.hpp"
#include "deploy/commands/warehouse_access.hpp"

#include "ingest/pipeline.hpp"
#include "query/account_queries.hpp"
#include "schema/core/time.hpp"

namespace backtrail::commands {
namespace {

int import_file(const WarehouseOptions& warehouse, const std::string& file) {
  std::string text;
  if (file == "-") {
    text.assign(std::istreambuf_iterator<char>(std::cin), {});
  } else {
    std::ifstream input(file, std::ios::binary);
    if (!input) return report(schema::fail(schema::Code::kIo, "cannot read " + file));
    text.assign(std::istreambuf_iterator<char>(input), {});
  }
  const auto access = WarehouseAccess::open(warehouse);
  if (!access) return report(access.error());
  schema::Database maintenance((*access)->role("maintenance", 1));
  const auto imported = schema::import_accounts(maintenance, text, schema::now_us());
  if (!imported) return report(imported.error());
  fmt::print("{} accounts imported\n", imported->imported);
  for (const auto& line : imported->rejected) fmt::print("line {}: {}\n", line.line, visible(line.reason));
  return imported->rejected.empty() ? kOk : kLeftOver;
}

using Json = nlohmann::ordered_json;

Json text_or_null(const std::optional<std::string>& text) {
  return text ? Json(*text) : Json(nullptr);
}

int list(const WarehouseOptions& warehouse, bool json) {
  const auto access = WarehouseAccess::open(warehouse);
  if (!access) return report(access.error());
  schema::Database api((*access)->role("api", 1));
  const auto key = ingest::read_hash_key(api);
  if (!key) return report(key.error());
  const auto accounts = query::account_list({api, *key}, schema::AccountScope::all());
  if (!accounts) return report(accounts.error());
  Json document = Json::array();
  std::vector<std::vector<std::string>> rows;
  for (const auto& account : *accounts) {
    rows.push_back({account.account_id, account.account_name.value_or("-"), account.organizational_unit.value_or("-"),
                    account.owner.value_or("-"), account.environment.value_or("-"),
                    grouped(static_cast<std::uint64_t>(account.open_findings)),
                    account.last_event_us ? schema::format_rfc3339(*account.last_event_us) : "never"});
    document.push_back({{"account_id", account.account_id},
                        {"account_name", text_or_null(account.account_name)},
                        {"organizational_unit", text_or_null(account.organizational_unit)},
                        {"owner", text_or_null(account.owner)},
                        {"environment", text_or_null(account.environment)},
                        {"registered", account.registered},
                        {"open_findings", account.open_findings},
                        {"last_event_at", account.last_event_us ? Json(rows.back().back()) : Json(nullptr)}});
  }
  if (json)
    fmt::print("{}\n", document.dump(2));
  else
    fmt::print("{}", table({"ACCOUNT", "NAME", "UNIT", "OWNER", "ENVIRONMENT", "OPEN FINDINGS", "LAST EVENT"}, rows));
  return kOk;
}

}  // namespace

void add_accounts(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<WarehouseOptions>();
  auto file = std::make_shared<std::string>();
  auto json = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand("accounts", "names and owners of accounts");
  command->require_subcommand(1);
  add_warehouse_options(*command, *options);
  CLI::App* import = command->add_subcommand("import", "take the registry from a file");
  import->footer(
      "  aws organizations list-accounts | backtrail accounts import -\n"
      "  backtrail accounts import accounts.csv     header: account_id,name,organizational_unit,owner,environment");
  import->add_option("FILE", *file, "JSON of 'aws organizations list-accounts', or CSV; - for standard input")
      ->required();
  import->fallthrough();
  import->callback([options, file, &exit_code] { exit_code = import_file(*options, *file);
});

CLI::App* show = command->add_subcommand("list", "show all accounts, registered or seen");
show->add_flag("--json", *json, "print one JSON document");
show->fallthrough();
show->callback([options, json, &exit_code] { exit_code = list(*options, *json); });
}  // namespace backtrail::commands

}  // namespace backtrail::commands
