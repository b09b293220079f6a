#include "ingest/load/notice_writer.hpp"

#include <backtrail_ingest_sql.hpp>
#include <map>

#include "ingest/load/binary_array.hpp"
#include "schema/block_format/raw_codec.hpp"

namespace backtrail::ingest {
namespace {

using schema::Notice;

// The columns of notice_insert.sql.
struct NoticeColumns {
  BinaryArray account{PgType::kText}, id{PgType::kUuid}, kind{PgType::kText}, source{PgType::kText},
      detail_type{PgType::kText}, region{PgType::kText}, subject{PgType::kText}, time{PgType::kTimestamptz},
      received{PgType::kTimestamptz}, door{PgType::kText}, key_id{PgType::kText}, origin{PgType::kText},
      digest{PgType::kBytea}, bytes{PgType::kInt4}, raw{PgType::kBytea};

  void add(const Notice& notice, const Row& row) {
    account.add_text(notice.account_id);
    id.add_uuid(notice.notice_id);
    kind.add_text(notice.kind);
    source.add_text(notice.source);
    detail_type.add_text(notice.detail_type);
    region.add_text(notice.region);
    subject.add_text(notice.subject);
    time.add_time(notice.time_us);
    received.add_time(row.received_us());
    door.add_text(row.door());
    key_id.add_text(row.key_id());
    origin.add_text(row.origin());
    const auto hash = schema::sha256(notice.raw);
    digest.add_text({reinterpret_cast<const char*>(hash.data()), hash.size()});
    bytes.add_int4(static_cast<std::int32_t>(notice.raw.size()));
    std::string encoded;
    schema::append_encoded_raw(notice.raw, encoded);
    raw.add_text(encoded);
  }

  pqxx::result insert(schema::Transaction& tx) {
    return tx.exec(sql::notice_insert, account.value(), id.value(), kind.value(), source.value(), detail_type.value(),
                   region.value(), subject.value(), time.value(), received.value(), door.value(), key_id.value(),
                   origin.value(), digest.value(), bytes.value(), raw.value());
  }
};

}  // namespace

void write_notices(schema::Transaction& tx, std::span<Row> rows) {
  // In the order of the unique index: two batches with the same notices wait for each other instead of deadlocking.
  std::map<std::pair<std::string_view, schema::Uuid>, Row*> unique;
  for (Row& row : rows) {
    if (row.kind != Row::Kind::kNotice) continue;
    row.outcome = RowOutcome::kDuplicate;
    unique.emplace(std::pair{std::string_view(row.notice->account_id), row.notice->notice_id}, &row);
  }
  if (unique.empty()) return;
  NoticeColumns columns;
  for (const auto& [key, row] : unique) columns.add(*row->notice, *row);
  for (const auto& inserted : columns.insert(tx)) {
    std::pair<std::string_view, schema::Uuid> key{inserted[0].c_str(), {}};
    schema::parse_uuid({inserted[1].c_str(), inserted[1].size()}, key.second);
    unique.at(key)->outcome = RowOutcome::kNew;
  }
}

}  // namespace backtrail::ingest
