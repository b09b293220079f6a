// backtrail seal, unseal and verify: days of events as compressed parts, as rows again, and the proof that nothing of
// them changed.
#include <fmt/format.h>
#include <map>
#include <nlohmann/json.hpp>

#include "deploy/commands/commands.hpp"
#include "deploy/commands/terminal.hpp"
#include "deploy/commands/warehouse_access.hpp"

#include "ingest/pipeline.hpp"
#include "ingest/seal/merger.hpp"
#include "ingest/seal/sealer.hpp"
#include "ingest/seal/unseal.hpp"
#include "ingest/seal/verify.hpp"
#include "schema/core/time.hpp"

namespace backtrail::commands {
namespace {

using Json = nlohmann::ordered_json;
using schema::Result;

constexpr std::size_t kConnections = 2;

struct DaysCommand {
  WarehouseOptions warehouse;
  std::vector<std::string> days, accounts;
  std::string from, to;
  bool json = false, no_merge = false;
};

// The maintenance role's database and the warehouse's key, for the life of a command.
struct Opened {
  std::unique_ptr<WarehouseAccess> access;
  std::unique_ptr<schema::Database> maintenance;
  schema::HashKey key;
};

Result<Opened> open(const WarehouseOptions& options) {
  auto access = WarehouseAccess::open(options);
  if (!access) return access.error();
  Opened opened;
  opened.access = std::move(*access);
  opened.maintenance = std::make_unique<schema::Database>(opened.access->role("maintenance", kConnections));
  const auto key = ingest::read_hash_key(*opened.maintenance);
  if (!key) return key.error();
  opened.key = *key;
  return opened;
}

Result<std::vector<std::int32_t>> days_of(const std::vector<std::string>& texts) {
  std::vector<std::int32_t> days;
  for (const auto& text : texts) {
    const auto day = schema::parse_day(text);
    if (!day) return schema::fail(schema::Code::kBadParameter, "a day looks like 2026-11-20");
    days.push_back(*day);
  }
  return days;
}

std::optional<std::vector<std::string>> accounts_of(const DaysCommand& command) {
  return command.accounts.empty() ? std::nullopt : std::optional(command.accounts);
}

void print(const Json& document, bool json, const std::string& text) {
  fmt::print("{}\n", json ? document.dump(2) : text);
}

Json document_of(std::int32_t day, const ingest::seal::SealReport& report) {
  Json refused = Json::object();
  for (const auto& [account, why] : report.refused) refused[account] = why;
  return {{"day", schema::format_day(day)},
          {"events", report.events},
          {"parts", report.parts},
          {"refused", refused},
          {"busy", report.another_seals}};
}

Json document_of(std::int32_t day, const ingest::seal::MergeReport& report) {
  Json refused = Json::object();
  for (const auto& [account, why] : report.refused) refused[account] = why;
  return {{"day", schema::format_day(day)},
          {"events", report.events},
          {"parts_before", report.parts_before},
          {"parts_after", report.parts_after},
          {"directories_before", report.directories_before},
          {"refused", refused},
          {"busy", report.another_seals}};
}

struct Merged {
  Json days = Json::array();
  std::uint64_t events = 0, parts_before = 0, parts_after = 0, directories_before = 0, directories_after = 0;
  bool left = false;
};

void tell_left(const std::string& day, const ingest::seal::MergeReport& report) {
  for (const auto& [account, why] : report.refused)
    fmt::print(stderr, "{} {} has parts that stay apart: {}\n", day, account, visible(why));
  if (!report.directory_refused.empty())
    fmt::print(stderr, "{} keeps several directories: {}\n", day, visible(report.directory_refused));
  if (report.another_seals) fmt::print(stderr, "{}: somebody else is sealing it, parts were not merged\n", day);
}

// Parts of the days that were named, or of those that are due.
Result<Merged> merge_parts(const Opened& opened, const DaysCommand& command, Progress& progress) {
  std::vector<std::int32_t> days;
  if (command.days.empty()) {
    const auto due = ingest::seal::days_to_merge(*opened.maintenance, schema::now_us());
    if (!due) return due.error();
    for (const auto& day : *due) days.push_back(day.day);
  } else {
    const auto named = days_of(command.days);
    if (!named) return named.error();
    days = *named;
  }
  Merged merged;
  for (std::size_t i = 0; i < days.size(); ++i) {
    const std::string day = schema::format_day(days[i]);
    ingest::seal::MergeOptions options;
    options.progress = [&](std::uint64_t done) {
      progress.show(fmt::format("{} merged of {}", grouped(done), day),
                    static_cast<double>(i) / static_cast<double>(days.size()));
    };
    const auto done = ingest::seal::merge_day(*opened.maintenance, opened.key, days[i], options);
    if (!done) return done.error();
    tell_left(day, *done);
    merged.events += done->events;
    merged.parts_before += done->parts_before;
    merged.parts_after += done->parts_after;
    merged.directories_before += done->directories_before;
    merged.directories_after += done->directories_before > 0 ? 1 : 0;
    merged.left = merged.left || done->another_seals || !done->refused.empty() || !done->directory_refused.empty();
    merged.days.push_back(document_of(days[i], *done));
  }
  return merged;
}

std::string text_of(const Merged& merged) {
  if (merged.parts_after + merged.directories_after == 0) return {};
  return fmt::format("\nmerged {} parts with {} events into {}, and {} directories into {}",
                     grouped(merged.parts_before), grouped(merged.events), grouped(merged.parts_after),
                     grouped(merged.directories_before), grouped(merged.directories_after));
}

int run_seal(const DaysCommand& command) {
  const auto opened = open(command.warehouse);
  if (!opened) return report(opened.error());
  auto days =
      command.days.empty() ? ingest::seal::days_to_seal(*opened->maintenance, schema::now_us()) : days_of(command.days);
  if (!days) return report(days.error());
  Json documents = Json::array();
  std::uint64_t events = 0, parts = 0;
  bool left = false;
  Progress progress;
  for (std::size_t i = 0; i < days->size(); ++i) {
    const std::int32_t day = (*days)[i];
    ingest::seal::SealOptions options;
    options.now_us = schema::now_us();
    options.progress = [&](std::uint64_t done) {
      progress.show(fmt::format("{} sealed of {}", grouped(done), schema::format_day(day)),
                    static_cast<double>(i) / static_cast<double>(days->size()));
    };
    const auto sealed = ingest::seal::seal_day(*opened->maintenance, opened->key, day, options);
    if (!sealed) {
      progress.done();
      return report(sealed.error());
    }
    events += sealed->events;
    parts += sealed->parts;
    left = left || sealed->another_seals || !sealed->refused.empty();
    for (const auto& [account, why] : sealed->refused)
      fmt::print(stderr, "{} {} stays rows: {}\n", schema::format_day(day), account, visible(why));
    if (sealed->another_seals) fmt::print(stderr, "{}: somebody else is sealing it\n", schema::format_day(day));
    if (sealed->parts > 0) (void)ingest::seal::shrink_day(*opened->maintenance, day);
    documents.push_back(document_of(day, *sealed));
  }
  Merged merged;
  if (!command.no_merge) {
    auto done = merge_parts(*opened, command, progress);
    if (!done) {
      progress.done();
      return report(done.error());
    }
    merged = std::move(*done);
  }
  progress.done();
  print({{"days", documents},
         {"events", events},
         {"parts", parts},
         {"merged",
          {{"days", merged.days},
           {"events", merged.events},
           {"parts_before", merged.parts_before},
           {"parts_after", merged.parts_after},
           {"directories_before", merged.directories_before},
           {"directories_after", merged.directories_after}}}},
        command.json,
        fmt::format("sealed {} events of {} days into {} parts{}", grouped(events), days->size(), grouped(parts),
                    text_of(merged)));
  return left || merged.left ? kLeftOver : kOk;
}

int run_unseal(const DaysCommand& command) {
  const auto days = days_of(command.days);
  if (!days) return report(days.error());
  const auto opened = open(command.warehouse);
  if (!opened) return report(opened.error());
  std::uint64_t events = 0, parts = 0;
  Progress progress;
  for (const std::int32_t day : *days) {
    progress.show(schema::format_day(day), 0);
    const auto done = ingest::seal::unseal_day(*opened->maintenance, day, accounts_of(command));
    if (!done) {
      progress.done();
      return report(done.error());
    }
    events += done->events;
    parts += done->parts;
  }
  progress.done();
  print({{"events", events}, {"parts", parts}}, command.json,
        fmt::format("{} events of {} parts are rows again", grouped(events), grouped(parts)));
  return kOk;
}

int run_verify(const DaysCommand& command) {
  const auto ends = days_of({command.from, command.to});
  if (!ends) return report(ends.error());
  const auto opened = open(command.warehouse);
  if (!opened) return report(opened.error());
  Progress progress;
  ingest::seal::VerifyOptions options{(*ends)[0], (*ends)[1], accounts_of(command), {}};
  options.progress = [&](std::uint64_t done, std::uint64_t total) {
    progress.show(fmt::format("{} of {} parts", grouped(done), grouped(total)),
                  static_cast<double>(done) / static_cast<double>(total));
  };
  const auto verified = ingest::seal::verify_parts(*opened->maintenance, opened->key, options);
  progress.done();
  if (!verified) return report(verified.error());
  Json damaged = Json::array();
  for (const auto& damage : verified->damaged) {
    const auto& part = damage.part;
    damaged.push_back({{"day", schema::format_day(part.day)},
                       {"account_id", part.account_id},
                       {"part", part.part_no},
                       {"what", damage.what}});
    fmt::print(stderr, "{} {} part {}: {}\n", schema::format_day(part.day), part.account_id, part.part_no,
               visible(damage.what));
  }
  print({{"parts", verified->parts}, {"events", verified->events}, {"damaged", damaged}}, command.json,
        fmt::format("{} parts with {} events read and compared, {} damaged", grouped(verified->parts),
                    grouped(verified->events), verified->damaged.size()));
  return verified->damaged.empty() ? kOk : kFailed;
}

void add_common(CLI::App& command, DaysCommand& options) {
  command.add_flag("--json", options.json, "print one JSON document");
  add_warehouse_options(command, options.warehouse);
}

}  // namespace

void add_seal(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<DaysCommand>();
  CLI::App* command = app.add_subcommand("seal", "compress days of events now, instead of waiting for maintenance");
  command->footer(
      "Without a day: those that are due, as maintenance would. Questions are answered as before.\n"
      "Then the parts that imports and late events left of a day are merged, and so are its directories: questions "
      "are\n"
      "faster, and it takes less room. The room of what was merged is used again, not given back.\n\n"
      "  backtrail seal\n  backtrail seal 2026-11-01 2026-11-02");
  command->add_option("DAY", options->days, "days such as 2026-11-01, whatever their age");
  command->add_flag("--no-merge", options->no_merge, "only seal");
  add_common(*command, *options);
  command->callback([options, &exit_code] { exit_code = run_seal(*options); });
}

void add_unseal(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<DaysCommand>();
  CLI::App* command = app.add_subcommand("unseal", "turn sealed days into rows again, for questions in SQL");
  command->footer(
      "Maintenance seals them again when they are due.\n\n"
      "  backtrail unseal 2026-11-01\n  backtrail unseal 2026-11-01 --account 111122223333");
  command->add_option("DAY", options->days, "days such as 2026-11-01")->required();
  command->add_option("--account", options->accounts, "only of these accounts");
  add_common(*command, *options);
  command->callback([options, &exit_code] { exit_code = run_unseal(*options); });
}

void add_verify(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<DaysCommand>();
  CLI::App* command = app.add_subcommand("verify", "read every sealed event and prove that it is what was sealed");
  command->footer(
      "Digests, blocks, posting lists, event ids, figures, records and the directory are compared with each other.\n\n"
      "  backtrail verify\n  backtrail verify --from 2026-11-01 --to 2026-11-07 --json");
  command->add_option("--from", options->from, "the first day")->default_val("1970-01-01");
  command->add_option("--to", options->to, "the last day")->default_val("9999-12-31");
  command->add_option("--account", options->accounts, "only of these accounts");
  add_common(*command, *options);
  command->callback([options, &exit_code] { exit_code = run_verify(*options); });
}

}  // namespace backtrail::commands
