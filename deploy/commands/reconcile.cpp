#include "ingest/reconcile/reconcile.hpp"

#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <nlohmann/json.hpp>

#include "deploy/commands/commands.hpp"
#include "deploy/commands/terminal.hpp"
#include "deploy/commands/warehouse_access.hpp"

#include "api/doors/ingest_doors.hpp"
#include "ingest/load/coverage_writer.hpp"

namespace backtrail::commands {
namespace {

namespace fs = std::filesystem;
using ingest::MissedFinding;
using ingest::ReconcileCounts;
using ingest::ReconcileReport;
using ingest::SourceList;
using nlohmann::ordered_json;
using schema::Code;
using schema::fail;
using schema::Result;

constexpr std::uintmax_t kFileMaxBytes = 256ULL * 1024 * 1024;  // a year of a large organisation's findings
constexpr std::size_t kListedMax = 20;

struct ReconcileCommand {
  WarehouseOptions warehouse;
  std::vector<fs::path> files;
  bool json = false, no_load = false;
};

Result<std::string> read_file(const fs::path& path) {
  const auto trouble = [&path](Code code, const char* what) {
    return fail(code, fmt::format("{} {}", visible(path.native()), what));
  };
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return trouble(Code::kIo, "is no file");
  if (fs::file_size(path, error) > kFileMaxBytes) return trouble(Code::kTooLarge, "is larger than 256 MiB");
  std::ifstream file(path, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(file)), {});
  if (file.bad() || !file.is_open()) return trouble(Code::kIo, "cannot be read");
  return bytes;
}

ordered_json counts_json(const ReconcileCounts& counts) {
  return {{"listed", counts.listed}, {"received", counts.received}, {"behind", counts.behind},
          {"missed", counts.missed}, {"expired", counts.expired},   {"archived_at_source", counts.archived},
          {"loaded", counts.loaded}};
}

ordered_json text_or_null(const std::string& text) {
  return text.empty() ? ordered_json(nullptr) : ordered_json(text);
}

void print_json(const ReconcileReport& report, const SourceList& list, bool loading) {
  ordered_json document = counts_json(report.total);
  auto rows = ordered_json::array(), missed = ordered_json::array(), unread = ordered_json::array();
  for (const auto& row : report.rows) {
    ordered_json one{
        {"account_id", text_or_null(row.account_id)}, {"region", text_or_null(row.region)}, {"product", row.product}};
    one.update(counts_json(row.counts));
    rows.push_back(std::move(one));
  }
  for (const auto& one : report.missed)
    missed.push_back({{"account_id", text_or_null(one.account_id)},
                      {"region", text_or_null(one.region)},
                      {"product", one.product},
                      {"finding_id", one.finding_id},
                      {"type", text_or_null(one.type)},
                      {"state", one.behind ? "behind" : "missed"},
                      {"archived_at_source", one.archived},
                      {"loaded", one.loaded},
                      {"file", list.files()[one.file]}});
  for (const auto& part : list.unread()) unread.push_back({{"file", list.files()[part.file]}, {"reason", part.reason}});
  document["by_account_region"] = std::move(rows);
  document["missed_findings"] = std::move(missed);
  document["fetch_commands"] = report.fetch_commands;
  document["unread"] = std::move(unread);
  document["receipt"] = loading ? ordered_json::parse(api::receipt_json(report.receipt)) : ordered_json(nullptr);
  fmt::print("{}\n", document.dump(2, ' ', false, ordered_json::error_handler_t::replace));
}

std::vector<std::string> cells_of(std::string account, std::string region, std::string product,
                                  const ReconcileCounts& c) {
  return {std::move(account), std::move(region), std::move(product), grouped(c.listed),   grouped(c.received),
          grouped(c.behind),  grouped(c.missed), grouped(c.expired), grouped(c.archived), grouped(c.loaded)};
}

void print_missed(const ReconcileReport& report) {
  if (report.missed.empty()) return;
  fmt::print("\nmissed or behind ({})\n", grouped(report.missed.size()));
  for (std::size_t i = 0; i < std::min(report.missed.size(), kListedMax); ++i) {
    const MissedFinding& one = report.missed[i];
    fmt::print("  {} {} {}  {}{}{}\n", one.account_id.empty() ? "(account unknown)" : visible(one.account_id),
               visible(one.region), visible(one.finding_id), one.type.empty() ? "content unknown" : visible(one.type),
               one.archived ? ", archived at the source" : "",
               one.loaded ? one.behind ? ", brought up to date" : ", loaded now" : "");
  }
  if (report.missed.size() > kListedMax)
    fmt::print("  and {} more; --json lists all\n", grouped(report.missed.size() - kListedMax));
}

void print_tables(const ReconcileReport& report, const SourceList& list, bool loading) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& row : report.rows)
    rows.push_back(cells_of(row.account_id.empty() ? "unknown" : row.account_id,
                            row.region.empty() ? "unknown" : row.region, row.product, row.counts));
  rows.push_back(cells_of("all", "", "", report.total));
  fmt::print("{}", table({"ACCOUNT", "REGION", "PRODUCT", "LISTED", "RECEIVED", "BEHIND", "MISSED", "EXPIRED",
                          "ARCHIVED AT SOURCE", "LOADED"},
                         rows));
  print_missed(report);
  if (!report.fetch_commands.empty()) {
    fmt::print("\nids alone cannot be loaded: fetch their findings, then reconcile the output\n");
    for (std::size_t i = 0; i < std::min(report.fetch_commands.size(), kListedMax); ++i)
      fmt::print("  {}\n", report.fetch_commands[i]);
    if (report.fetch_commands.size() > kListedMax)
      fmt::print("  and {} more; --json lists all\n", grouped(report.fetch_commands.size() - kListedMax));
  }
  if (!list.unread().empty()) {
    fmt::print("\nnot understood ({})\n", grouped(list.unread().size()));
    for (std::size_t i = 0; i < std::min(list.unread().size(), kListedMax); ++i)
      fmt::print("  {}: {}\n", visible(list.files()[list.unread()[i].file]), visible(list.unread()[i].reason));
  }
  if (loading && report.receipt.quarantined > 0)
    fmt::print("\n{} of what was loaded went to quarantine: see GET /api/v1/quarantine\n",
               grouped(report.receipt.quarantined));
}

