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
};

// A damaged part is the warehouse's trouble, not the batch's: nothing of it may go to the quarantine for that.
template <class T>
T value_or_throw(schema::Result<T> result) {
  if (!result) throw schema::ErrorException(schema::fail(schema::Code::kDatabase, result.error().detail));
  return std::move(*result);
}

std::map<PartKey, Part> parts_of(schema::Transaction& tx, const std::vector<Row*>& rows) {
  std::set<std::pair<std::int32_t, std::string_view>> pairs;
  for (const Row* row : rows) pairs.emplace(row->event.event_day, row->event.account_id);
  BinaryArray day(PgType::kDate), account(PgType::kText);
  for (const auto& pair : pairs) {
    day.add_day(pair.first);
    account.add_text(pair.second);
  }
  std::map<PartKey, Part> parts;
  for (const auto& row : tx.exec(sql::sealed_parts, day.value(), account.value())) {
    const auto n = row[3].as<std::size_t>();
    parts.emplace(schema::part_key(row), Part{n, value_or_throw(schema::BlockMap::of(schema::bytes_of(row[4]), n))});
  }
  return parts;
}

// Where ids with the same first bits stand: the blocks to look into.
std::set<BlockKey> places_of(schema::Transaction& tx, const std::vector<Row*>& rows,
                             const std::map<PartKey, Part>& parts) {
  BinaryArray day(PgType::kDate), account(PgType::kText), part_no(PgType::kInt4), key(PgType::kInt8);
  std::set<std::pair<PartKey, std::uint32_t>> wanted;
  for (const Row* row : rows) {
    const EventRow& event = row->event;
    for (auto part = parts.lower_bound({event.event_day, event.account_id, 0});
         part != parts.end() && part->first.day == event.event_day && part->first.account_id == event.account_id;
         ++part)
      if (wanted.emplace(part->first, schema::id_key(event.event_id)).second) {
        day.add_day(event.event_day);
        account.add_text(event.account_id);
        part_no.add_int4(part->first.part_no);
        key.add_int8(schema::id_key(event.event_id));
      }
  }
  std::set<BlockKey> places;
  if (wanted.empty()) return places;
  for (const auto& row : tx.exec(sql::sealed_id_chunks, day.value(), account.value(), part_no.value(), key.value())) {
    const PartKey part = schema::part_key(row);
    for (const auto& id : value_or_throw(schema::decode_ids(schema::bytes_of(row[3]))))
      if (const Part& known = parts.at(part); wanted.contains({part, id.key}) && id.position < known.n) {
        const auto place = known.map.place_of(id.position);
        places.insert({part, place.block, place.extent});
      }
  }
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
  const auto parts = parts_of(tx, rows);
  if (parts.empty()) return forms;
  const auto found = places_of(tx, rows, parts);
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
