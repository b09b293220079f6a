#include "schema/block_format/block_codec.hpp"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "schema/block_format/bytes.hpp"
#include "schema/block_format/open_records.hpp"
#include "schema/block_format/packed.hpp"
#include "schema/block_format/uuid_text.hpp"
#include "schema/core/time.hpp"

namespace backtrail::schema {
namespace {

constexpr std::uint8_t kFormat = kPartFormat;

// ---- columns ----

template <class Member>
void put_times(std::span<const SealedEvent> events, Member member, ByteWriter& out) {
  const bool seconds =
      std::all_of(events.begin(), events.end(), [&](const auto& e) { return e.*member % kMicrosPerSecond == 0; });
  const std::int64_t unit = seconds ? kMicrosPerSecond : 1;
  out.byte(seconds ? 1 : 0);
  std::int64_t before = 0;
  for (const auto& event : events) {
    const std::int64_t now = event.*member / unit;
    out.signed_number(wrapping_difference(now, before));
    before = now;
  }
}

std::vector<std::int64_t> get_times(ByteReader& in, std::size_t n) {
  const bool seconds = in.number_to(1) == 1;
  const std::int64_t unit = seconds ? kMicrosPerSecond : 1;
  std::vector<std::int64_t> times(n);
  std::int64_t now = 0;
  for (auto& time : times) {
    now = wrapping_sum(now, in.signed_number());
    time = static_cast<std::int64_t>(static_cast<std::uint64_t>(now) * static_cast<std::uint64_t>(unit));
  }
  return times;
}

// Each distinct hash once, then for each event which one; 0 is none.
void put_hashes(std::span<const SealedEvent> events, std::size_t column, ByteWriter& out) {
  std::vector<std::int64_t> distinct;
  std::vector<std::size_t> index;
  for (const auto& event : events) {
    const std::int64_t hash = event.by[column];
    if (hash == 0) {
      index.push_back(0);
      continue;
    }
    const auto found = std::find(distinct.rbegin(), distinct.rend(), hash);
    if (found == distinct.rend()) {
      distinct.push_back(hash);
      index.push_back(distinct.size());
    } else {
      index.push_back(static_cast<std::size_t>(distinct.rend() - found));
    }
  }
  out.number(distinct.size());
  for (const std::int64_t hash : distinct) out.fixed64(static_cast<std::uint64_t>(hash));
  if (distinct.empty()) return;
  for (const std::size_t i : index) out.number(i);
}

std::vector<std::int64_t> get_hashes(ByteReader& in, std::size_t n) {
  std::vector<std::int64_t> distinct(1 + in.number_to(n));
  for (std::size_t i = 1; i < distinct.size(); ++i) distinct[i] = static_cast<std::int64_t>(in.fixed64());
  std::vector<std::int64_t> hashes(n);
  if (distinct.size() == 1) return hashes;
  for (auto& hash : hashes) hash = distinct[in.number_to(distinct.size() - 1)];
  return hashes;
}

template <class Member>
void put_texts(std::span<const SealedEvent> events, Member member, ByteWriter& out) {
  std::vector<std::string_view> distinct;
  std::vector<std::size_t> index;
  for (const auto& event : events) {
    const auto found = std::find(distinct.begin(), distinct.end(), event.*member);
    index.push_back(static_cast<std::size_t>(found - distinct.begin()));
    if (found == distinct.end()) distinct.emplace_back(event.*member);
  }
  out.number(distinct.size());
  for (const auto text : distinct) out.text(text);
  for (const std::size_t i : index) out.number(i);
}

TextColumn get_texts(ByteReader& in, std::size_t n) {
  TextColumn column;
  const std::size_t distinct = in.number_to(n);
  for (std::size_t i = 0; i < distinct; ++i) column.values.emplace_back(in.text());
  if (distinct == 0) in.fail();
  column.index.resize(n);
  for (auto& index : column.index) index = static_cast<std::uint32_t>(in.number_to(distinct == 0 ? 0 : distinct - 1));
  return column;
}

std::string encode_columns(std::span<const SealedEvent> events) {
  ByteWriter section;
  put_times(events, &SealedEvent::event_time_us, section);
  put_times(events, &SealedEvent::received_us, section);
  for (std::size_t column = 0; column < kByColumns; ++column) put_hashes(events, column, section);
  for (const auto& event : events) section.signed_number(event.flags);
  for (const auto& event : events) section.byte(static_cast<std::uint8_t>(event.outcome));
  for (const auto& event : events) section.byte(static_cast<std::uint8_t>(event.read_only + 1));
  put_texts(events, &SealedEvent::region, section);
  put_texts(events, &SealedEvent::service, section);
  put_texts(events, &SealedEvent::api, section);
  put_texts(events, &SealedEvent::error_code, section);

  ByteWriter out;
  out.byte(kFormat);
  out.byte(static_cast<std::uint8_t>(events.front().event_class));
  out.number(events.size());
  for (const auto& event : events) out.uuid(event.event_id);
  for (const auto& event : events) out.uuid(event.content_fp);
  append_packed(section.bytes(), PackWith::kNothing, out.bytes());
  return out.take();
}

Error damaged(const char* what) {
  return fail(Code::kBadRecord, std::string("a block's ") + what + " are damaged");
}

// ---- records ----

// Where UUIDs stood in a record. A record that holds one of these bytes itself is stored as it is.
constexpr char kOwnId = 1, kNewUuid = 2, kKnownUuid = 3;
constexpr std::uint8_t kLastMark = 3;

// The place of the first mark, or the end. Text has none: many bytes are looked at together, for one below 4. The
// compiler makes vectors of the inner loop, which has no way out.
std::size_t find_mark(std::string_view text) {
  constexpr std::size_t kTogether = 64;
  for (std::size_t at = 0;;) {
    for (; text.size() - at >= kTogether; at += kTogether) {
      const char* const bytes = text.data() + at;
      unsigned char any = 0;
      for (std::size_t i = 0; i < kTogether; ++i)
        any = static_cast<unsigned char>(any | (static_cast<unsigned char>(bytes[i]) <= kLastMark ? 1U : 0U));
      if (any != 0) break;
    }
    const std::size_t end = std::min(text.size(), at + kTogether);
    for (; at < end; ++at)
      if (const auto byte = static_cast<std::uint8_t>(text[at]); byte >= 1 && byte <= kLastMark) return at;
    if (at == text.size()) return at;
  }
}

struct UuidList {
  std::vector<Uuid> all;
  std::unordered_map<Uuid, std::size_t> index;
};

void put_record(const SealedEvent& event, UuidList& uuids, ByteWriter& lengths, ByteWriter& bodies) {
  const std::string_view raw = event.raw;
  if (find_mark(raw) != raw.size()) {
    lengths.number(raw.size() << 1 | 1);
    bodies.raw(raw);
    return;
  }
  const std::size_t start = bodies.size();
  std::size_t at = 0;
  while (const auto found = find_uuid_text(raw, at)) {
    bodies.raw(raw.substr(at, found->at - at));
    at = found->at + kUuidTextChars;
    if (found->id == event.event_id) {
      bodies.byte(kOwnId);
      continue;
    }
    const auto [known, fresh] = uuids.index.try_emplace(found->id, uuids.all.size());
    if (fresh) {
      uuids.all.push_back(found->id);
      bodies.byte(kNewUuid);
    } else {
      bodies.byte(kKnownUuid);
      bodies.number(known->second);
    }
  }
  bodies.raw(raw.substr(at));
  lengths.number((bodies.size() - start) << 1);
}

std::string encode_records(std::span<const SealedEvent> events) {
  UuidList uuids;
  ByteWriter lengths, bodies, out;
  for (const auto& event : events) put_record(event, uuids, lengths, bodies);
  lengths.raw(bodies.bytes());
  out.byte(kFormat);
  out.number(uuids.all.size());
  for (const auto& id : uuids.all) out.uuid(id);
  append_packed(lengths.bytes(), PackWith::kDictionary, out.bytes());
  return out.take();
}

// Puts the UUIDs back. Nothing when the body is not one that we wrote, or grows beyond `room`.
class RecordReader {
 public:
  explicit RecordReader(std::span<const Uuid> uuids) : uuids_(uuids) {}

