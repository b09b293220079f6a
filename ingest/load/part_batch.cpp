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
    BinaryArray number{PgType::kInt4}, columns{PgType::kBytea}, raw{PgType::kBytea};
  } block;
  struct : KeyColumns {
    BinaryArray list{PgType::kInt2}, first{PgType::kInt8}, last{PgType::kInt8}, bytes{PgType::kBytea};
  } posting;
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
  void add_block(const schema::PartKey& key, std::size_t number, const schema::EncodedBlock& told) {
    block.add(key);
    block.number.add_int4(static_cast<std::int32_t>(number));
    block.columns.add_text(told.columns);
    block.raw.add_text(told.raw);
    bytes += told.columns.size() + told.raw.size();
  }
  void add_posting(const schema::PartKey& key, int list, std::int64_t first, std::int64_t last,
                   const std::string& told) {
    posting.add(key);
    posting.list.add_int2(static_cast<std::int16_t>(list));
    posting.first.add_int8(first);
    posting.last.add_int8(last);
    posting.bytes.add_text(told);
    bytes += told.size();
  }
};

PartBatch::PartBatch(schema::Transaction& tx, std::int64_t now_us)
    : tx_(tx), now_us_(now_us), columns_(std::make_unique<Columns>()) {}
PartBatch::~PartBatch() = default;

void PartBatch::add(const schema::PartKey& key, const schema::EncodedPart& part,
                    const std::vector<std::int64_t>& entities) {
  columns_->add_head(seal::head_of(key, part));
  for (std::size_t i = 0; i < part.blocks.size(); ++i) {
    columns_->add_block(key, i, part.blocks[i]);
    if (columns_->bytes >= kFlushBytes) flush();
  }
  for (const auto& chunk : part.postings)
    columns_->add_posting(key, schema::kListEntities, chunk.first_hash, chunk.last_hash, chunk.bytes);
  for (const auto& chunk : part.ids)
    columns_->add_posting(key, schema::kListIds, chunk.first_key, chunk.last_key, chunk.bytes);
  columns_->add_posting(key, schema::kListFigures, 0, 0, part.rollup);
  auto& directory = directories_[key.day];
  const std::uint64_t account = schema::account_number(key.account_id);
  for (const std::int64_t hash : entities) directory.push_back({hash, account});
}

void PartBatch::flush() {
  if (columns_->bytes == 0) return;
  auto& [head, block, posting, bytes] = *columns_;
  tx_.exec(sql::part_heads_insert, head.day.value(), head.account.value(), head.part_no.value(),
           head.event_class.value(), head.n.value(), head.first.value(), head.last.value(), head.layout.value(),
           head.digest.value(), schema::kPartFormat, schema::format_rfc3339(now_us_));
  tx_.exec(sql::part_blocks_insert, block.day.value(), block.account.value(), block.part_no.value(),
           block.number.value(), block.columns.value(), block.raw.value());
  tx_.exec(sql::part_postings_insert, posting.day.value(), posting.account.value(), posting.part_no.value(),
           posting.list.value(), posting.first.value(), posting.last.value(), posting.bytes.value());
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
