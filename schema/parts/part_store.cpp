#include "schema/parts/part_store.hpp"

#include <algorithm>
#include <backtrail_schema_sql.hpp>
#include <boost/describe.hpp>

#include "schema/core/time.hpp"
#include "schema/pg/hex_bytes.hpp"
#include "schema/pg/row_as.hpp"

namespace backtrail::schema {

struct PartRow {
  TimeUs day;
  std::string account_id;
  int part_no, event_class;
  std::int64_t n;
  int format;
  TimeUs first_at, last_at;
  Bytes layout, digest;
};
BOOST_DESCRIBE_STRUCT(PartRow, (),
                      (day, account_id, part_no, event_class, n, format, first_at, last_at, layout, digest))

// Blocks of one statement: the answer stays below some megabytes.
constexpr std::size_t kBlocksAtATime = 400;

std::vector<PartHead> list_parts(Transaction& tx, std::int32_t from_day, std::int32_t to_day,
                                 const std::optional<std::vector<std::string>>& accounts) {
  const auto wanted = accounts ? std::optional(array_literal(*accounts)) : std::nullopt;
  std::vector<PartHead> parts;
  for (auto& row : rows_as<PartRow>(tx.exec(sql::part_list, format_day(from_day), format_day(to_day), wanted)))
    parts.push_back({{day_of(row.day.us), std::move(row.account_id), row.part_no},
                     static_cast<EventClass>(row.event_class),
                     static_cast<std::size_t>(row.n),
                     row.format,
                     row.first_at.us,
                     row.last_at.us,
                     std::move(row.layout.bytes),
                     std::move(row.digest.bytes)});
  return parts;
}

PartKey part_key(const pqxx::row& row) {
  return {day_of(time_from_pg(row[0].c_str())), row[1].c_str(), row[2].as<int>()};
}

PartKey part_key(const BinaryResult::Row& row) {
  return {row.date(0), std::string(row.bytes(1)), row.int4(2)};
}

Result<std::map<BlockKey, StoredBlock>> read_blocks(Transaction& tx, const std::vector<BlockKey>& blocks,
                                                    bool with_records) {
  std::map<BlockKey, StoredBlock> found;
  for (std::size_t at = 0; at < blocks.size(); at += kBlocksAtATime) {
    std::vector<std::string> days, accounts, parts, numbers, first_bytes, columns_bytes, sizes;
    for (std::size_t i = at; i < std::min(blocks.size(), at + kBlocksAtATime); ++i) {
      const auto& extent = blocks[i].extent;
      days.push_back(format_day(blocks[i].part.day));
      accounts.push_back(blocks[i].part.account_id);
      parts.push_back(std::to_string(blocks[i].part.part_no));
      numbers.push_back(std::to_string(blocks[i].block));
      first_bytes.push_back(std::to_string(extent.first_byte + 1));
      columns_bytes.push_back(std::to_string(extent.columns_bytes));
      sizes.push_back(std::to_string(extent.columns_bytes + (with_records ? extent.records_bytes : 0)));
    }
    for (const auto row : tx.exec_binary(sql::part_block_bytes, array_literal(days), array_literal(accounts),
                                         array_literal(parts), array_literal(numbers), array_literal(first_bytes),
                                         array_literal(columns_bytes), array_literal(sizes))) {
      const auto bytes = row.bytes(5);
      const auto size = std::min(bytes.size(), static_cast<std::size_t>(row.int4(4)));
      auto columns = decode_columns(bytes.substr(0, size));
      if (!columns) return columns.error();
      found.insert_or_assign({part_key(row), static_cast<std::uint32_t>(row.int4(3)), {}},
                             StoredBlock{std::move(*columns), std::string(bytes.substr(size))});
    }
  }
  for (const auto& key : blocks)
    if (!found.contains(key)) return fail(Code::kBadRecord, "a part lacks a block");
  return found;
}

Result<EncodedPart> read_part(Transaction& tx, const PartHead& head) {
  const auto damaged = [&](const char* what) { return fail(Code::kBadRecord, what); };
  if (head.format != kPartFormat) return damaged("a part has a format that this program does not know");
  EncodedPart part;
  part.n = head.n;
  part.event_class = head.event_class;
  part.first_us = head.first_us;
  part.last_us = head.last_us;
  if (head.digest.size() != part.digest.size()) return damaged("a part has no digest");
  std::copy(head.digest.begin(), head.digest.end(), part.digest.begin());
  const std::string day = format_day(head.key.day), no = std::to_string(head.key.part_no);
  std::string bytes, blocks;
  for (const auto& row : tx.exec(sql::part_pieces, day, head.key.account_id, no)) {
    const auto first_key = row[1].as<std::int64_t>(), last_key = row[2].as<std::int64_t>();
    read_hex_bytes(row[3], bytes);
    switch (row[0].as<int>()) {
      case kPiecePostings:
        part.postings.push_back({first_key, last_key, bytes});
        break;
      case kPieceIds:
        part.ids.push_back({first_key, last_key, bytes});
        break;
      case kPieceFigures:
        part.rollup += bytes;
        break;
      default:
        blocks += bytes;
    }
  }
  const auto map = BlockMap::of(head.layout, head.n);
  if (!map) return map.error();
  std::string_view rest = blocks;
  for (const auto& extent : map->extents()) {
    EncodedBlock& block = part.blocks.emplace_back();
    block.columns = rest.substr(0, extent.columns_bytes);
    rest.remove_prefix(block.columns.size());
    block.raw = rest.substr(0, extent.records_bytes);
    rest.remove_prefix(block.raw.size());
    block.n = block_events(block.columns);
  }
  if (!rest.empty() || block_layout(part.blocks) != head.layout)
    return damaged("the layout of a part does not fit its blocks");
  return part;
}

Result<std::vector<SealedEvent>> read_part_events(Transaction& tx, const PartHead& head) {
  const auto part = read_part(tx, head);
  if (!part) return part.error();
  return decode_part(*part, head.key.day);
}

}  // namespace backtrail::schema
