#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "deploy/commands/commands.hpp"
#include "deploy/commands/terminal.hpp"
#include "deploy/commands/warehouse_access.hpp"

#include "api/rest/event_json.hpp"
#include "ingest/pipeline.hpp"
#include "query/entity/activity.hpp"
#include "query/entity/entity_search.hpp"

namespace backtrail::commands {
namespace {

using schema::Code;
using schema::fail;
using schema::Result;

struct LookupCommand {
  WarehouseOptions warehouse;
  std::string user, key, role, instance, ip, last, from, to;
  std::size_t limit = 50;
  bool json = false;
};

// The part behind the last slash or colon.
std::string tail_of(const std::string& text) {
  return text.substr(text.find_last_of("/:") + 1);
}

// The account in arn:aws:iam::ACCOUNT:role/NAME; empty for anything else.
std::string account_in(const std::string& arn) {
  constexpr std::size_t kAccountPart = 4;
  std::size_t at = 0;
  for (std::size_t part = 0; part < kAccountPart; ++part) {
    at = arn.find(':', at);
    if (at == std::string::npos) return {};
    ++at;
  }
  return arn.substr(at, arn.find(':', at) - at);
}

// Principals are keyed by their unique id; people know them by name or ARN.
Result<std::vector<query::FoundEntity>> principals_called(const query::Warehouse& warehouse, const std::string& text) {
  const bool is_arn = text.starts_with("arn:");
  const std::string name = is_arn ? tail_of(text) : text, account = is_arn ? account_in(text) : "";
  const auto found = query::entity_search(warehouse, schema::AccountScope::all(), name, schema::EntityKind::kPrincipal);
  if (!found) return found.error();
  std::vector<query::FoundEntity> exact;
  for (const auto& candidate : *found) {
    const bool named = candidate.entity.name == name || candidate.entity.key == text;
    if (named && (account.empty() || candidate.account_id == account)) exact.push_back(candidate);
  }
  if (!exact.empty()) return exact;
  std::string message = fmt::format("nobody called '{}' was seen", text);
  for (std::size_t i = 0; i < std::min<std::size_t>(found->size(), 5); ++i)
    message += fmt::format("{}{}", i == 0 ? "; similar: " : ", ", (*found)[i].entity.name);
  return fail(Code::kNotFound, message);
}

Result<std::vector<query::Parameter>> parameters_of(const query::Warehouse& warehouse, const LookupCommand& command) {
  std::vector<query::Parameter> parameters;
  for (const std::string* who : {&command.user, &command.role}) {
    if (who->empty()) continue;
    const auto principals = principals_called(warehouse, *who);
    if (!principals) return principals.error();
    for (const auto& principal : *principals) parameters.push_back({"entity", "principal:" + principal.entity.key});
  }
  const std::pair<const char*, const std::string*> others[] = {
      {"access_key", &command.key}, {"instance", &command.instance}, {"ip_address", &command.ip},
      {"last", &command.last},      {"from", &command.from},         {"to", &command.to}};
  for (const auto& [name, value] : others)
    if (!value->empty()) parameters.push_back({name, *value});
  return parameters;
}

std::string who_of(const schema::ApiEvent& event) {
  if (!event.principal) return event.identity_type;
  const std::string name = event.principal->name.empty() ? event.principal->key : event.principal->name;
  return event.session_name.empty() ? name : name + "/" + event.session_name;
}

void print_table(const query::ActivityPage& page) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& view : page.events) {
    const auto& event = view.event();
    rows.push_back({schema::format_rfc3339(event.event_time_us), view.account_name.value_or(event.account_id),
                    event.region, event.service, event.api,
                    event.error_code.empty() ? std::string(name_of(event.outcome)) : event.error_code, who_of(event),
                    event.access_key ? event.access_key->key : "-", event.source_address});
  }
  fmt::print(
      "{}",
      table({"TIME (UTC)", "ACCOUNT", "REGION", "SERVICE", "API", "OUTCOME", "WHO", "ACCESS KEY", "SOURCE"}, rows));
  fmt::print("\n{} events from {} to {}", grouped(page.total), schema::format_rfc3339(page.covered.range.from_us),
             schema::format_rfc3339(page.covered.range.to_us));
  if (page.total > page.events.size())
    fmt::print("; the newest {} are shown, --limit shows more", grouped(page.events.size()));
  fmt::print("\n");
}

Result<query::ActivityPage> read_pages(const query::Warehouse& warehouse, const query::EventFilter& filter,
                                       std::size_t limit) {
  constexpr std::size_t kPageMax = 1000;
  query::ActivityPage all;
  std::string cursor;
  do {
    auto page = query::activity(warehouse, schema::AccountScope::all(), filter,
                                std::min(kPageMax, limit - all.events.size()), cursor);
    if (!page) return page.error();
    if (cursor.empty()) {
      all = std::move(*page);
    } else {
      std::move(page->events.begin(), page->events.end(), std::back_inserter(all.events));
      all.next_cursor = page->next_cursor;
    }
    cursor = all.next_cursor.value_or("");
  } while (!cursor.empty() && all.events.size() < limit);
  return all;
}

int run(const LookupCommand& command) {
  const auto access = WarehouseAccess::open(command.warehouse);
  if (!access) return report(access.error());
  schema::Database database((*access)->role("api", 2));
  const auto key = ingest::read_hash_key(database);
  if (!key) return report(key.error());
  const query::Warehouse warehouse{database, *key};
  const auto parameters = parameters_of(warehouse, command);
  if (!parameters) return report(parameters.error());
  const auto filter = query::parse_event_filter(*parameters, schema::now_us());
  if (!filter) return report(filter.error());
  const auto page = read_pages(warehouse, *filter, command.limit);
  if (!page) return report(page.error());
  if (command.json)
    fmt::print("{}\n", api::activity_json(*page));
  else
    print_table(*page);
  return kOk;
}

}  // namespace

void add_lookup(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<LookupCommand>();
  CLI::App* command = app.add_subcommand("lookup", "what did this user, key, role, instance or address do?");
  command->footer(
      "All accounts and Regions at once, newest first, with the exact count. Several options narrow each other.\n\n"
      "  backtrail lookup --user alice\n  backtrail lookup --key AKIAIOSFODNN7EXAMPLE --last 1h\n"
      "  backtrail lookup --instance i-0123456789abcdef0 --from 2026-11-20T00:00:00Z --to 2026-11-21T00:00:00Z --json");
  auto* who = command->add_option_group("who");
  who->add_option("--user", options->user, "user or role by name");
  who->add_option("--key", options->key, "access key id");
  who->add_option("--role", options->role, "role by ARN or name");
  who->add_option("--instance", options->instance, "instance id: calls by it and on it");
  who->add_option("--ip", options->ip, "source address");
  who->require_option(1, 0);
  command->add_option("--last", options->last, "1h, 24h (the default), 7d, 90d");
  command->add_option("--from", options->from, "a time such as 2026-11-20T00:00:00Z");
  command->add_option("--to", options->to, "the end, exclusive");
  command->add_option("--limit", options->limit, "events to show")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  command->add_flag("--json", options->json, "print one JSON document, as GET /api/v1/activity gives it");
  add_warehouse_options(*command, options->warehouse);
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace backtrail::commands
