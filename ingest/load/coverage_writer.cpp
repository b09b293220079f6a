#include "ingest/load/coverage_writer.hpp"

#include <algorithm>
#include <backtrail_ingest_sql.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>
#include <optional>
#include <tuple>

#include "ingest/load/binary_array.hpp"
#include "schema/model/coverage.hpp"

namespace backtrail::ingest {
namespace {

using schema::CoverageSource;

struct Heard {
  std::string_view account_id, region;
  CoverageSource source;
  std::int64_t happened_us;
};

// What a row says for coverage; nothing when it was not new.
std::optional<Heard> heard(const Row& row) {
  const bool stored = row.outcome == RowOutcome::kNew || row.outcome == RowOutcome::kVariant ||
                      row.outcome == RowOutcome::kUpdated || row.outcome == RowOutcome::kStale;
  // What comes back from an archive was counted when it was heard.
  if (!stored || row.provenance) return std::nullopt;
  if (row.kind == Row::Kind::kEvent)
    return Heard{row.event.account_id, row.event.region, schema::coverage_source(row.event.event_class),
                 row.event.event_time_us};
  if (row.kind == Row::Kind::kFinding)
    return Heard{row.finding->identity.account_id, row.finding->region, schema::coverage_source(row.finding->product),
                 row.finding->updated_us};
  // An object notification whose account nothing names is of no cell.
  if (row.kind == Row::Kind::kNotice && !row.notice->account_id.empty())
    return Heard{row.notice->account_id, row.notice->region,
                 schema::coverage_source(row.notice->kind, row.notice->source), row.notice->time_us};
  return std::nullopt;
}

struct Cell {
  std::int64_t records = 0, first_us = 0, last_us = 0, received_us = 0;
  std::int32_t hours = 0;
  bool measured = false;
  schema::LagCounts lags{};

  void add(std::int64_t happened_us, std::int64_t received, bool measures) {
    const std::int64_t at_us = schema::coverage_time(happened_us, received);
    first_us = records == 0 ? at_us : std::min(first_us, at_us);
    last_us = records == 0 ? at_us : std::max(last_us, at_us);
    received_us = std::max(received_us, received);
    ++records;
    const auto in_day_us = at_us - schema::day_start(schema::day_of(at_us));
    hours |= 1 << (in_day_us / schema::kMicrosPerHour);
    if (!measures) return;
    measured = true;
    ++lags[schema::lag_bucket(received - at_us)];
  }
};

// As the table can hold it: senders may write anything for a Region.
std::string coverage_region(std::string_view text) {
  std::size_t end = std::min(text.size(), schema::kCoverageRegionMaxBytes);
  while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  std::string region(text.substr(0, end));
  std::replace(region.begin(), region.end(), '\0', '?');
  return region;
}

using Key = std::tuple<std::string_view, std::string, CoverageSource, std::int32_t>;

std::map<Key, Cell> cells_of(std::span<const Row> rows) {
  std::map<Key, Cell> cells;
  for (const Row& row : rows) {
    const auto what = heard(row);
    if (!what) continue;
    const Delivery& delivery = row.delivery->delivery();
    const auto day = schema::day_of(schema::coverage_time(what->happened_us, delivery.received_us));
    cells[{what->account_id, coverage_region(what->region), what->source, day}].add(
        what->happened_us, delivery.received_us, schema::measures_lag(delivery.door));
  }
  return cells;
}

}  // namespace

void write_coverage(schema::Transaction& tx, std::span<const Row> rows) {
  const auto cells = cells_of(rows);
  if (cells.empty()) return;
  BinaryArray account(PgType::kText), region(PgType::kText), source(PgType::kInt2), day(PgType::kDate),
      records(PgType::kInt8), hours(PgType::kInt4), first(PgType::kTimestamptz), last(PgType::kTimestamptz),
      received(PgType::kTimestamptz), lags(PgType::kText);
  for (const auto& [key, cell] : cells) {
    account.add_text(std::get<0>(key));
    region.add_text(std::get<1>(key));
    source.add_int2(static_cast<std::int16_t>(std::get<2>(key)));
    day.add_day(std::get<3>(key));
    records.add_int8(cell.records);
    hours.add_int4(cell.hours);
    first.add_time(cell.first_us);
    last.add_time(cell.last_us);
    received.add_time(cell.received_us);
    if (cell.measured)
      lags.add_text(fmt::format("{{{}}}", fmt::join(cell.lags, ",")));
    else
      lags.add_null();
  }
  tx.exec(sql::coverage_insert, account.value(), region.value(), source.value(), day.value(), records.value(),
          hours.value(), first.value(), last.value(), received.value(), lags.value());
}

schema::Result<std::int64_t> fold_coverage(schema::Database& database) {
  return database.write(schema::AccountScope::none(), [](schema::Transaction& tx) -> schema::Result<std::int64_t> {
    return tx.exec(sql::coverage_fold)[0][0].as<std::int64_t>();
  });
}

schema::Result<std::int64_t> forget_coverage(schema::Database& maintenance, std::int64_t now_us) {
  const std::string before = schema::format_day(schema::day_of(now_us) - schema::kCoverageKeptDays);
  return maintenance.write(schema::AccountScope::all(), [&](schema::Transaction& tx) -> schema::Result<std::int64_t> {
    return tx.exec(sql::coverage_forget, before)[0][0].as<std::int64_t>();
  });
}

}  // namespace backtrail::ingest
