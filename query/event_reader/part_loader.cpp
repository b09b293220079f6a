#include "query/event_reader/part_loader.hpp"

#include <algorithm>
#include <backtrail_query_sql.hpp>

#include "schema/block_format/open_records.hpp"
#include "schema/core/time.hpp"

namespace backtrail::query {
namespace {

using schema::PartKey;
using Row = schema::BinaryResult::Row;
using schema::Transaction;

// Rows of one statement: the answer stays below some megabytes.
constexpr std::size_t kPlacesAtATime = 4'000;

// The columns of a part's head, which stand first in every statement here. By place and not by name: a question reads
// hundreds.
enum HeadColumn { kDay, kAccountId, kPartNo, kEventClass, kEvents, kFirstAt, kLastAt, kLayout, kHeadColumns };

SealedPart part_of(const Row& row) {
  SealedPart part;
  part.key = schema::part_key(row);
  part.event_class = static_cast<schema::EventClass>(row.int2(kEventClass));
  part.n = static_cast<std::size_t>(row.int4(kEvents));
  part.first_us = row.time_us(kFirstAt);
  part.last_us = row.time_us(kLastAt);
  return part;
}

PartDigest digest_of(std::string_view bytes) {
  PartDigest digest;
  if (bytes.size() != digest.size()) refuse_damaged("a part has no digest");
  std::copy(bytes.begin(), bytes.end(), digest.begin());
  return digest;
}

SealedPart part_with_layout(const Row& row) {
  SealedPart part = part_of(row);
  part.layout = row.bytes(kLayout);
  return part;
}

// A row of a statement that gives lists.
void add_list(const Row& row, std::map<PartKey, SealedPart>& parts) {
  auto key = schema::part_key(row);
  auto part = parts.find(key);
  if (part == parts.end()) {
    part = parts.emplace(std::move(key), part_with_layout(row)).first;
    part->second.digest = digest_of(row.bytes(kHeadColumns + 2));
  }
  part->second.lists[row.int8(kHeadColumns)] = row.bytes(kHeadColumns + 1);
}

std::optional<std::string> literal_of(const Accounts& accounts) {
  return accounts ? std::optional(schema::array_literal(*accounts)) : std::nullopt;
}

std::string hashes_literal(const std::vector<std::int64_t>& hashes) {
  std::vector<std::string> texts;
  texts.reserve(hashes.size());
  for (const std::int64_t hash : hashes) texts.push_back(std::to_string(hash));
  return schema::array_literal(texts);
}

// The next items of a list, so many at a time.
template <class T, class F>
void in_pieces(const std::vector<T>& items, std::size_t size, F&& f) {
  for (std::size_t at = 0; at < items.size(); at += size)
    f(items.begin() + static_cast<std::ptrdiff_t>(at),
      items.begin() + static_cast<std::ptrdiff_t>(std::min(items.size(), at + size)));
}

}  // namespace

void refuse_damaged(const std::string& what) {
  throw schema::ErrorException(
      schema::fail(schema::Code::kDatabase, "a sealed part is damaged, see 'backtrail verify': " + what));
}

StoredEvent stored_event(const schema::PartKey& part, const schema::BlockColumns& block, std::size_t index) {
  StoredEvent event;
  event.position = {block.event_time_us[index], block.event_id[index], block.content_fp[index]};
  event.account_id = part.account_id;
  event.received_us = block.received_us[index];
  event.flags = block.flags[index];
  event.event_class = block.event_class;
  event.outcome = block.outcome[index];
  if (block.read_only[index] >= 0) event.read_only = block.read_only[index] == 1;
  event.region = block.region.of(index);
  event.service = block.service.of(index);
  event.api = block.api.of(index);
  event.error_code = block.error_code.of(index);
  return event;
}

std::vector<std::string> records_of(const OpenBlock& block, const std::vector<std::uint32_t>& wanted) {
  return sound(schema::read_records(block.records, block.columns.event_id, wanted));
}

// The form of raw_codec.hpp that is the bytes themselves.
std::string as_stored(std::string record) {
  record.insert(record.begin(), '\0');
  return record;
}

std::vector<SealedPlace> sealed_places(Transaction& tx, const std::vector<std::int64_t>& hashes, std::int32_t from_day,
                                       std::int32_t to_day) {
  std::vector<SealedPlace> places;
  if (hashes.empty()) return places;
  for (const auto row : tx.exec_binary(sql::event_entity_accounts, hashes_literal(hashes), schema::format_day(from_day),
                                       schema::format_day(to_day)))
    places.push_back({row.date(1), std::string(row.bytes(2)), row.int8(0)});
  std::sort(places.begin(), places.end());
  places.erase(std::unique(places.begin(), places.end()), places.end());
  return places;
}

std::vector<SealedPart> sealed_parts(Transaction& tx, std::int32_t from_day, std::int32_t to_day,
                                     const Accounts& accounts) {
  std::vector<SealedPart> parts;
  for (const auto row : tx.exec_binary(sql::event_part_heads, schema::format_day(from_day), schema::format_day(to_day),
                                       literal_of(accounts))) {
    parts.push_back(part_with_layout(row));
    parts.back().digest = digest_of(row.bytes(kHeadColumns));
  }
  return parts;
}

std::map<PartKey, SealedPart> sealed_lists(Transaction& tx, const std::vector<SealedPlace>& places) {
  std::map<PartKey, SealedPart> parts;
  in_pieces(places, kPlacesAtATime, [&](auto begin, auto end) {
    std::vector<std::string> days, accounts, hashes;
    for (auto place = begin; place != end; ++place) {
      days.push_back(schema::format_day(place->day));
      accounts.push_back(place->account_id);
      hashes.push_back(std::to_string(place->hash));
    }
    for (const auto row : tx.exec_binary(sql::event_part_lists, schema::array_literal(days),
                                         schema::array_literal(accounts), schema::array_literal(hashes))) {
      add_list(row, parts);
    }
  });
  return parts;
}

std::map<PartKey, SealedPart> sealed_entity_lists(Transaction& tx, const std::vector<std::int64_t>& hashes,
                                                  std::int32_t from_day, std::int32_t to_day,
                                                  const Accounts& accounts) {
  std::map<PartKey, SealedPart> parts;
  for (const auto row : tx.exec_binary(sql::event_entity_lists, hashes_literal(hashes), schema::format_day(from_day),
                                       schema::format_day(to_day), literal_of(accounts)))
    add_list(row, parts);
  return parts;
}

std::vector<SealedPart> counted_parts(Transaction& tx, std::int32_t from_day, std::int32_t to_day,
                                      const Accounts& accounts) {
  const auto rows = tx.exec_binary(sql::event_part_digests, schema::format_day(from_day), schema::format_day(to_day),
                                   literal_of(accounts));
  std::vector<SealedPart> parts;
  parts.reserve(rows.size());
  for (const auto row : rows) {
    parts.push_back(part_of(row));
    parts.back().digest = digest_of(row.bytes(kLayout));
  }
  return parts;
}

std::vector<std::shared_ptr<const OpenFigures>> figures_of(Transaction& tx, std::span<const SealedPart> parts) {
  std::vector<std::shared_ptr<const OpenFigures>> figures(parts.size());
  std::vector<std::size_t> missing;
  for (std::size_t i = 0; i < parts.size(); ++i)
    if (figures[i] = figure_cache().find({parts[i].digest}); figures[i] == nullptr) missing.push_back(i);
  in_pieces(missing, kPlacesAtATime, [&](auto begin, auto end) {
    std::vector<std::string> days, accounts, numbers, places;
    for (auto i = begin; i != end; ++i) {
      days.push_back(schema::format_day(parts[*i].key.day));
      accounts.push_back(parts[*i].key.account_id);
      numbers.push_back(std::to_string(parts[*i].key.part_no));
      places.push_back(std::to_string(*i));
    }
    for (const auto row :
         tx.exec_binary(sql::event_part_figures, schema::array_literal(days), schema::array_literal(accounts),
                        schema::array_literal(numbers), schema::array_literal(places))) {
      const auto place = static_cast<std::size_t>(row.int4(0));
      auto opened = std::make_shared<OpenFigures>();
      opened->bytes = row.bytes(1);
      if (const auto ok = schema::read_rollup(opened->bytes, opened->view); !ok) refuse_damaged(ok.error().detail);
      figure_cache().put({parts[place].digest}, opened, bytes_of(*opened));
      figures[place] = std::move(opened);
    }
  });
  if (std::find(figures.begin(), figures.end(), nullptr) != figures.end()) refuse_damaged("a part lacks its figures");
  return figures;
}

OpenBlocks open_blocks(Transaction& tx, const std::set<WantedBlock>& wanted) {
  OpenBlocks blocks;
  std::vector<schema::BlockKey> missing;
  for (const auto& [key, digest] : wanted)
    if (auto known = block_cache().find({digest, key.block}))
      blocks.emplace(key, std::move(known));
    else
      missing.push_back(key);
  if (missing.empty()) return blocks;
  for (auto& [key, stored] : sound(schema::read_blocks(tx, missing, true))) {
    auto opened = std::make_shared<OpenBlock>();
    opened->columns = std::move(stored.columns);
    opened->records = sound(schema::open_records(stored.raw));
    block_cache().put({wanted.find({key})->digest, key.block}, opened, bytes_of(*opened));
    blocks.emplace(key, std::move(opened));
  }
  return blocks;
}

schema::BlockMap blocks_of(const SealedPart& part) {
  return sound(schema::BlockMap::of(part.layout, part.n));
}

std::vector<SealedId> sealed_ids(Transaction& tx, std::int32_t from_day, std::int32_t to_day, const Accounts& accounts,
                                 const schema::Uuid& event_id) {
  const std::uint32_t key = schema::id_key(event_id);
  const std::string bytes = "\\x" + schema::hex(event_id.bytes.data(), schema::kIdKeyBytes);
  std::vector<SealedId> ids;
  for (const auto row : tx.exec_binary(sql::event_sealed_ids, schema::format_day(from_day), schema::format_day(to_day),
                                       literal_of(accounts), std::to_string(key), bytes)) {
    const auto part = part_with_layout(row);
    for (const auto& place : sound(schema::decode_ids(row.bytes(kHeadColumns))))
      if (place.key == key) ids.push_back({part, place.position});
  }
  return ids;
}

}  // namespace backtrail::query
