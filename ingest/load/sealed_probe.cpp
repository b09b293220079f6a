#include "ingest/load/sealed_probe.hpp"

#include <algorithm>
#include <backtrail_ingest_sql.hpp>
#include <set>

#include "ingest/load/binary_array.hpp"
#include "schema/parts/part_store.hpp"
#include "schema/pg/row_as.hpp"

namespace backtrail::ingest {
namespace {

using schema::PartKey;

// Blocks of one statement: 2 MiB of columns or so.
constexpr std::size_t kBlocksAtATime = 500;

struct Part {
  std::size_t n;
  schema::BlockMap map;
};

template <class T>
T value_or_throw(schema::Result<T> result) {
  if (!result) throw schema::ErrorException(result.error());
  return std::move(*result);
}

std::string bytes_of(const pqxx::field& field) {
  const pqxx::binarystring bytes(field);
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

PartKey key_of(const pqxx::row& row) {
  return {schema::day_of(schema::time_from_pg(row[0].c_str())), row[1].c_str(), row[2].as<int>()};
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
    parts.emplace(key_of(row), Part{n, value_or_throw(schema::BlockMap::of(bytes_of(row[4]), n))});
  }
  return parts;
}

struct Place {
  PartKey part;
  std::uint32_t block;
  auto operator<=>(const Place&) const = default;
};

// Where ids with the same first bits stand: the blocks to look into.
std::set<Place> places_of(schema::Transaction& tx, const std::vector<Row*>& rows,
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
  std::set<Place> places;
  if (wanted.empty()) return places;
  for (const auto& row : tx.exec(sql::sealed_id_chunks, day.value(), account.value(), part_no.value(), key.value())) {
    const PartKey part = key_of(row);
    for (const auto& id : value_or_throw(schema::decode_ids(bytes_of(row[3]))))
      if (wanted.contains({part, id.key})) places.insert({part, parts.at(part).map.place_of(id.position).block});
  }
  return places;
}

void read_forms(schema::Transaction& tx, const std::vector<Place>& places, const std::set<EventName>& names,
                SealedForms& forms) {
  BinaryArray day(PgType::kDate), account(PgType::kText), part_no(PgType::kInt4), block_no(PgType::kInt4);
  for (const auto& place : places) {
    day.add_day(place.part.day);
    account.add_text(place.part.account_id);
    part_no.add_int4(place.part.part_no);
    block_no.add_int4(static_cast<std::int32_t>(place.block));
  }
  const auto rows = tx.exec(sql::sealed_columns, day.value(), account.value(), part_no.value(), block_no.value());
  if (static_cast<std::size_t>(rows.size()) != places.size())
    throw schema::ErrorException(schema::fail(schema::Code::kDatabase, "a sealed block is missing"));
  for (const auto& row : rows) {
    const PartKey part = key_of(row);
    const auto columns = value_or_throw(schema::decode_columns(bytes_of(row[4])));
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const EventName name{part.day, part.account_id, columns.event_id[i]};
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
  const std::vector<Place> places(found.begin(), found.end());
  for (std::size_t at = 0; at < places.size(); at += kBlocksAtATime) {
    const auto end = std::min(places.size(), at + kBlocksAtATime);
    read_forms(tx,
               {places.begin() + static_cast<std::ptrdiff_t>(at), places.begin() + static_cast<std::ptrdiff_t>(end)},
               names, forms);
  }
  return forms;
}

}  // namespace backtrail::ingest
