// Sealed parts as they lie in the database: which there are, and one of them whole. Whoever needs all events of a part
// (the sealer's check, unsealing, an archive) reads it here; questions read single blocks and lists instead.
//
// Functions run in the caller's transaction and see what its role and scope may see. They throw what the transaction
// throws; damage is kBadRecord.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "schema/block_format/part_codec.hpp"
#include "schema/pg/database.hpp"

namespace backtrail::schema {

// event_piece.kind
inline constexpr int kPiecePostings = 1, kPieceIds = 2, kPieceFigures = 3, kPieceBlocks = 4;

struct PartKey {
  std::int32_t day = 0;
  std::string account_id;
  int part_no = 0;
  auto operator<=>(const PartKey&) const = default;
};

struct BlockKey {
  PartKey part;
  std::uint32_t block = 0;
  BlockExtent extent{};  // told by the part's layout; no part of its identity
  bool operator==(const BlockKey& other) const { return part == other.part && block == other.block; }
  auto operator<=>(const BlockKey& other) const { return std::tie(part, block) <=> std::tie(other.part, other.block); }
};

struct PartHead {
  PartKey key;
  EventClass event_class = EventClass::kManagement;
  std::size_t n = 0;
  int format = kPartFormat;
  std::int64_t first_us = 0, last_us = 0;
  std::string layout, digest;
  bool operator==(const PartHead&) const = default;
};

// Of the days from_day to to_day, both included; accounts: nothing means all.
std::vector<PartHead> list_parts(Transaction& tx, std::int32_t from_day, std::int32_t to_day,
                                 const std::optional<std::vector<std::string>>& accounts);
struct StoredBlock {
  BlockColumns columns;
  std::string raw;  // encoded; empty unless asked for
};
// kBadRecord also when one of them is missing.
Result<std::map<BlockKey, StoredBlock>> read_blocks(Transaction& tx, const std::vector<BlockKey>& blocks,
                                                    bool with_records);

// The part that the first three columns of a row name.
PartKey part_key(const pqxx::row& row);
PartKey part_key(const BinaryResult::Row& row);

// As stored; kBadRecord when it is not what its head says.
Result<EncodedPart> read_part(Transaction& tx, const PartHead& head);
// Every event, with what it names, after all checks of decode_part.
Result<std::vector<SealedEvent>> read_part_events(Transaction& tx, const PartHead& head);

}  // namespace backtrail::schema
