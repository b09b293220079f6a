#include <fmt/format.h>
#include <iostream>
#include <nlohmann/json.hpp>

#include "deploy/commands/commands.hpp"
#include "deploy/commands/terminal.hpp"
#include "deploy/commands/warehouse_access.hpp"

#include "api/rest/quarantine_json.hpp"
#include "ingest/quarantine/replay.hpp"
#include "query/quarantine_queries.hpp"

namespace backtrail::commands {
namespace {

using schema::AccountScope;
using schema::Result;

struct QuarantineCommand {
  WarehouseOptions warehouse;
  std::vector<std::string> reasons, accounts, doors, keys, ids;
  std::string from, to, state = "open";
  std::size_t limit = 50;
  bool json = false, raw = false, all = false;
};

Result<query::QuarantineRequest> request_of(const QuarantineCommand& command) {
  std::vector<query::Parameter> parameters{{"state", command.state}};
  const std::pair<const char*, const std::vector<std::string>*> lists[] = {{"reason", &command.reasons},
                                                                           {"account_id", &command.accounts},
                                                                           {"door", &command.doors},
                                                                           {"key_id", &command.keys}};
  for (const auto& [name, values] : lists)
    for (const auto& value : *values) parameters.push_back({name, value});
  if (!command.from.empty()) parameters.push_back({"from", command.from});
  if (!command.to.empty()) parameters.push_back({"to", command.to});
  return query::parse_quarantine_request(parameters);
}

// Pages until `limit` rows or the end.
Result<query::QuarantinePage> read_pages(const query::Warehouse& warehouse, query::QuarantineRequest request,
                                         std::size_t limit) {
  constexpr std::size_t kPageMax = 1000;
  query::QuarantinePage all;
  do {
    request.page.limit = std::min(kPageMax, limit - all.rows.size());
    auto page = query::quarantine_page(warehouse, AccountScope::all(), request);
    if (!page) return page.error();
    if (request.page.cursor.empty()) all.total = page->total;
    std::move(page->rows.begin(), page->rows.end(), std::back_inserter(all.rows));
    request.page.cursor = page->next_cursor.value_or("");
  } while (!request.page.cursor.empty() && all.rows.size() < limit);
  return all;
}

void print_rows(const query::QuarantinePage& page) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& row : page.rows)
    rows.push_back({row.quarantine_id, schema::format_rfc3339(row.received_us), row.reason, row.detail, row.door,
                    row.key_id.empty() ? "-" : row.key_id, row.origin, grouped(static_cast<std::uint64_t>(row.bytes)),
                    row.resolved_us ? "resolved" : std::to_string(row.tries)});
  constexpr std::size_t kCellMax = 45;  // an id in full
  fmt::print("{}", table({"ID", "RECEIVED (UTC)", "REASON", "DETAIL", "DOOR", "KEY", "ORIGIN", "BYTES", "TRIES"}, rows,
                         kCellMax));
  fmt::print("\n{} records", grouped(static_cast<std::uint64_t>(page.total)));
  if (page.total > static_cast<std::int64_t>(page.rows.size()))
    fmt::print("; the newest {} are shown, --limit shows more", grouped(page.rows.size()));
  fmt::print("\n");
}

int list(const QuarantineCommand& command, const query::Warehouse& warehouse) {
  const auto request = request_of(command);
  if (!request) return report(request.error());
  const auto page = read_pages(warehouse, *request, command.limit);
  if (!page) return report(page.error());
  if (!command.json) {
    print_rows(*page);
    return kOk;
  }
  auto rows = nlohmann::ordered_json::array();
  for (const auto& row : page->rows) rows.push_back(api::quarantine_row_json(row));
  fmt::print("{}\n", nlohmann::ordered_json{{"quarantine", std::move(rows)}, {"total", page->total}}.dump(2));
  return kOk;
}

int show(const QuarantineCommand& command, const query::Warehouse& warehouse) {
  const std::string& id = command.ids.front();
  if (command.raw) {
    const auto raw = query::quarantine_raw(warehouse, AccountScope::all(), id);
    if (!raw) return report(raw.error());
    std::cout.write(raw->data(), static_cast<std::streamsize>(raw->size()));
    return kOk;
  }
  const auto row = query::quarantine_detail(warehouse, AccountScope::all(), id);
  if (!row) return report(row.error());
  const auto json = api::quarantine_row_json(*row);
  if (command.json) {
    fmt::print("{}\n", json.dump(2));
    return kOk;
  }
  for (const auto& [name, value] : json.items())
    fmt::print("{:<16}{}\n", name, visible(value.is_string() ? value.get<std::string>() : value.dump()));
  return kOk;
}

