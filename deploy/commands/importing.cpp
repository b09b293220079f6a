#include "deploy/commands/importing.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "deploy/commands/terminal.hpp"

#include "api/doors/ingest_doors.hpp"

namespace backtrail::commands {
namespace {

constexpr std::size_t kListedMax = 20;

void list_files(const char* heading, const std::vector<ingest::IgnoredFile>& files) {
  if (files.empty()) return;
  fmt::print("\n{} ({})\n", heading, files.size());
  for (std::size_t i = 0; i < std::min(files.size(), kListedMax); ++i)
    fmt::print("  {}: {}\n", visible(files[i].path), visible(files[i].why));
  if (files.size() > kListedMax) fmt::print("  and {} more; --json lists all\n", files.size() - kListedMax);
}

nlohmann::json files_json(const std::vector<ingest::IgnoredFile>& files) {
  auto list = nlohmann::json::array();
  for (const auto& file : files) list.push_back({{"path", file.path}, {"why", file.why}});
  return list;
}

}  // namespace

schema::Result<ingest::ImportReport> run_import(ingest::Pipeline& pipeline, schema::Database& ingest,
                                                const std::vector<std::filesystem::path>& paths, bool again) {
  Progress bar;
  ingest::ImportOptions options;
  options.again = again;
  options.progress = [&bar](const ingest::ImportProgress& p) {
    const double fraction =
        p.bytes_total == 0 ? 1.0 : static_cast<double>(p.bytes_done) / static_cast<double>(p.bytes_total);
    bar.show(
        fmt::format("{} of {} files, {} records", grouped(p.files_done), grouped(p.files_total), grouped(p.records)),
        fraction);
  };
  return ingest::import_files(pipeline, ingest, paths, options);
}

void print_import(const ingest::ImportReport& report, bool json) {
  const ingest::Receipt& r = report.receipt;
  if (json) {
    auto document = nlohmann::ordered_json::parse(api::receipt_json(r));
    document["files_imported"] = report.files_imported;
    document["files_known"] = report.files_known;
    document["seconds"] = report.seconds;
    document["ignored"] = files_json(report.ignored);
    document["failed"] = files_json(report.failed);
    fmt::print("{}\n", document.dump(2));
    return;
  }
  const std::vector<std::pair<const char*, std::uint64_t>> lines{
      {"received", r.received}, {"  new", r.fresh},   {"  duplicates", r.duplicates},  {"  variants", r.variants},
      {"  updated", r.updated}, {"  stale", r.stale}, {"  quarantined", r.quarantined}};
  for (const auto& [label, count] : lines) fmt::print("{:<14}{:>14}\n", label, grouped(count));
  const double rate = report.seconds > 0 ? static_cast<double>(r.received) / report.seconds : 0;
  fmt::print("\n{} files imported, {} known already, {} ignored, {} failed; {:.1f} s, {} records/s\n",
             grouped(report.files_imported), grouped(report.files_known), grouped(report.ignored.size()),
             grouped(report.files_failed), report.seconds, grouped(static_cast<std::uint64_t>(rate)));
  list_files("ignored", report.ignored);
  list_files("failed: they will be tried again by the next import", report.failed);
}

}  // namespace backtrail::commands
