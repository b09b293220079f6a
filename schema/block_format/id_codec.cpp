#include "schema/block_format/id_codec.hpp"

#include <algorithm>

#include "schema/block_format/bytes.hpp"
#include "schema/block_format/posting_codec.hpp"

namespace backtrail::schema {
namespace {

constexpr std::uint8_t kFormat = 1;

IdChunk chunk_of(std::span<const IdPlace> places) {
  ByteWriter out;
  out.byte(kFormat);
  out.number(places.size());
  std::uint32_t before = 0;
  for (const auto& place : places) {
    out.number(place.key - before);
    before = place.key;
  }
  for (const auto& place : places) out.number(place.position);
  return {places.front().key, places.back().key, out.take()};
}

}  // namespace

std::uint32_t id_key(const Uuid& event_id) {
  std::uint32_t key = 0;
  for (std::size_t i = 0; i < sizeof key; ++i) key = key << 8 | event_id.bytes[i];
  return key;
}

std::vector<IdChunk> encode_ids(std::span<const Uuid> event_ids) {
  std::vector<IdPlace> places(event_ids.size());
  for (std::size_t i = 0; i < event_ids.size(); ++i) places[i] = {id_key(event_ids[i]), static_cast<std::uint32_t>(i)};
  std::sort(places.begin(), places.end());
  std::vector<IdChunk> chunks;
  std::span<const IdPlace> rest = places;
  while (!rest.empty()) {
    std::size_t n = std::min(kIdChunkIds, rest.size());
    while (n < rest.size() && rest[n].key == rest[n - 1].key) ++n;
    chunks.push_back(chunk_of(rest.first(n)));
    rest = rest.subspan(n);
  }
  return chunks;
}

Result<std::vector<IdPlace>> decode_ids(std::string_view bytes) {
  ByteReader in(bytes);
  const auto damaged = [] { return fail(Code::kBadRecord, "a list of event ids is damaged"); };
  if (in.byte() != kFormat) return fail(Code::kBadRecord, "a list of event ids has an unknown format");
  std::vector<IdPlace> places(in.count());
  std::uint64_t key = 0;
  for (auto& place : places) {
    key += in.number_to(UINT32_MAX);
    if (key > UINT32_MAX) return damaged();
    place.key = static_cast<std::uint32_t>(key);
  }
  for (auto& place : places) place.position = static_cast<std::uint32_t>(in.number_to(kPartEventsMax - 1));
  if (!in.finished()) return damaged();
  return places;
}

}  // namespace backtrail::schema