  std::optional<std::string> read(std::string_view body, const Uuid& own, std::size_t room) {
    std::string record;
    ByteReader in(body);
    while (in.left() > 0) {
      const auto rest = body.substr(body.size() - in.left());
      const std::size_t plain = find_mark(rest);
      record += in.raw(plain);
      if (plain < rest.size()) {
        const auto* id = marked(in, own);
        if (id == nullptr) return std::nullopt;
        append_uuid_text(*id, record);
      }
      if (record.size() > room) return std::nullopt;
    }
    return record;
  }
  // Past a record that nobody wants: the UUIDs that stand in it first may stand in others again.
  bool skip(std::string_view body) {
    constexpr Uuid kAny{};
    for (body.remove_prefix(find_mark(body)); !body.empty(); body.remove_prefix(find_mark(body))) {
      ByteReader in(body);
      if (marked(in, kAny) == nullptr) return false;
      body = in.rest();
    }
    return true;
  }
  bool used_all() const { return next_ == uuids_.size(); }

 private:
  const Uuid* marked(ByteReader& in, const Uuid& own) {
    switch (in.byte()) {
      case kOwnId:
        return &own;
      case kNewUuid:
        return next_ < uuids_.size() ? &uuids_[next_++] : nullptr;
      default: {
        const std::size_t index = in.number();
        return !in.failed() && index < next_ ? &uuids_[index] : nullptr;
      }
    }
  }
  std::span<const Uuid> uuids_;
  std::size_t next_ = 0;
};

}  // namespace

EncodedBlock encode_block(std::span<const SealedEvent> events) {
  BACKTRAIL_ASSERT(!events.empty() && events.size() <= kBlockEventsMax);
  for (const auto& event : events) BACKTRAIL_ASSERT(event.event_class == events.front().event_class);
  return {events.size(), encode_columns(events), encode_records(events)};
}

std::size_t block_events(std::string_view columns) {
  ByteReader head(columns);
  if (head.byte() != kFormat) return 0;
  (void)head.byte();
  return static_cast<std::size_t>(head.number_to(kBlockEventsMax));
}

Result<BlockColumns> decode_columns(std::string_view columns) {
  ByteReader head(columns);
  BlockColumns block;
  if (head.byte() != kFormat) return fail(Code::kBadRecord, "a block's columns have an unknown format");
  block.event_class = static_cast<EventClass>(head.byte());
  const std::size_t n = head.number_to(kBlockEventsMax);
  if (head.failed() || n == 0 || head.left() < n * 2 * sizeof(Uuid)) return damaged("columns");
  block.event_id.resize(n);
  block.content_fp.resize(n);
  for (auto& id : block.event_id) id = head.uuid();
  for (auto& fp : block.content_fp) fp = head.uuid();
  const auto section = unpack(head.rest(), kBlockDecodedBytesMax);
  if (!section) return section.error();
  ByteReader in(*section);
  block.event_time_us = get_times(in, n);
  block.received_us = get_times(in, n);
  for (auto& column : block.by) column = get_hashes(in, n);
  block.flags.resize(n);
  for (auto& flags : block.flags) flags = static_cast<std::int32_t>(in.signed_number());
  block.outcome.resize(n);
  for (auto& outcome : block.outcome) outcome = static_cast<Outcome>(in.byte());
  block.read_only.resize(n);
  for (auto& read_only : block.read_only) read_only = static_cast<std::int8_t>(static_cast<int>(in.number_to(2)) - 1);
  block.region = get_texts(in, n);
  block.service = get_texts(in, n);
  block.api = get_texts(in, n);
  block.error_code = get_texts(in, n);
  if (!in.finished()) return damaged("columns");
  return block;
}

namespace {

// Of large blocks the memory goes back; of others the thread's next block takes it, without asking for pages again.
constexpr std::size_t kRoomKeptBytes = 4U * 1024 * 1024;
class Room {
 public:
  Room() = default;
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;
  ~Room() {
    if (bytes().size() > kRoomKeptBytes) bytes() = {};
  }
  static std::string& bytes() {
    thread_local std::string room;
    return room;
  }
};

// Leaves the reader at what is packed.
Result<std::vector<Uuid>> read_uuids(ByteReader& head) {
  if (head.byte() != kFormat) return fail(Code::kBadRecord, "a block's records have an unknown format");
  const std::size_t known = head.count();
  if (head.left() < known * sizeof(Uuid)) return damaged("records");
  std::vector<Uuid> uuids(known);
  for (auto& id : uuids) id = head.uuid();
  return uuids;
}

std::vector<bool> marked(std::span<const std::uint32_t> wanted, std::size_t n) {
  std::vector<bool> marked(n);
  for (const std::uint32_t place : wanted)
    if (place < n) marked[place] = true;
  return marked;
}

// Empty: all are wanted. What stands behind the last of the wanted ones is not looked at.
Result<std::vector<std::string>> pick_records(std::string_view section, std::span<const Uuid> uuids,
                                              std::span<const Uuid> event_ids, const std::vector<bool>& wanted) {
  ByteReader in(section);
  std::vector<std::uint64_t> lengths(event_ids.size());
  for (auto& length : lengths) length = in.number();
  RecordReader reader(uuids);
  std::vector<std::string> records(lengths.size());
  std::size_t room = kBlockDecodedBytesMax, end = lengths.size();
  while (!wanted.empty() && end > 0 && !wanted[end - 1]) --end;
  for (std::size_t i = 0; i < end; ++i) {
    const auto body = in.raw(lengths[i] >> 1);
    if (in.failed()) return damaged("records");
    if (!wanted.empty() && !wanted[i]) {
      if ((lengths[i] & 1) == 0 && !reader.skip(body)) return damaged("records");
      continue;
    }
    auto record = (lengths[i] & 1) != 0 ? std::optional(std::string(body)) : reader.read(body, event_ids[i], room);
    if (!record || record->size() > room) return damaged("records");
    room -= record->size();
    records[i] = std::move(*record);
  }
  if (wanted.empty() && (!in.finished() || !reader.used_all())) return damaged("records");
  return records;
}

Result<std::vector<std::string>> unpack_records(std::string_view raw, std::span<const Uuid> event_ids,
                                                const std::vector<bool>& wanted) {
  ByteReader head(raw);
  const auto uuids = read_uuids(head);
  if (!uuids) return uuids.error();
  const Room unpacked;
  const auto section = unpack(head.rest(), kBlockDecodedBytesMax, Room::bytes());
  if (!section) return section.error();
  return pick_records(*section, *uuids, event_ids, wanted);
}

}  // namespace

Result<std::vector<std::string>> decode_records(std::string_view raw, std::span<const Uuid> event_ids) {
  return unpack_records(raw, event_ids, {});
}

Result<std::vector<std::string>> decode_records(std::string_view raw, std::span<const Uuid> event_ids,
                                                std::span<const std::uint32_t> wanted) {
  return unpack_records(raw, event_ids, marked(wanted, event_ids.size()));
}

Result<OpenRecords> open_records(std::string_view raw) {
  ByteReader head(raw);
  auto uuids = read_uuids(head);
  if (!uuids) return uuids.error();
  auto section = unpack(head.rest(), kBlockDecodedBytesMax);
  if (!section) return section.error();
  return OpenRecords{std::move(*uuids), std::move(*section)};
}

Result<std::vector<std::string>> read_records(const OpenRecords& records, std::span<const Uuid> event_ids,
                                              std::span<const std::uint32_t> wanted) {
  return pick_records(records.bytes, records.uuids, event_ids, marked(wanted, event_ids.size()));
}

Result<std::vector<SealedEvent>> decode_block(std::string_view columns, std::string_view raw) {
  const auto block = decode_columns(columns);
  if (!block) return block.error();
  auto records = decode_records(raw, block->event_id);
  if (!records) return records.error();
  std::vector<SealedEvent> events(block->size());
  for (std::size_t i = 0; i < events.size(); ++i) {
    SealedEvent& event = events[i];
    event.event_time_us = block->event_time_us[i];
    event.received_us = block->received_us[i];
    for (std::size_t column = 0; column < kByColumns; ++column) event.by[column] = block->by[column][i];
    event.flags = block->flags[i];
    event.event_id = block->event_id[i];
    event.content_fp = block->content_fp[i];
    event.event_class = block->event_class;
    event.outcome = block->outcome[i];
    event.read_only = block->read_only[i];
    event.region = block->region.of(i);
    event.service = block->service.of(i);
    event.api = block->api.of(i);
    event.error_code = block->error_code.of(i);
    event.raw = std::move((*records)[i]);
  }
  return events;
}

}  // namespace backtrail::schema
