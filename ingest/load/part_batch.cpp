#include "ingest/load/part_batch.hpp"

#include <backtrail_ingest_sql.hpp>

#include "ingest/load/binary_array.hpp"
#include "ingest/seal/part_writer.hpp"

namespace backtrail::ingest {
namespace {

// Parameters of one statement stay below about this.
constexpr std::size_t kFlushBytes = 8U * 1024 * 1024;

// The columns that every table of parts begins with.
struct KeyColumns {
  BinaryArray day{PgType::kDate}, account{PgType::kText}, part_no{PgType::kInt4};

  void add(const schema::PartKey& key) {
    day.add_day(key.day);
    account.add_text(key.account_id);
    part_no.add_int4(key.part_no);
  }
};

}  // namespace

struct PartBatch::Columns {
  struct : KeyColumns {
    BinaryArray event_class{PgType::kInt2}, n{PgType::kInt4}, first{PgType::kTimestamptz}, last{PgType::kTimestamptz},
        layout{PgType::kBytea}, digest{PgType::kBytea};
  } head;
  struct : KeyColumns {
    BinaryArray kind{PgType::kInt2}, first{PgType::kInt8}, last{PgType::kInt8}, bytes{PgType::kBytea};
  } piece;
  std::size_t bytes = 0;

  void add_head(const schema::PartHead& told) {
    head.add(told.key);
    head.event_class.add_int2(static_cast<std::int16_t>(told.event_class));
    head.n.add_int4(static_cast<std::int32_t>(told.n));
    head.first.add_time(told.first_us);
    head.last.add_time(told.last_us);
    head.layout.add_text(told.layout);
    head.digest.add_text(told.digest);
  }
  void add_piece(const schema::PartKey& key, const seal::Piece& told) {
    piece.add(key);
    piece.kind.add_int2(static_cast<std::int16_t>(told.kind));
    piece.first.add_int8(told.first_key);
    piece.last.add_int8(told.last_key);
    piece.bytes.add_text(told.bytes);
    bytes += told.bytes.size();
  }
};

PartBatch::PartBatch(schema::Transaction& tx, std::int64_t now_us)
    : tx_(tx), now_us_(now_us), columns_(std::make_unique<Columns>()) {}
PartBatch::~PartBatch() = default;

void PartBatch::add(const schema::PartKey& key, const schema::EncodedPart& part,
                    const std::vector<std::int64_t>& entities) {
  columns_->add_head(seal::head_of(key, part));
  seal::for_each_piece(part, [&](const seal::Piece& piece) {
    if (columns_->bytes >= kFlushBytes) flush();
    columns_->add_piece(key, piece);
  });
  auto& directory = directories_[key.day];
  const std::uint64_t account = schema::account_number(key.account_id);
  for (const std::int64_t hash : entities) directory.push_back({hash, account});
}

void PartBatch::flush() {
  if (columns_->bytes == 0) return;
  auto& [head, piece, bytes] = *columns_;
  tx_.exec(sql::part_heads_insert, head.day.value(), head.account.value(), head.part_no.value(),
           head.event_class.value(), head.n.value(), head.first.value(), head.last.value(), head.layout.value(),
           head.digest.value(), schema::kPartFormat, schema::format_rfc3339(now_us_));
  tx_.exec(sql::part_pieces_insert, piece.day.value(), piece.account.value(), piece.part_no.value(), piece.kind.value(),
           piece.first.value(), piece.last.value(), piece.bytes.value());
  columns_ = std::make_unique<Columns>();
}

void PartBatch::finish() {
  flush();
  for (const auto& [day, entries] : directories_) {
    BinaryArray slot(PgType::kInt4), bytes(PgType::kBytea);
    for (const auto& row : schema::encode_directory(entries)) {
      slot.add_int4(row.slot);
      bytes.add_text(row.bytes);
    }
    tx_.exec(sql::part_directory_insert, schema::format_day(day), slot.value(), bytes.value());
  }
}

}  // namespace backtrail::ingest
