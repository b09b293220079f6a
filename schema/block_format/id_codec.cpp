#include "schema/block_format/id_codec.hpp"

#include <algorithm>

#include "schema/block_format/posting_codec.hpp"

namespace backtrail::schema {
namespace {

constexpr std::size_t kKeyBytes = kIdKeyBytes, kPositionBytes = 2;
static_assert(kPartEventsMax <= 1U << (8 * kPositionBytes));

void put(std::uint32_t value, std::size_t bytes, std::string& out) {
  for (std::size_t i = bytes; i-- > 0;) out += static_cast<char>(value >> (8 * i));
}

std::uint32_t get(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

IdChunk chunk_of(std::span<const IdPlace> places) {
  IdChunk chunk{places.front().key, places.back().key, {}};
  for (const auto& place : places) put(place.key, kKeyBytes, chunk.bytes);
  for (const auto& place : places) put(place.position, kPositionBytes, chunk.bytes);
  return chunk;
}

}  // namespace

std::uint32_t id_key(const Uuid& event_id) {
  std::uint32_t key = 0;
  for (std::size_t i = 0; i < kIdKeyBytes; ++i) key = key << 8 | event_id.bytes[i];
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
  const auto damaged = [] { return fail(Code::kBadRecord, "a list of event ids is damaged"); };
  if (bytes.size() % (kKeyBytes + kPositionBytes) != 0) return damaged();
  std::vector<IdPlace> places(bytes.size() / (kKeyBytes + kPositionBytes));
  const auto positions = bytes.substr(places.size() * kKeyBytes);
  for (std::size_t i = 0; i < places.size(); ++i) {
    places[i] = {get(bytes.substr(i * kKeyBytes, kKeyBytes)),
                 get(positions.substr(i * kPositionBytes, kPositionBytes))};
    if (places[i].position >= kPartEventsMax || (i > 0 && places[i].key < places[i - 1].key)) return damaged();
  }
  return places;
}

}  // namespace backtrail::schema
