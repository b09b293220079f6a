#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "deploy/commands/commands.hpp"
#include "deploy/commands/terminal.hpp"
#include "deploy/commands/warehouse_access.hpp"

#include "schema/core/time.hpp"
#include "schema/registry/api_keys.hpp"

namespace backtrail::commands {
namespace {

struct KeyCommand {
  WarehouseOptions warehouse;
  std::string name, role = "analyst", expires, key_id;
  std::vector<std::string> accounts{"*"};
  bool json = false;
};

template <class F>
int with_maintenance(const KeyCommand& command, F&& f) {
  const auto access = WarehouseAccess::open(command.warehouse);
  if (!access) return report(access.error());
  schema::Database maintenance((*access)->role("maintenance", 1));
  return f(maintenance);
}

int create(const KeyCommand& command, schema::Database& maintenance) {
  const std::int64_t now = schema::now_us();
  std::optional<std::int64_t> expires;
  if (!command.expires.empty()) {
    const auto life = schema::parse_duration(command.expires);
    if (!life) return report(life.error());
    expires = now + *life;
  }
  const auto created = schema::create_api_key(maintenance, command.name, command.role, command.accounts, expires, now);
  if (!created) return report(created.error());
  if (command.json) {
    fmt::print("{}\n", nlohmann::ordered_json{{"key_id", created->key_id}, {"token", created->token}}.dump(2));
  } else {
    fmt::print("{}\n", created->token);
    fmt::print(
        stderr,
        "This token is shown once. Senders use it as X-Api-Key, people and programs as 'Authorization: Bearer'.\n");
  }
  return kOk;
}

std::string time_or_dash(const std::optional<std::int64_t>& us) {
  return us ? schema::format_rfc3339(*us) : "-";
}

int list(const KeyCommand& command, schema::Database& maintenance) {
  const auto keys = schema::list_api_keys(maintenance);
  if (!keys) return report(keys.error());
  auto document = nlohmann::ordered_json::array();
  std::vector<std::vector<std::string>> rows;
  for (const auto& key : *keys) {
    std::string accounts;
    for (const auto& account : key.accounts) accounts += (accounts.empty() ? "" : ",") + account;
    rows.push_back({key.key_id, key.name, key.role, accounts, schema::format_rfc3339(key.created_us),
                    time_or_dash(key.expires_us), time_or_dash(key.revoked_us)});
    document.push_back({{"key_id", key.key_id},
                        {"name", key.name},
                        {"role", key.role},
                        {"accounts", key.accounts},
                        {"created_at", rows.back()[4]},
                        {"expires_at", rows.back()[5]},
                        {"revoked_at", rows.back()[6]}});
  }
  if (command.json)
    fmt::print("{}\n", document.dump(2));
  else
    fmt::print("{}", table({"KEY", "NAME", "ROLE", "ACCOUNTS", "CREATED", "EXPIRES", "REVOKED"}, rows));
  return kOk;
}

int revoke(const KeyCommand& command, schema::Database& maintenance) {
  const auto revoked = schema::revoke_api_key(maintenance, command.key_id, schema::now_us());
  if (!revoked) return report(revoked.error());
  fmt::print("revoked {}; servers stop accepting it within five seconds\n", visible(command.key_id));
  return kOk;
}

}  // namespace

void add_key(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<KeyCommand>();
  CLI::App* command = app.add_subcommand("key", "create, list and revoke the keys of people and senders");
  command->require_subcommand(1);
  add_warehouse_options(*command, options->warehouse);
  command->add_flag("--json", options->json, "print one JSON document");

  CLI::App* make = command->add_subcommand("create", "make a key and print its token, once");
  make->add_option("--name", options->name, "who or what uses it")->required();
  make->add_option("--role", options->role, "administrator, analyst or ingest")
      ->check(CLI::IsMember({"administrator", "analyst", "ingest"}))
      ->capture_default_str();
  make->add_option("--account", options->accounts, "account ids that it may see or write; default all")->delimiter(',');
  make->add_option("--expires", options->expires, "life such as 365d; default for ever");
  make->fallthrough();  // --data-dir and --json may stand behind the sub-command too
  make->callback([options, &exit_code] {
    exit_code = with_maintenance(*options, [&](auto& db) { return create(*options, db); });
  });

  CLI::App* show = command->add_subcommand("list", "show all keys");
  show->fallthrough();
  show->callback(
      [options, &exit_code] { exit_code = with_maintenance(*options, [&](auto& db) { return list(*options, db); }); });

  CLI::App* end = command->add_subcommand("revoke", "make a key useless");
  end->add_option("KEY", options->key_id, "the key's id, as 'key list' shows it")->required();
  end->fallthrough();
  end->callback([options, &exit_code] {
    exit_code = with_maintenance(*options, [&](auto& db) { return revoke(*options, db); });
  });
}

}  // namespace backtrail::commands
