#include "ingest/seal/unseal.hpp"

#include <backtrail_ingest_sql.hpp>
#include <fmt/format.h>
#include <map>

#include "ingest/load/event_writer.hpp"
#include "ingest/seal/event_forms.hpp"
#include "ingest/seal/sealer.hpp"
#include "schema/parts/part_store.hpp"
#include "schema/retention/partitions.hpp"

namespace backtrail::ingest::seal {
namespace {

using schema::Result;
using schema::Transaction;

// Rows of one statement.
constexpr std::size_t kRowsAtATime = 5'000;

Result<std::uint64_t> unseal_part(Transaction& tx, const schema::PartHead& head) {
  const auto events = schema::read_part_events(tx, head);
  if (!events) return events.error();
  for (std::size_t at = 0; at < events->size(); at += kRowsAtATime) {
    std::vector<EventRow> rows;
    for (std::size_t i = at; i < events->size() && i < at + kRowsAtATime; ++i)
      rows.push_back(event_row((*events)[i], head.key.day, head.key.account_id));
    if (restore_events(tx, rows) != rows.size())
      return schema::fail(schema::Code::kBadRecord, "an event of the part is stored as a row as well");
  }
  const auto gone =
      tx.exec(sql::unseal_delete, schema::format_day(head.key.day), head.key.account_id, head.key.part_no);
  if (gone[0][0].as<std::uint64_t>() != 1) return schema::fail(schema::Code::kRetry, "the part went meanwhile");
  return events->size();
}

Result<UnsealReport> unseal_account(Transaction& tx, std::int32_t day, const std::string& account_id) {
  tx.exec_text("SET LOCAL statement_timeout = 0");
  tx.exec_text(fmt::format("SET LOCAL lock_timeout = '{}ms'", kSealLockWaitMs));
  if (!tx.exec(sql::seal_lock_run, day)[0][0].as<bool>())
    return schema::fail(schema::Code::kOverload, "somebody else is sealing or unsealing the day; try again");
  tx.exec(sql::event_lock_day_alone, day);
  UnsealReport report;
  for (const auto& head : schema::list_parts(tx, day, day, {{account_id}})) {
    const auto events = unseal_part(tx, head);
    if (!events) return events.error();
    report.events += *events;
    ++report.parts;
  }
  tx.exec(sql::unseal_forget_directory, schema::format_day(day));
  return report;
}

}  // namespace

Result<UnsealReport> unseal_day(schema::Database& maintenance, std::int32_t day,
                                const std::optional<std::vector<std::string>>& accounts) {
  const auto parts =
      maintenance.read(schema::AccountScope::all(), [&](Transaction& tx) -> Result<std::vector<schema::PartHead>> {
        return schema::list_parts(tx, day, day, accounts);
      });
  if (!parts) return parts.error();
  if (parts->empty()) return UnsealReport{};
  std::map<std::string, std::size_t> counts;
  for (const auto& head : *parts) ++counts[head.key.account_id];
  // A day that came as parts has no tables for rows yet.
  if (auto ready = schema::Partitions(maintenance).ensure({day}, day); !ready) return ready.error();
  UnsealReport report;
  for (const auto& known : counts) {
    const std::string& account_id = known.first;
    const auto done = maintenance.write(schema::AccountScope::all(), [&](Transaction& tx) -> Result<UnsealReport> {
      return unseal_account(tx, day, account_id);
    });
    if (!done) return done.error();
    report.events += done->events;
    report.parts += done->parts;
  }
  return report;
}

}  // namespace backtrail::ingest::seal
