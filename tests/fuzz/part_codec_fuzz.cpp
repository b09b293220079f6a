// The decoders of sealed days: any bytes, no crash, and what decodes and is encoded again decodes to the same. The
// first byte chooses the decoder.
#include "schema/block_format/part_codec.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace backtrail;
using namespace backtrail::schema;

namespace {

constexpr std::int32_t kDay = 20'777;

void read_block(std::string_view input) {
  if (input.size() < 2) return;
  const auto high = static_cast<unsigned char>(input[0]), low = static_cast<unsigned char>(input[1]);
  const std::size_t cut = (std::size_t{high} << 8U | low) % (input.size() - 1);
  const auto columns = input.substr(2).substr(0, cut), raw = input.substr(2).substr(columns.size());
  const auto events = decode_block(columns, raw);
  if (!events) {
    FUZZ_PROMISE(events.error().code == Code::kBadRecord);
    return;
  }
  const auto parts = decode_columns(columns);
  const std::uint32_t last = static_cast<std::uint32_t>(events->size() - 1);
  const auto one = decode_records(raw, parts->event_id, {&last, 1});
  FUZZ_PROMISE(one && one->back() == events->back().raw);
  const auto again = encode_block(*events);
  const auto back = decode_block(again.columns, again.raw);
  FUZZ_PROMISE(back && *back == *events);
}

// A block of one record that is the input.
void seal_record(std::string_view input) {
  SealedEvent event;
  event.raw = input;
  event.api = input.substr(0, 8);
  const auto block = encode_block({&event, 1});
  const auto back = decode_block(block.columns, block.raw);
  FUZZ_PROMISE(back && back->size() == 1 && back->front() == event);
}

}  // namespace

BACKTRAIL_FUZZ(input) {
  if (input.empty()) return;
  const auto rest = input.substr(1);
  switch (input.front() % 6) {
    case 0:
      return read_block(rest);
    case 1:
      return seal_record(rest);
    case 2: {
      PostingTable table;
      const bool sound = decode_postings(rest, kDay, table).has_value();
      for (const auto& list : std::span(table.lists).first(std::min<std::size_t>(table.lists.size(), 3))) {
        const auto counted = count_posting_list(rest, list.hash, true, true);
        const auto postings = decode_posting_list(rest, kDay, list.hash);
        FUZZ_PROMISE(!sound || (counted && postings && *counted == postings->size()));
      }
      if (!sound) return;
      for (const auto& posting : table.postings) FUZZ_PROMISE(day_of(posting.time_us) == kDay);
      FUZZ_PROMISE(table.lists.back().end == table.postings.size());
      return;
    }
    case 3:
      return (void)decode_ids(rest);
    case 4: {
      const auto rollup = decode_rollup(rest);
      if (rollup) FUZZ_PROMISE(decode_rollup(encode_rollup(*rollup)).has_value());
      return;
    }
    default:
      for (const std::size_t n : {rest.size(), std::size_t{1}, std::size_t{300}}) {
        const auto map = BlockMap::of(rest, n);
        if (map && n > 0) FUZZ_PROMISE(map->place_of(static_cast<std::uint32_t>(n - 1)).block < map->extents().size());
      }
      return;
  }
}
