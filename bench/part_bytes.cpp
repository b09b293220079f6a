// bench_part_bytes FOLDER: the bytes that sealed days take for the CloudTrail files of a folder, by what they are spent
// on, and how fast they are sealed and read. Works without a database: pages and indexes of PostgreSQL come on top.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fmt/format.h>
#include <map>

#include "bench/trail_files.hpp"
#include "ingest/load/batch.hpp"
#include "ingest/seal/event_forms.hpp"
#include "schema/block_format/directory_codec.hpp"
#include "schema/block_format/part_codec.hpp"
#include "schema/record/cloudtrail_record.hpp"

namespace {

using namespace backtrail;

struct Sums {
  std::size_t events = 0, gzip = 0, raw = 0, columns = 0, ids_and_fps = 0, records = 0, postings = 0, ids = 0,
              rollup = 0, directory = 0, rows = 0, parts = 0, lists = 0, entries = 0, posting_rows = 0;
  double encode_s = 0, decode_s = 0;
};

using Group = std::tuple<std::int32_t, std::string, schema::EventClass>;

// Of the processor, not of the clock: the machine may be busy.
double processor_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

schema::SealedEvent sealed(const schema::ApiEvent& event, std::string_view raw) {
  auto row = ingest::event_row(event, schema::HashKey{}, event.event_time_us + 300'000'000);
  row.raw = raw;
  return ingest::seal::sealed_event(row);
}

void read_files(bench::TrailFiles& files, std::map<Group, std::vector<schema::SealedEvent>>& groups, Sums& sums) {
  const schema::HashKey key{};
  schema::JsonParser parser;
  while (files.next([&](std::string_view record) {
    std::string text(record);
    text.reserve(text.size() + schema::kJsonPaddingBytes);
    const auto root = parser.parse(text);
    if (!root) return;
    const auto event = schema::read_cloudtrail_record(**root, text, {0, &key});
    if (!event) return;
    groups[{event->event_day(), event->account_id, event->event_class}].push_back(sealed(*event, text));
    sums.raw += text.size();
  })) {
  }
}

void measure(std::int32_t day, std::span<const schema::SealedEvent> events,
             std::vector<schema::DirectoryEntry>& directory, std::string_view account, Sums& sums) {
  const double start = processor_seconds();
  const auto part = schema::encode_part(events, day);
  sums.encode_s += processor_seconds() - start;
  const double again = processor_seconds();
  const auto back = schema::decode_part(part, day);
  sums.decode_s += processor_seconds() - again;
  if (!back || !std::equal(back->begin(), back->end(), events.begin(), events.end())) {
    fmt::print(stderr, "a part did not come back as it was\n");
    std::exit(1);
  }
  ++sums.parts;
  sums.events += events.size();
  for (const auto& block : part.blocks) {
    sums.columns += block.columns.size() - 32 * block.n;
    sums.ids_and_fps += 32 * block.n;
    sums.records += block.raw.size();
  }
  for (const auto& chunk : part.postings) {
    sums.postings += chunk.bytes.size();
    schema::PostingTable table;
    if (!schema::decode_postings(chunk.bytes, day, table)) std::exit(1);
    sums.lists += table.lists.size();
    sums.entries += table.postings.size();
    for (const auto& list : table.lists) directory.push_back({list.hash, schema::account_number(account)});
  }
  sums.posting_rows += part.postings.size();
  for (const auto& chunk : part.ids) sums.ids += chunk.bytes.size();
  sums.rollup += part.rollup.size();
  sums.rows += 3 + part.postings.size() + part.ids.size();
}

void print(const Sums& sums) {
  const auto line = [&](const char* what, std::size_t bytes) {
    fmt::print("{:<28}{:>10.1f}\n", what, static_cast<double>(bytes) / static_cast<double>(sums.events));
  };
  // A row of a table and of its index cost about this.
  constexpr std::size_t kBytesPerRow = 90;
  const std::size_t all = sums.columns + sums.ids_and_fps + sums.records + sums.postings + sums.ids + sums.rollup +
                          sums.directory + sums.rows * kBytesPerRow;
  fmt::print("{} events in {} parts, {} rows; bytes per event:\n", sums.events, sums.parts, sums.rows);
  line("JSON", sums.raw);
  line("gzip files", sums.gzip);
  line("columns", sums.columns);
  line("ids and fingerprints", sums.ids_and_fps);
  line("records", sums.records);
  line("posting lists", sums.postings);
  line("event ids", sums.ids);
  line("rollups", sums.rollup);
  line("directory", sums.directory);
  line("rows, about", sums.rows * kBytesPerRow);
  line("all, about", all);
  fmt::print("{:<28}{:>10.3f}\n", "all / gzip", static_cast<double>(all) / static_cast<double>(sums.gzip));
  fmt::print("{:<28}{:>10.2f} {:.2f}\n", "lists, entries per event",
             static_cast<double>(sums.lists) / static_cast<double>(sums.events),
             static_cast<double>(sums.entries) / static_cast<double>(sums.events));
  fmt::print("{:<28}{:>10.0f}\n", "bytes of a posting row",
             static_cast<double>(sums.postings) / static_cast<double>(sums.posting_rows));
  fmt::print("{:<28}{:>10.0f} events/s\n", "encode", static_cast<double>(sums.events) / sums.encode_s);
  fmt::print("{:<28}{:>10.0f} events/s\n", "decode and compare", static_cast<double>(sums.events) / sums.decode_s);
}

}  // namespace

int main(int argc, char** argv) {
  Sums sums;
  std::map<Group, std::vector<schema::SealedEvent>> groups;
  if (argc != 2) {
    fmt::print(stderr, "usage: bench_part_bytes FOLDER\n");
    return 2;
  }
  bench::TrailFiles files(argv[1]);
  sums.gzip = files.bytes();
  read_files(files, groups, sums);
  std::map<std::int32_t, std::vector<schema::DirectoryEntry>> directory;
  for (auto& [group, events] : groups) {
    std::sort(events.begin(), events.end(), schema::comes_before);
    const auto& [day, account, event_class] = group;
    for (std::size_t at = 0; at < events.size(); at += schema::kPartEventsMax)
      measure(day, std::span(events).subspan(at, std::min(schema::kPartEventsMax, events.size() - at)), directory[day],
              account, sums);
  }
  for (auto& [day, entries] : directory)
    for (const auto& row : schema::encode_directory(std::move(entries))) {
      sums.directory += row.bytes.size();
      ++sums.rows;
    }
  if (sums.events == 0) {
    fmt::print(stderr, "no events; name a folder of CloudTrail files\n");
    return 1;
  }
  print(sums);
}
