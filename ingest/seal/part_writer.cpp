#include "ingest/seal/part_writer.hpp"

#include <algorithm>
#include <backtrail_ingest_sql.hpp>
#include <optional>

#include "ingest/load/binary_array.hpp"
#include "schema/pg/row_as.hpp"

namespace backtrail::ingest::seal {
namespace {

// Parameters of one statement stay below about this.
constexpr std::size_t kStatementBytes = 8U * 1024 * 1024;

// A row of event_piece.
struct Piece {
  int kind;
  std::int64_t first_key, last_key;
  std::string_view bytes;
};

// The columns that both tables of parts begin with.
struct KeyColumns {
  BinaryArray day{PgType::kDate}, account{PgType::kText}, part_no{PgType::kInt4};

  void add(const schema::PartKey& key) {
    day.add_day(key.day);
    account.add_text(key.account_id);
    part_no.add_int4(key.part_no);
  }
};

template <class F>
void for_each_piece(const schema::EncodedPart& part, F&& f) {
  for (const auto& chunk : part.postings)
    f(Piece{schema::kPiecePostings, chunk.first_hash, chunk.last_hash, chunk.bytes});
  for (const auto& chunk : part.ids) f(Piece{schema::kPieceIds, chunk.first_key, chunk.last_key, chunk.bytes});
  f(Piece{schema::kPieceFigures, 0, 0, part.rollup});
  std::string blocks;
  for (const auto& block : part.blocks) (blocks += block.columns) += block.raw;
  f(Piece{schema::kPieceBlocks, 0, 0, blocks});
}

}  // namespace

struct PartWriter::Columns {
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
  void add_piece(const schema::PartKey& key, const Piece& told) {
    piece.add(key);
    piece.kind.add_int2(static_cast<std::int16_t>(told.kind));
    piece.first.add_int8(told.first_key);
    piece.last.add_int8(told.last_key);
    piece.bytes.add_text(told.bytes);
    bytes += told.bytes.size();
  }
};

PartWriter::PartWriter(SealStatements& statements, std::int64_t now_us)
    : statements_(statements), now_us_(now_us), columns_(std::make_unique<Columns>()) {}
PartWriter::~PartWriter() = default;

void PartWriter::add(const schema::PartHead& head, const schema::EncodedPart& part) {
  columns_->add_head(head);
  for_each_piece(part, [&](const Piece& piece) {
    if (columns_->bytes >= kStatementBytes) flush();
    columns_->add_piece(head.key, piece);
  });
}

void PartWriter::flush() {
  if (columns_->bytes == 0) return;
  auto& [head, piece, bytes] = *columns_;
  statements_.exec(sql::part_heads_insert, head.day.value(), head.account.value(), head.part_no.value(),
                   head.event_class.value(), head.n.value(), head.first.value(), head.last.value(), head.layout.value(),
                   head.digest.value(), schema::kPartFormat, schema::format_rfc3339(now_us_));
  statements_.exec(sql::part_pieces_insert, piece.day.value(), piece.account.value(), piece.part_no.value(),
                   piece.kind.value(), piece.first.value(), piece.last.value(), piece.bytes.value());
  columns_ = std::make_unique<Columns>();
}

schema::PartHead head_of(const schema::PartKey& key, const schema::EncodedPart& part) {
  schema::PartHead head;
  head.key = key;
  head.event_class = part.event_class;
  head.n = part.n;
  head.first_us = part.first_us;
  head.last_us = part.last_us;
  head.layout = schema::block_layout(part.blocks);
  head.digest.assign(part.digest.begin(), part.digest.end());
  return head;
}

schema::Result<void> check_part(SealStatements& statements, const schema::PartHead& head,
                                const schema::EncodedPart& part) {
  const auto stored = schema::list_parts(statements.transaction(), head.key.day, head.key.day, {{head.key.account_id}});
  const auto found =
      std::find_if(stored.begin(), stored.end(), [&](const auto& other) { return other.key == head.key; });
  const auto wrong = [] {
    return schema::fail(schema::Code::kBadRecord, "a part did not come back as it was written");
  };
  if (found == stored.end() || *found != head) return wrong();
  const auto back = schema::read_part(statements.transaction(), *found);
  if (!back) return back.error();
  if (*back != part) return wrong();
  return {};
}

schema::Result<int> write_directory(SealStatements& statements, std::int32_t day,
                                    const std::vector<schema::DirectoryEntry>& entries) {
  const std::string day_text = schema::format_day(day);
  const int run = statements.exec(sql::seal_next_run, day_text)[0][0].as<int>();
  BinaryArray slot(PgType::kInt4), bytes(PgType::kBytea);
  for (const auto& row : schema::encode_directory(entries)) {
    slot.add_int4(row.slot);
    bytes.add_text(row.bytes);
  }
  statements.exec(sql::seal_directory_insert, day_text, run, slot.value(), bytes.value());
  std::vector<schema::DirectoryRow> back;
  for (const auto& row : statements.exec(sql::seal_directory_read, day_text, std::optional<int>(run)))
    back.push_back({row[0].as<std::int32_t>(), schema::bytes_of(row[1])});
  const schema::DirectoryRows rows(back);
  for (const auto& entry : entries)
    if (!rows.names(entry))
      return schema::fail(schema::Code::kBadRecord, "a directory did not come back as it was written");
  return run;
}

std::vector<std::int64_t> entities_of(const std::vector<schema::SealedEvent>& events) {
  std::vector<std::int64_t> hashes;
  for (const auto& event : events) {
    for (const std::int64_t hash : event.by)
      if (hash != 0) hashes.push_back(hash);
    hashes.insert(hashes.end(), event.mentions.begin(), event.mentions.end());
  }
  std::sort(hashes.begin(), hashes.end());
  hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
  return hashes;
}

}  // namespace backtrail::ingest::seal
