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

void write_blocks(SealStatements& statements, const std::string& day, const schema::PartKey& key,
                  const std::vector<schema::EncodedBlock>& blocks) {
  for (std::size_t next = 0; next < blocks.size();) {
    BinaryArray number(PgType::kInt4), columns(PgType::kBytea), raw(PgType::kBytea);
    for (std::size_t bytes = 0; next < blocks.size() && bytes < kStatementBytes; ++next) {
      number.add_int4(static_cast<std::int32_t>(next));
      columns.add_text(blocks[next].columns);
      raw.add_text(blocks[next].raw);
      bytes += blocks[next].columns.size() + blocks[next].raw.size();
    }
    statements.exec(sql::seal_block_insert, day, key.account_id, key.part_no, number.value(), columns.value(),
                    raw.value());
  }
}

void write_postings(SealStatements& statements, const std::string& day, const schema::PartKey& key,
                    const schema::EncodedPart& part) {
  BinaryArray list(PgType::kInt2), first(PgType::kInt8), last(PgType::kInt8), bytes(PgType::kBytea);
  for (const auto& chunk : part.postings) {
    list.add_int2(schema::kListEntities);
    first.add_int8(chunk.first_hash);
    last.add_int8(chunk.last_hash);
    bytes.add_text(chunk.bytes);
  }
  for (const auto& chunk : part.ids) {
    list.add_int2(schema::kListIds);
    first.add_int8(chunk.first_key);
    last.add_int8(chunk.last_key);
    bytes.add_text(chunk.bytes);
  }
  list.add_int2(schema::kListFigures);
  first.add_int8(0);
  last.add_int8(0);
  bytes.add_text(part.rollup);
  statements.exec(sql::seal_posting_insert, day, key.account_id, key.part_no, list.value(), first.value(), last.value(),
                  bytes.value());
}

}  // namespace

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
  write_blocks(statements, day, head.key, part.blocks);
  write_postings(statements, day, head.key, part);
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
