#include "ingest/seal/verify.hpp"

#include <backtrail_ingest_sql.hpp>
#include <map>

#include "ingest/seal/part_writer.hpp"
#include "schema/pg/row_as.hpp"
#include "schema/record/cloudtrail_record.hpp"

namespace backtrail::ingest::seal {
namespace {

using schema::Result;
using schema::Transaction;

schema::DirectoryRows directory_of(Transaction& tx, std::int32_t day) {
  std::vector<schema::DirectoryRow> rows;
  for (const auto& row : tx.exec(sql::seal_directory_read, schema::format_day(day), std::optional<int>()))
    rows.push_back({row[0].as<std::int32_t>(), schema::bytes_of(row[1])});
  return schema::DirectoryRows(rows);
}

// The identity of an event is made of its record's value; one that was kept as a variant copy in OCSF has its own.
Result<void> check_records(const std::vector<schema::SealedEvent>& events, const schema::HashKey& key) {
  schema::JsonParser parser;
  std::string padded;
  for (const auto& event : events) {
    padded = event.raw;
    padded.reserve(padded.size() + schema::kJsonPaddingBytes);
    const auto wrong = [&] {
      return schema::fail(schema::Code::kBadRecord, "the record of event " + to_string(event.event_id) +
                                                        " is not the one that its identity says");
    };
    const auto root = parser.parse(padded);
    if (!root) return wrong();
    const auto record = schema::read_cloudtrail_record(**root, padded, {event.received_us, &key});
    if (!record) return wrong();
    const bool same = record->content_fp == event.content_fp || record->value_fp == event.content_fp;
    if (!same || record->event_id != event.event_id) return wrong();
  }
  return {};
}

Result<std::uint64_t> verify_part(Transaction& tx, const schema::PartHead& head, const schema::DirectoryRows& directory,
                                  const schema::HashKey& key) {
  const auto events = schema::read_part_events(tx, head);
  if (!events) return events.error();
  if (const auto ok = check_records(*events, key); !ok) return ok.error();
  const std::uint64_t account = schema::account_number(head.key.account_id);
  for (const std::int64_t hash : entities_of(*events))
    if (!directory.names({hash, account}))
      return schema::fail(schema::Code::kBadRecord, "the directory does not name an entity of the part");
  return events->size();
}

}  // namespace

Result<VerifyReport> verify_parts(schema::Database& maintenance, const schema::HashKey& key,
                                  const VerifyOptions& options) {
  const auto parts =
      maintenance.read(schema::AccountScope::all(), [&](Transaction& tx) -> Result<std::vector<schema::PartHead>> {
        return schema::list_parts(tx, options.from_day, options.to_day, options.accounts);
      });
  if (!parts) return parts.error();
  VerifyReport report;
  std::optional<std::pair<std::int32_t, schema::DirectoryRows>> directory;
  for (const auto& head : *parts) {
    const auto events = maintenance.read(schema::AccountScope::all(), [&](Transaction& tx) -> Result<std::uint64_t> {
      if (!directory || directory->first != head.key.day)
        directory.emplace(head.key.day, directory_of(tx, head.key.day));
      return verify_part(tx, head, directory->second, key);
    });
    ++report.parts;
    if (events)
      report.events += *events;
    else if (events.error().code == schema::Code::kBadRecord)
      report.damaged.push_back({head.key, events.error().detail});
    else
      return events.error();
    if (options.progress) options.progress(report.parts, parts->size());
  }
  return report;
}

}  // namespace backtrail::ingest::seal
