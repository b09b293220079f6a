#include <fmt/format.h>

#include "deploy/commands/commands.hpp"
#include "deploy/commands/warehouse_access.hpp"

#include "schema/pg/migrator.hpp"

namespace backtrail::commands {

void add_migrate(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<WarehouseOptions>();
  CLI::App* command = app.add_subcommand("migrate", "bring the database to this program's schema");
  command->footer(
      "Every command does this by itself; run it alone when the database's administrator is another person.\n"
      "The URL's user must be allowed to create roles.");
  add_warehouse_options(*command, *options);
  command->callback([options, &exit_code] {
    const auto access = WarehouseAccess::open(*options);
    if (!access) {
      exit_code = report(access.error());
      return;
    }
    for (const auto& name : (*access)->migrated()) fmt::print("applied {}\n", name);
    fmt::print("the schema is at version {}\n", schema::latest_migration());
    exit_code = kOk;
  });
}

}  // namespace backtrail::commands
