#include "schema/registry/accounts.hpp"

#include <fmt/format.h>
#include <fstream>
#include <iostream>

#include "deploy/commands/commands.hpp"
#include "deploy/commands/terminal.hpp"
#include "deploy/commands/warehouse_access.hpp"

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

}  // namespace

void add_accounts(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<WarehouseOptions>();
  auto file = std::make_shared<std::string>();
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
}  // namespace backtrail::commands

}  // namespace backtrail::commands
