#include "ingest/seal/part_writer.hpp"

#include <algorithm>
#include <backtrail_ingest_sql.hpp>
#include <optional>

#include "ingest/load/binary_array.hpp"
#include "schema/pg/row_as.hpp"

namespace backtrail::ingest::seal {
namespace {

using schema::Binary;

// Parameters of one statement stay below this.
constexpr std::size_t kStatementBytes = 8U * 1024 * 1024;

// Collects pieces of a part and writes them, some megabytes a statement.
class PieceWriter {
 public:
  PieceWriter(SealStatements& statements, const schema::PartKey& key)
      : statements_(statements), key_(key), day_(schema::format_day(key.day)) {}

  void add(int kind, std::int64_t first_key, std::int64_t last_key, std::string_view bytes) {
    if (size_ + bytes.size() > kStatementBytes) write();
    kinds_.add_int2(static_cast<std::int16_t>(kind));
    first_.add_int8(first_key);
    last_.add_int8(last_key);
    bytes_.add_text(bytes);
    size_ += bytes.size();
    any_ = true;
  }
  void write() {
    if (!any_) return;
    statements_.exec(sql::seal_piece_insert, day_, key_.account_id, key_.part_no, kinds_.value(), first_.value(),
                     last_.value(), bytes_.value());
    kinds_ = BinaryArray(PgType::kInt2);
    first_ = last_ = BinaryArray(PgType::kInt8);
    bytes_ = BinaryArray(PgType::kBytea);
    size_ = 0;
    any_ = false;
  }

 private:
  SealStatements& statements_;
  const schema::PartKey& key_;
  std::string day_;
  BinaryArray kinds_{PgType::kInt2}, first_{PgType::kInt8}, last_{PgType::kInt8}, bytes_{PgType::kBytea};
  std::size_t size_ = 0;
  bool any_ = false;
};

}  // namespace

void for_each_piece(const schema::EncodedPart& part, const std::function<void(const Piece&)>& f) {
  for (const auto& chunk : part.postings) f({schema::kPiecePostings, chunk.first_hash, chunk.last_hash, chunk.bytes});
  for (const auto& chunk : part.ids) f({schema::kPieceIds, chunk.first_key, chunk.last_key, chunk.bytes});
  f({schema::kPieceFigures, 0, 0, part.rollup});
  std::string blocks;
  for (const auto& block : part.blocks) (blocks += block.columns) += block.raw;
  f({schema::kPieceBlocks, 0, 0, blocks});
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

void write_part(SealStatements& statements, const schema::PartHead& head, const schema::EncodedPart& part,
                std::int64_t now_us) {
  const std::string day = schema::format_day(head.key.day);
  statements.exec(sql::seal_part_insert, day, head.key.account_id, head.key.part_no, static_cast<int>(head.event_class),
                  static_cast<std::int64_t>(head.n), head.format, schema::format_rfc3339(head.first_us),
                  schema::format_rfc3339(head.last_us), schema::format_rfc3339(now_us), Binary(head.layout),
                  Binary(head.digest));
  PieceWriter pieces(statements, head.key);
  for_each_piece(part,
                 [&](const Piece& piece) { pieces.add(piece.kind, piece.first_key, piece.last_key, piece.bytes); });
  pieces.write();
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

schema::Result<void> write_directory(SealStatements& statements, std::int32_t day,
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
  return {};
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
