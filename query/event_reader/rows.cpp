#include "query/event_reader/rows.hpp"

#include <backtrail_query_sql.hpp>
#include <boost/describe.hpp>
#include <map>
#include <utility>

#include "query/event_reader/merge.hpp"
#include "schema/pg/row_as.hpp"

namespace backtrail::query {

struct StoredRow {
  schema::TimeUs event_time;
  schema::Uuid event_id, content_fp;
  std::string account_id;
  schema::TimeUs received_at;
  std::int32_t flags;
  int event_class, outcome;
  std::optional<bool> read_only;
  std::string region, service, api;
  std::optional<std::string> error_code;
  schema::Bytes raw;
};
BOOST_DESCRIBE_STRUCT(StoredRow, (),
                      (event_time, event_id, content_fp, account_id, received_at, flags, event_class, outcome,
                       read_only, region, service, api, error_code, raw))

struct CountRow {
  std::int64_t n;
};
BOOST_DESCRIBE_STRUCT(CountRow, (), (n))

struct VolumeRow {
  schema::TimeUs at;
  std::int64_t ok, denied, failed;
};
BOOST_DESCRIBE_STRUCT(VolumeRow, (), (at, ok, denied, failed))

struct GroupRow {
  int facet;
  std::optional<std::string> value, second;
  std::optional<std::int64_t> hash;
  std::int64_t ok, denied, failed;
  std::optional<schema::TimeUs> first_at, last_at;
};
BOOST_DESCRIBE_STRUCT(GroupRow, (), (facet, value, second, hash, ok, denied, failed, first_at, last_at))

struct TextRow {
  int facet;
  std::int64_t hash;
  schema::Bytes raw;
};
BOOST_DESCRIBE_STRUCT(TextRow, (), (facet, hash, raw))

namespace {

using schema::Query;
using schema::Transaction;

// The planner takes the optional conditions and the range for much narrower than they are, and would then sort all
// events of an entity instead of walking its indexes in order and stopping at the limit. Only these listings are
// planned like this.
constexpr const char* kInOrder =
    "SET LOCAL enable_sort = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; "
    "SET LOCAL enable_bitmapscan = off; SET LOCAL enable_seqscan = off";
constexpr const char* kAsUsual =
    "SET LOCAL enable_sort = on; SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on; "
    "SET LOCAL enable_bitmapscan = on; SET LOCAL enable_seqscan = on";

constexpr std::array<const Query*, kByKinds.size()> kPagesBy{
    &sql::event_page_by_principal, &sql::event_page_by_session,    &sql::event_page_by_access_key,
    &sql::event_page_by_instance,  &sql::event_page_by_ip_address, &sql::event_page_by_user_agent};
constexpr std::array<const Query*, kByKinds.size()> kCountsBy{
    &sql::event_count_by_principal, &sql::event_count_by_session,    &sql::event_count_by_access_key,
    &sql::event_count_by_instance,  &sql::event_count_by_ip_address, &sql::event_count_by_user_agent};

template <class... Rest>
pqxx::result exec_common(Transaction& tx, const Query& query, const CommonParameters& p, const Rest&... rest) {
  return tx.exec(query, p.from_day, p.to_day, p.from, p.until_time, p.until_id, p.until_fp, p.has_conditions,
                 p.accounts, p.not_accounts, p.regions, p.not_regions, p.services, p.not_services, p.apis, p.not_apis,
                 p.outcomes, p.event_classes, p.read_only, p.error_codes, p.not_error_codes, rest...);
}

template <class... Rest>
pqxx::result exec_combined(Transaction& tx, const Query& query, const CommonParameters& common,
                           const CombinedParameters& c, const Rest&... rest) {
  static_assert(kEntityGroupsMax == 5, "the statements have four further conditions");
  return exec_common(tx, query, common, c.by[0], c.by[1], c.by[2], c.by[3], c.by[4], c.by[5], c.on, c.all,
                     c.has_conditions, c.required[0].by, c.required[0].on, c.required[1].by, c.required[1].on,
                     c.required[2].by, c.required[2].on, c.required[3].by, c.required[3].on, c.excluded.by,
                     c.excluded.on, rest...);
}

StoredEvent event_of(StoredRow row) {
  StoredEvent event;
  event.position = {row.event_time.us, row.event_id, row.content_fp};
  event.account_id = std::move(row.account_id);
  event.received_us = row.received_at.us;
  event.flags = row.flags;
  event.event_class = static_cast<schema::EventClass>(row.event_class);
  event.outcome = static_cast<schema::Outcome>(row.outcome);
  event.read_only = row.read_only;
  event.region = std::move(row.region);
  event.service = std::move(row.service);
  event.api = std::move(row.api);
  event.error_code = std::move(row.error_code).value_or("");
  event.raw = std::move(row.raw.bytes);
  return event;
}

std::vector<StoredEvent> events_of(const pqxx::result& result) {
  std::vector<StoredEvent> events;
  events.reserve(static_cast<std::size_t>(result.size()));
  for (auto& row : schema::rows_as<StoredRow>(result)) events.push_back(event_of(std::move(row)));
  return events;
}

std::uint64_t count_of(const pqxx::result& result) {
  return static_cast<std::uint64_t>(schema::row_as<CountRow>(result[0]).n);
}

template <class Row>
OutcomeCounts counts_of(const Row& row) {
  return {static_cast<std::uint64_t>(row.ok), static_cast<std::uint64_t>(row.denied),
          static_cast<std::uint64_t>(row.failed)};
}

void add_group(GroupRow row, RowGroups& groups) {
  const auto first = row.first_at ? row.first_at->us : 0, last = row.last_at ? row.last_at->us : 0;
  const auto value = [&] { return ValueCount{std::move(row.value).value_or(""), counts_of(row), first, last}; };
  constexpr int kAll = 0, kApi = 1, kAccount = 2, kRegion = 3;
  switch (row.facet) {
    case kAll:
      groups.groups.totals = counts_of(row);
      if (row.first_at) groups.groups.first_us = first;
      if (row.last_at) groups.groups.last_us = last;
      break;
    case kApi:
      groups.groups.apis.push_back(
          {std::move(row.value).value_or(""), std::move(row.second).value_or(""), counts_of(row)});
      break;
    case kAccount:
      groups.groups.accounts.push_back(value());
      break;
    case kRegion:
      groups.groups.regions.push_back(value());
      break;
    default:
      groups.by_hash.push_back({row.facet, row.hash.value_or(0), counts_of(row), first, last});
  }
}

}  // namespace

std::optional<RowDays> row_days(Transaction& tx, std::int32_t from_day, std::int32_t to_day) {
  const auto row = tx.exec(sql::event_row_days, schema::format_day(from_day), schema::format_day(to_day))[0];
  if (row[0].is_null()) return std::nullopt;
  return RowDays{std::max(from_day, schema::day_of(schema::time_from_pg(row[0].c_str()))),
                 std::min(to_day, schema::day_of(schema::time_from_pg(row[1].c_str())))};
}

bool EventRows::narrow() {
  if (question_.shape == RowQuestion::Shape::kNothing || std::exchange(narrowed_, true))
    return question_.shape != RowQuestion::Shape::kNothing;
  if (const auto days = row_days(tx_, question_.from_day, question_.to_day)) {
    question_.common.from_day = schema::format_day(days->first);
    question_.common.to_day = schema::format_day(days->last);
  } else {
    question_.shape = RowQuestion::Shape::kNothing;
  }
  return question_.shape != RowQuestion::Shape::kNothing;
}

std::vector<StoredEvent> EventRows::newest(const EventPosition& position, std::size_t limit) {
  if (!narrow()) return {};
  const auto common = before(question_.common, position);
  const std::string limit_text = std::to_string(limit);
  if (question_.shape == RowQuestion::Shape::kCombined)
    return events_of(exec_combined(tx_, sql::event_page_combined, common, question_.combined, limit_text));
  tx_.exec_text(kInOrder);
  auto events = newest_by(common, limit_text);
  tx_.exec_text(kAsUsual);
  if (events.size() > limit) events.resize(limit);
  return events;
}

std::vector<StoredEvent> EventRows::newest_by(const CommonParameters& common, const std::string& limit) {
  if (question_.shape == RowQuestion::Shape::kAll)
    return events_of(exec_common(tx_, sql::event_page_all, common, limit));
  const std::string hash = std::to_string(question_.hash);
  std::vector<std::vector<StoredEvent>> listings;
  if (question_.by_column)
    listings.push_back(events_of(exec_common(tx_, *kPagesBy[*question_.by_column], common, hash, limit)));
  if (question_.on) listings.push_back(events_of(exec_common(tx_, sql::event_page_on, common, hash, limit)));
  return merge_newest(std::move(listings), static_cast<std::size_t>(std::stoull(limit)));
}

std::uint64_t EventRows::count() {
  narrow();
  switch (question_.shape) {
    case RowQuestion::Shape::kNothing:
      return 0;
    case RowQuestion::Shape::kAll:
      return count_of(exec_common(tx_, sql::event_count_all, question_.common));
    case RowQuestion::Shape::kSingle:
      return count_single();
    case RowQuestion::Shape::kCombined:
      return count_of(exec_combined(tx_, sql::event_count_combined, question_.common, question_.combined));
  }
  return 0;
}

std::uint64_t EventRows::count_single() {
  const auto& common = question_.common;
  const std::string hash = std::to_string(question_.hash);
  if (question_.mentions_suffice)
    return count_of(tx_.exec(sql::event_count_mentions, common.from_day, common.to_day, common.from, common.until_time,
                             hash, common.accounts));
  std::uint64_t n = 0;
  if (question_.by_column) n += count_of(exec_common(tx_, *kCountsBy[*question_.by_column], common, hash));
  if (question_.on) n += count_of(exec_common(tx_, sql::event_count_on, common, hash, question_.by_column.has_value()));
  return n;
}

std::vector<VolumeBucket> EventRows::volume(std::int64_t bucket_s) {
  if (!narrow()) return {};
  const auto result =
      exec_combined(tx_, sql::event_volume, question_.common, question_.combined, std::to_string(bucket_s));
  std::vector<VolumeBucket> buckets;
  for (const auto& row : schema::rows_as<VolumeRow>(result)) buckets.push_back({row.at.us, counts_of(row)});
  return buckets;
}

RowGroups EventRows::groups(std::size_t values_max) {
  RowGroups groups;
  if (!narrow()) return groups;
  const auto result =
      exec_combined(tx_, sql::event_groups, question_.common, question_.combined, std::to_string(values_max));
  for (auto& row : schema::rows_as<GroupRow>(result)) add_group(std::move(row), groups);
  return groups;
}

std::vector<HashText> EventRows::texts(const std::vector<HashCount>& hashes) {
  if (hashes.empty() || !narrow()) return {};
  std::vector<std::string> facets, values, times;
  for (const auto& hash : hashes) {
    facets.push_back(std::to_string(hash.facet));
    values.push_back(std::to_string(hash.hash));
    times.push_back(schema::format_rfc3339(hash.last_us));
  }
  const auto result =
      tx_.exec(sql::event_group_text, question_.common.from_day, question_.common.to_day, schema::array_literal(facets),
               schema::array_literal(values), schema::array_literal(times));
  std::vector<HashText> texts;
  for (auto& row : schema::rows_as<TextRow>(result)) texts.push_back({row.facet, row.hash, std::move(row.raw.bytes)});
  return texts;
}

std::optional<StoredEvent> find_row(Transaction& tx, const EventIdentity& identity) {
  auto events = events_of(tx.exec(sql::event_by_key, schema::format_day(identity.day), identity.account_id,
                                  to_string(identity.event_id), to_string(identity.content_fp)));
  if (events.empty()) return std::nullopt;
  return std::move(events.front());
}

std::vector<StoredEvent> find_rows(Transaction& tx, const schema::Uuid& event_id, std::size_t limit) {
  constexpr const char* kFirstDay = "1970-01-01";
  constexpr const char* kLastDay = "9999-12-31";
  return events_of(tx.exec(sql::event_by_id, std::string(kFirstDay), std::string(kLastDay), to_string(event_id),
                           std::to_string(limit)));
}

}  // namespace backtrail::query
