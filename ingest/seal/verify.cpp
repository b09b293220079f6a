#include "ingest/seal/verify.hpp"

#include <algorithm>
#include <backtrail_ingest_sql.hpp>
#include <optional>
#include <set>

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

// The directory of the day that was asked for last.
class DirectoryOfDay {
 public:
  // One that was read before may be older than the part: then it is read again, in the part's snapshot.
  bool names(Transaction& tx, std::int32_t day, const std::vector<schema::DirectoryEntry>& entries) {
    if (day_ == day && names_all(entries)) return true;
    rows_.emplace(directory_of(tx, day));
    day_ = day;
    return names_all(entries);
  }

 private:
  bool names_all(const std::vector<schema::DirectoryEntry>& entries) const {
    return std::all_of(entries.begin(), entries.end(), [&](const auto& entry) { return rows_->names(entry); });
  }
  std::optional<std::int32_t> day_;
  std::optional<schema::DirectoryRows> rows_;
};

Result<std::uint64_t> verify_part(Transaction& tx, const schema::PartHead& head, DirectoryOfDay& directory,
                                  const schema::HashKey& key) {
  const auto events = schema::read_part_events(tx, head);
  if (!events) return events.error();
  if (const auto ok = check_records(*events, key); !ok) return ok.error();
  std::vector<schema::DirectoryEntry> entries;
  for (const std::int64_t hash : entities_of(*events))
    entries.push_back({hash, schema::account_number(head.key.account_id)});
  if (!directory.names(tx, head.key.day, entries))
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
  std::set<std::pair<std::int32_t, std::string>> days;
  for (const auto& head : *parts) days.emplace(head.key.day, head.key.account_id);
  VerifyReport report;
  DirectoryOfDay directory;
  for (const auto& name : days) {
    const std::int32_t day = name.first;
    const std::string& account_id = name.second;
    // Listed again and read in one snapshot: parts that were merged or unsealed meanwhile are no damage.
    const auto done = maintenance.read(schema::AccountScope::all(), [&](Transaction& tx) -> Result<int> {
      for (const auto& head : schema::list_parts(tx, day, day, {{account_id}})) {
        const auto events = verify_part(tx, head, directory, key);
        if (!events && events.error().code != schema::Code::kBadRecord) return events.error();
        ++report.parts;
        if (events)
          report.events += *events;
        else
          report.damaged.push_back({head.key, events.error().detail});
        if (options.progress) options.progress(report.parts, std::max<std::uint64_t>(report.parts, parts->size()));
      }
      return 0;
    });
    if (!done) return done.error();
  }
  return report;
}

}  // namespace backtrail::ingest::seal
