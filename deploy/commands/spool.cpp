#include "ingest/spool/spool.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <thread>

#include "deploy/commands/commands.hpp"
#include "deploy/commands/terminal.hpp"
#include "deploy/commands/warehouse_access.hpp"

#include "ingest/intake.hpp"
#include "ingest/spool/delivery_codec.hpp"
#include "schema/core/time.hpp"

namespace backtrail::commands {
namespace {

namespace spool = ingest::spool;
using Json = nlohmann::ordered_json;

struct SpoolCommand {
  WarehouseOptions warehouse;
  std::filesystem::path directory;
  bool json = false;

  std::filesystem::path where() const { return directory.empty() ? warehouse.data_dir / "spool" : directory; }
};

Json kept_json(const std::vector<spool::KeptFile>& kept) {
  Json files = Json::array();
  for (const auto& file : kept) files.push_back({{"file", visible(file.name)}, {"bytes", file.bytes}});
  return files;
}

int check(const SpoolCommand& command) {
  std::vector<std::vector<std::string>> rows;
  Json document = Json::array();
  std::size_t damaged = 0, segments = 0;
  const auto looked = spool::inspect(command.where(), [&](const spool::SegmentReport& segment) {
    std::size_t bytes = 0;
    Json spans = Json::array();
    for (const auto& span : segment.damaged) {
      bytes += span.bytes;
      spans.push_back({{"offset", span.offset}, {"bytes", span.bytes}});
    }
    damaged += segment.damaged.size();
    ++segments;
    rows.push_back({std::to_string(segment.number), grouped(segment.bytes), grouped(segment.records),
                    grouped(segment.damaged.size()), grouped(bytes)});
    document.push_back({{"segment", segment.number},
                        {"bytes", segment.bytes},
                        {"deliveries", segment.records},
                        {"unreadable", !segment.unreadable.empty()},
                        {"damaged", std::move(spans)}});
  });
  if (!looked) return report(looked.error());
  const auto kept = spool::kept_files(command.where());
  if (!kept) return report(kept.error());
  if (command.json)
    fmt::print("{}\n", Json{{"segments", std::move(document)}, {"kept", kept_json(*kept)}}.dump(2));
  else if (segments == 0)
    fmt::print("the spool is empty\n");
  else
    fmt::print("{}", table({"SEGMENT", "BYTES", "DELIVERIES", "DAMAGED SPANS", "DAMAGED BYTES"}, rows));
  if (damaged > 0 && !command.json)
    fmt::print(stderr, "Everything but the damaged spans is drained; the spans are then kept in {}.\n",
               visible((command.where() / "damaged").native()));
  if (!kept->empty() && !command.json) {
    std::vector<std::vector<std::string>> files;
    for (const auto& file : *kept) files.push_back({visible(file.name), grouped(file.bytes)});
    fmt::print("\n{}", table({"KEPT IN 'damaged'", "BYTES"}, files));
    fmt::print(stderr, "What is kept there was not stored: look at it, and remove it when it is dealt with.\n");
  }
  return damaged == 0 && kept->empty() ? kOk : kLeftOver;
}

int list(const SpoolCommand& command) {
  std::vector<std::vector<std::string>> rows;
  Json document = Json::array();
  const auto looked = spool::inspect(command.where(), [&](const spool::SegmentReport& segment) {
    for (const auto payload : segment.payloads) {
      const auto delivery = spool::decode_delivery(payload);
      if (!delivery) continue;
      rows.push_back({schema::format_rfc3339(delivery->received_us), delivery->door, delivery->key_id, delivery->origin,
                      grouped(delivery->body.size())});
      document.push_back({{"segment", segment.number},
                          {"id", to_string(delivery->id)},
                          {"received_at", rows.back()[0]},
                          {"door", delivery->door},
                          {"key_id", delivery->key_id},
                          {"origin", visible(delivery->origin)},
                          {"bytes", delivery->body.size()}});
    }
  });
  if (!looked) return report(looked.error());
  if (command.json)
    fmt::print("{}\n", document.dump(2));
  else
    fmt::print("{}", table({"RECEIVED", "DOOR", "KEY", "ORIGIN", "BYTES"}, rows));
  return kOk;
}

int drain(const SpoolCommand& command) {
  auto held = spool::Spool::open({.directory = command.where()});
  if (!held) return report(held.error());
  const auto access = WarehouseAccess::open(command.warehouse);
  if (!access) return report(access.error());
  schema::Database database((*access)->role("ingest", 6)), probe((*access)->role("ingest", 1));
  const auto pipeline = ingest::Pipeline::start(database, {});
  if (!pipeline) return report(pipeline.error());
  ingest::DbHealth health(probe);
  const std::size_t segments = (*held)->status().segments;
  ingest::Intake intake(**pipeline, health, held->get());
  Progress bar;
  constexpr std::chrono::milliseconds kLookEvery{100};
  while (!(*held)->empty()) {
    const std::size_t left = (*held)->status().segments;
    bar.show(fmt::format("{} of {} segments", segments - std::min(left, segments), segments),
             segments == 0 ? 1.0 : 1.0 - static_cast<double>(left) / static_cast<double>(segments));
    std::this_thread::sleep_for(kLookEvery);
  }
  bar.done();
  fmt::print("{} deliveries drained from {} segments\n", grouped(intake.status().drained), grouped(segments));
  return kOk;
}

}  // namespace

void add_spool(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<SpoolCommand>();
  CLI::App* command = app.add_subcommand("spool", "look at or empty what waits on this machine for the database");
  command->footer(
      "While the database is away, a collector keeps what it accepted in segments on its own disk and drains them by\n"
      "itself once the database is back. These commands are for a spool that no collector uses any more.\n\n"
      "  backtrail spool check                what is there, and whether it is damaged\n"
      "  backtrail spool list --json          every delivery that waits\n"
      "  backtrail spool drain --database-url postgresql:///backtrail");
  command->require_subcommand(1);
  command->add_option("--spool-dir", options->directory, "the spool (default: 'spool' in --data-dir)");
  command->add_flag("--json", options->json, "print one JSON document");
  add_warehouse_options(*command, options->warehouse);
  const auto add = [&](const char* name, const char* about, int (*run)(const SpoolCommand&)) {
    CLI::App* sub = command->add_subcommand(name, about);
    sub->fallthrough();
    sub->callback([options, run, &exit_code] { exit_code = run(*options); });
  };
  add("check", "segments, deliveries and damage; status 3 when something is damaged or kept in 'damaged'", check);
  add("list", "every delivery that waits", list);
  add("drain", "bring everything into the database; refused while a collector uses the spool", drain);
}

}  // namespace backtrail::commands
