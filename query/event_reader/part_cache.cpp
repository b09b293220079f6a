#include "query/event_reader/part_cache.hpp"

namespace backtrail::query {

std::size_t bytes_of(const OpenBlock& block) {
  // Times, ids, hashes, and the small ones of an event's columns.
  constexpr std::size_t kEventBytes = 2 * (sizeof(schema::Uuid) + sizeof(std::int64_t)) +
                                      schema::kByColumns * sizeof(std::int64_t) + 6 * sizeof(std::uint32_t);
  std::size_t bytes = sizeof block + block.columns.size() * kEventBytes + block.records.bytes.capacity() +
                      block.records.uuids.size() * sizeof(schema::Uuid);
  for (const auto* texts :
       {&block.columns.region, &block.columns.service, &block.columns.api, &block.columns.error_code})
    for (const auto& text : texts->values) bytes += sizeof text + text.capacity();
  return bytes;
}

std::size_t bytes_of(const OpenFigures& figures) {
  const auto& view = figures.view;
  return sizeof figures + figures.bytes.capacity() + view.room.capacity() +
         view.names.capacity() * sizeof view.names[0] + view.regions.capacity() * sizeof view.regions[0] +
         view.counts.capacity() * sizeof view.counts[0];
}

PieceCache<OpenBlock>& block_cache() {
  static PieceCache<OpenBlock> cache(kBlockCacheBytes);
  return cache;
}

PieceCache<OpenFigures>& figure_cache() {
  static PieceCache<OpenFigures> cache(kFigureCacheBytes);
  return cache;
}

}  // namespace backtrail::query