int run(const ReconcileCommand& command) {
  const auto access = WarehouseAccess::open(command.warehouse);
  if (!access) return commands::report(access.error());
  constexpr std::size_t kConnections = 5;
  schema::Database ingest((*access)->role("ingest", kConnections));
  const auto key = ingest::read_hash_key(ingest);
  if (!key) return commands::report(key.error());
  const ingest::MapContext context{schema::now_us(), &*key};
  SourceList list(context);
  for (const auto& path : command.files) {
    const auto bytes = read_file(path);
    if (!bytes) return commands::report(bytes.error());
    list.add_file(visible(fs::absolute(path).lexically_normal().native()), *bytes);
  }
  if (list.findings().empty() && list.ids().empty() && !list.unread().empty())
    return commands::report(fail(Code::kBadParameter,
                                 "no file holds findings or finding ids; save the output of 'aws guardduty "
                                 "list-findings', 'aws guardduty get-findings' or 'aws securityhub get-findings'"));
  std::unique_ptr<ingest::Pipeline> pipeline;
  if (!command.no_load) {
    auto started = ingest::Pipeline::start(ingest, {.small_bytes_max = std::string::npos});
    if (!started) return commands::report(started.error());
    pipeline = std::move(*started);
  }
  const auto report = ingest::reconcile(list, ingest, pipeline.get(), {!command.no_load, context.received_us});
  if (!report) return commands::report(report.error());
  if (command.json)
    print_json(*report, list, !command.no_load);
  else
    print_tables(*report, list, !command.no_load);
  return report->total.missed + report->total.behind == 0 && list.unread().empty() ? kOk : kFailed;
}

}  // namespace

void add_reconcile(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<ReconcileCommand>();
  CLI::App* command =
      app.add_subcommand("reconcile", "compare what GuardDuty and Security Hub list with what arrived, load the rest");
  command->footer(
      "EventBridge delivers findings with best effort, and not at all while a rule or a trust is broken. This reads "
      "what the\n"
      "service itself lists, archived findings included, and counts per account and Region:\n"
      "  RECEIVED  the warehouse has this state or a newer one     BEHIND   it has an older one\n"
      "  MISSED    it was never received                           EXPIRED  older than the retention, left out\n"
      "Missed and outdated findings are loaded, unless --no-load. Files may hold one page or many, as JSON, NDJSON or "
      "gzip.\n\n"
      "  # the whole content, in one step\n"
      "  aws securityhub get-findings > findings.json\n"
      "  backtrail reconcile findings.json\n\n"
      "  # GuardDuty lists ids first; the answer prints the commands that fetch what is missing\n"
      "  aws guardduty list-findings --detector-id 12abc34d567e8fa901bc2d34e56789f0 > ids.json\n"
      "  backtrail reconcile ids.json\n"
      "  backtrail reconcile missed-*.json\n\n"
      "Exit code: 0 nothing was missed; 1 something was missed, outdated or not understood (loaded or not), or the "
      "command\n"
      "failed (then standard error says why); 2 the command line is wrong.");
  command->add_option("FILE", options->files, "saved output of list-findings and get-findings")->required();
  command->add_flag("--no-load", options->no_load, "only report");
  command->add_flag("--json", options->json, "print one JSON document");
  add_warehouse_options(*command, options->warehouse);
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace backtrail::commands
