// Reads pieces of sealed parts: which parts there are, posting lists, blocks, event ids. The only code that reads
// event_part and event_piece for questions.
//
// Functions run in the caller's transaction and see what its scope may see. What a transaction has touched is not
// dropped before it ends. A part that is damaged, or that lacks a block, is an ErrorException: an answer without its
// events would be silence.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "query/event_reader/event_source.hpp"
#include "query/event_reader/part_cache.hpp"
#include "schema/block_format/part_codec.hpp"
#include "schema/core/hash.hpp"
#include "schema/parts/part_store.hpp"
#include "schema/pg/database.hpp"

namespace backtrail::query {

struct SealedPart {
  schema::PartKey key;
  schema::EventClass event_class = schema::EventClass::kManagement;
  std::size_t n = 0;
  std::int64_t first_us = 0, last_us = 0;
  PartDigest digest{};
  std::string layout;
  std::map<std::int64_t, std::string> lists;  // hash -> the chunk that has its list
};

// An entity that parts of an account may know on a day.
struct SealedPlace {
  std::int32_t day = 0;
  std::string account_id;
  std::int64_t hash = 0;
  auto operator<=>(const SealedPlace&) const = default;
};

using Accounts = std::optional<std::vector<std::string>>;  // nothing: all

// Throws.
[[noreturn]] void refuse_damaged(const std::string& what);
template <class T>
T sound(schema::Result<T> result) {
  if (!result) refuse_damaged(result.error().detail);
  return std::move(*result);
}

// Each once, in order; both days included.
std::vector<SealedPlace> sealed_places(schema::Transaction& tx, const std::vector<std::int64_t>& hashes,
                                       std::int32_t from_day, std::int32_t to_day);
// Parts without lists.
std::vector<SealedPart> sealed_parts(schema::Transaction& tx, std::int32_t from_day, std::int32_t to_day,
                                     const Accounts& accounts);
// The parts of these places that have one of the lists.
std::map<schema::PartKey, SealedPart> sealed_lists(schema::Transaction& tx, const std::vector<SealedPlace>& places);

// The same for all places of some entities, without the way through a list of them.
std::map<schema::PartKey, SealedPart> sealed_entity_lists(schema::Transaction& tx,
                                                          const std::vector<std::int64_t>& hashes,
                                                          std::int32_t from_day, std::int32_t to_day,
                                                          const Accounts& accounts);

// Parts without lists and layout, for their figures.
std::vector<SealedPart> counted_parts(schema::Transaction& tx, std::int32_t from_day, std::int32_t to_day,
                                      const Accounts& accounts);
// What each of these parts counts; their number is up to the caller, who has the memory of all of them.
std::vector<std::shared_ptr<const OpenFigures>> figures_of(schema::Transaction& tx, std::span<const SealedPart> parts);

// A block that a page needs, of a part that the transaction has read.
struct WantedBlock {
  schema::BlockKey key;
  PartDigest digest{};
  auto operator<=>(const WantedBlock& other) const { return key <=> other.key; }
  bool operator==(const WantedBlock& other) const { return key == other.key; }
};
using OpenBlocks = std::map<schema::BlockKey, std::shared_ptr<const OpenBlock>>;
// With their records. What is not at hand is read at once.
OpenBlocks open_blocks(schema::Transaction& tx, const std::set<WantedBlock>& wanted);

// Where the blocks of a part are.
schema::BlockMap blocks_of(const SealedPart& part);

// An event without its record.
StoredEvent stored_event(const schema::PartKey& part, const schema::BlockColumns& block, std::size_t index);
// The wanted records of a block, by their places; the others are empty.
std::vector<std::string> records_of(const OpenBlock& block, const std::vector<std::uint32_t>& wanted);
// A record in the form of StoredEvent::raw.
std::string as_stored(std::string record);

// Where an event id stands.
struct SealedId {
  SealedPart part;
  std::uint32_t position = 0;  // ids with the same first bits stand here too
};
std::vector<SealedId> sealed_ids(schema::Transaction& tx, std::int32_t from_day, std::int32_t to_day,
                                 const Accounts& accounts, const schema::Uuid& event_id);

}  // namespace backtrail::query