Result<std::vector<ingest::QuarantineKey>> records_of(const QuarantineCommand& command,
                                                      const query::Warehouse& warehouse) {
  std::vector<std::string> ids = command.ids;
  if (command.all) {
    const auto request = request_of(command);
    if (!request) return request.error();
    constexpr std::size_t kAtMost = 1'000'000;
    const auto page = read_pages(warehouse, *request, kAtMost);
    if (!page) return page.error();
    for (const auto& row : page->rows) ids.push_back(row.quarantine_id);
  }
  std::vector<ingest::QuarantineKey> records;
  for (const auto& id : ids) {
    const auto parsed = query::parse_record_id(id);
    if (!parsed) return schema::fail(schema::Code::kBadParameter, "there is no quarantined record " + id);
    records.push_back({parsed->account_id, parsed->id});
  }
  return records;
}

int replay(const QuarantineCommand& command, const query::Warehouse& warehouse, const WarehouseAccess& access) {
  const auto records = records_of(command, warehouse);
  if (!records) return report(records.error());
  constexpr std::size_t kConnections = 6;
  schema::Database ingest(access.role("ingest", kConnections));
  const auto pipeline = ingest::Pipeline::start(ingest, {});
  if (!pipeline) return report(pipeline.error());
  constexpr std::chrono::hours kPatience(24);  // nobody waits for an answer here
  const auto done = ingest::replay(**pipeline, ingest, *records, kPatience);
  if (!done) return report(done.error());
  if (const auto swept = (*pipeline)->sweep_variants(); !swept) return report(swept.error());
  if (command.json) {
    fmt::print("{}\n", api::replay_json(*done, 0).dump(2));
  } else {
    const std::pair<const char*, std::uint64_t> lines[] = {{"resolved", done->resolved},
                                                           {"still quarantined", done->still_quarantined},
                                                           {"not open any more", done->not_open},
                                                           {"failed", done->failed + done->not_tried}};
    for (const auto& [label, count] : lines) fmt::print("{:<20}{:>12}\n", label, grouped(count));
  }
  return done->still_quarantined + done->failed + done->not_tried == 0 ? kOk : kLeftOver;
}

template <class F>
int with_warehouse(const QuarantineCommand& command, F&& f) {
  const auto access = WarehouseAccess::open(command.warehouse);
  if (!access) return report(access.error());
  schema::Database database((*access)->role("api", 2));
  const auto key = ingest::read_hash_key(database);
  if (!key) return report(key.error());
  return f(query::Warehouse{database, *key}, **access);
}

void add_filters(CLI::App& command, QuarantineCommand& options) {
  command.add_option("--reason", options.reasons, "only for these reasons")->delimiter(',');
  command.add_option("--account", options.accounts, "account ids; none: where it could not be read")->delimiter(',');
  command.add_option("--door", options.doors, "eventbridge, raw, import, …")->delimiter(',');
  command.add_option("--key", options.keys, "ids of senders' keys; none: local imports")->delimiter(',');
  command.add_option("--from", options.from, "received since, such as 2026-11-20T00:00:00Z");
  command.add_option("--to", options.to, "received before");
}

}  // namespace

void add_quarantine(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<QuarantineCommand>();
  CLI::App* command = app.add_subcommand("quarantine", "records that could not be stored: look at them, replay them");
  command->require_subcommand(1);
  command->footer(
      "  backtrail quarantine list --reason unknown_shape\n  backtrail quarantine show ID --raw > record.json\n"
      "  backtrail quarantine replay --all --reason too_old");
  add_warehouse_options(*command, options->warehouse);
  command->add_flag("--json", options->json, "print one JSON document");

  CLI::App* rows = command->add_subcommand("list", "newest first, with the exact count");
  add_filters(*rows, *options);
  rows->add_option("--state", options->state, "open, resolved or all")
      ->check(CLI::IsMember({"open", "resolved", "all"}))
      ->capture_default_str();
  rows->add_option("--limit", options->limit, "records to show")->check(CLI::Range(1, 100'000))->capture_default_str();
  rows->fallthrough();
  rows->callback([options, &exit_code] {
    exit_code = with_warehouse(*options, [&](const auto& warehouse, auto&) { return list(*options, warehouse); });
  });

  CLI::App* one = command->add_subcommand("show", "one record, with what to do about it");
  one->add_option("ID", options->ids, "as 'quarantine list' shows it")->required()->expected(1);
  one->add_flag("--raw", options->raw, "its exact bytes instead; they may hold anything, so send them to a file");
  one->fallthrough();
  one->callback([options, &exit_code] {
    exit_code = with_warehouse(*options, [&](const auto& warehouse, auto&) { return show(*options, warehouse); });
  });

  CLI::App* again = command->add_subcommand("replay", "hand records in again, with the rights of who sent them");
  auto* which = again->add_option("ID", options->ids, "as 'quarantine list' shows it");
  auto* all = again->add_flag("--all", options->all, "all open records that the filters find");
  which->excludes(all);
  add_filters(*again, *options);
  again->fallthrough();
  again->callback([options, &exit_code] {
    if (!options->all && options->ids.empty()) throw CLI::RequiredError("ID or --all");
    exit_code = with_warehouse(
        *options, [&](const auto& warehouse, auto& access) { return replay(*options, warehouse, access); });
  });
}

}  // namespace backtrail::commands
