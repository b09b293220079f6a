#include "ingest/load/sealed_probe.hpp"

#include <algorithm>
#include <backtrail_ingest_sql.hpp>
#include <set>

#include "ingest/load/binary_array.hpp"
#include "schema/parts/part_store.hpp"
#include "schema/pg/row_as.hpp"

namespace backtrail::ingest {
namespace {

using schema::BlockKey;
using schema::PartKey;

// Blocks that are in memory together: 2 MiB of columns or so.
constexpr std::size_t kBlocksAtATime = 400;

struct Part {
  std::size_t n;
  schema::BlockMap map;
  std::vector<std::uint32_t> wanted;  // keys of ids that may be in it, sorted
};
using Parts = std::map<PartKey, Part>;

// A damaged part is the warehouse's trouble, not the batch's: nothing of it may go to the quarantine for that.
template <class T>
T value_or_throw(schema::Result<T> result) {
  if (!result) throw schema::ErrorException(schema::fail(schema::Code::kDatabase, result.error().detail));
  return std::move(*result);
}

Parts parts_of(schema::Transaction& tx, const std::vector<Row*>& rows) {
  std::set<std::pair<std::int32_t, std::string_view>> pairs;
  for (const Row* row : rows) pairs.emplace(row->event.event_day, row->event.account_id);
  BinaryArray day(PgType::kDate), account(PgType::kText);
  for (const auto& pair : pairs) {
    day.add_day(pair.first);
    account.add_text(pair.second);
  }
  Parts parts;
  for (const auto& row : tx.exec(sql::sealed_parts, day.value(), account.value())) {
    const auto n = row[3].as<std::size_t>();
    parts.emplace(schema::part_key(row),
                  Part{n, value_or_throw(schema::BlockMap::of(schema::bytes_of(row[4]), n)), {}});
  }
  return parts;
}

void note_wanted(Parts& parts, const std::vector<Row*>& rows) {
  // Rows are in the order of day and account: the parts of the last one are most often those of this one.
  auto first = parts.end();
  const EventRow* of = nullptr;
  for (const Row* row : rows) {
    const EventRow& event = row->event;
    if (of == nullptr || of->event_day != event.event_day || of->account_id != event.account_id)
      first = parts.lower_bound({event.event_day, event.account_id, 0});
    of = &event;
    for (auto part = first;
         part != parts.end() && part->first.day == event.event_day && part->first.account_id == event.account_id;
         ++part)
      part->second.wanted.push_back(schema::id_key(event.event_id));
  }
  for (auto& [key, part] : parts) {
    std::sort(part.wanted.begin(), part.wanted.end());
    part.wanted.erase(std::unique(part.wanted.begin(), part.wanted.end()), part.wanted.end());
  }
}

// Adds the blocks where ids with the same first bits stand.
void add_places(const pqxx::result& chunks, const Parts& parts, std::set<BlockKey>& places) {
  for (const auto& row : chunks) {
    const PartKey key = schema::part_key(row);
    const Part& part = parts.at(key);
    for (const auto& id : value_or_throw(schema::decode_ids(schema::bytes_of(row[3]))))
      if (id.position < part.n && std::binary_search(part.wanted.begin(), part.wanted.end(), id.key)) {
        const auto place = part.map.place_of(id.position);
        places.insert({key, place.block, place.extent});
      }
  }
}

// The blocks to look into. Of a part that is asked for more ids than it has lists, all lists are read.
std::set<BlockKey> places_of(schema::Transaction& tx, const Parts& parts) {
  BinaryArray day(PgType::kDate), account(PgType::kText), part_no(PgType::kInt4), key(PgType::kInt8);
  BinaryArray whole_day(PgType::kDate), whole_account(PgType::kText), whole_part_no(PgType::kInt4);
  bool single = false, whole = false;
  for (const auto& [name, part] : parts) {
    if (part.wanted.size() > part.n / schema::kIdChunkIds) {
      whole = true;
      whole_day.add_day(name.day);
      whole_account.add_text(name.account_id);
      whole_part_no.add_int4(name.part_no);
      continue;
    }
    single |= !part.wanted.empty();
    for (const std::uint32_t wanted : part.wanted) {
      day.add_day(name.day);
      account.add_text(name.account_id);
      part_no.add_int4(name.part_no);
      key.add_int8(wanted);
    }
  }
  std::set<BlockKey> places;
  if (single)
    add_places(tx.exec(sql::sealed_id_chunks, day.value(), account.value(), part_no.value(), key.value()), parts,
               places);
  if (whole)
    add_places(tx.exec(sql::sealed_id_lists, whole_day.value(), whole_account.value(), whole_part_no.value()), parts,
               places);
  return places;
}

void read_forms(schema::Transaction& tx, const std::vector<BlockKey>& blocks, const std::set<EventName>& names,
                SealedForms& forms) {
  for (const auto& [key, block] : value_or_throw(schema::read_blocks(tx, blocks, false))) {
    const auto& columns = block.columns;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const EventName name{key.part.day, key.part.account_id, columns.event_id[i]};
      if (names.contains(name))
        forms[name].push_back(
            {columns.content_fp[i], columns.event_time_us[i], columns.service.of(i), columns.api.of(i)});
    }
  }
}

}  // namespace

SealedForms find_sealed_forms(schema::Transaction& tx, const std::vector<Row*>& rows) {
  SealedForms forms;
  auto parts = parts_of(tx, rows);
  if (parts.empty()) return forms;
  note_wanted(parts, rows);
  const auto found = places_of(tx, parts);
  if (found.empty()) return forms;
  std::set<EventName> names;
  for (const Row* row : rows) names.insert(name_of(row->event));
  const std::vector<BlockKey> places(found.begin(), found.end());
  for (std::size_t at = 0; at < places.size(); at += kBlocksAtATime) {
    const auto end = std::min(places.size(), at + kBlocksAtATime);
    read_forms(tx,
               {places.begin() + static_cast<std::ptrdiff_t>(at), places.begin() + static_cast<std::ptrdiff_t>(end)},
               names, forms);
  }
  return forms;
}

}  // namespace backtrail::ingest
