// The spool's reader. The input is a script: records and bytes as they lie in a segment, then what happened to them.
// Every record that nothing happened to comes back, nothing else does, and what is neither is named once. The first
// byte chooses a script, a segment as it is, or the payload of a record.
#include <algorithm>
#include <map>

#include "ingest/spool/delivery_codec.hpp"
#include "ingest/spool/segment.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace backtrail;
using namespace backtrail::ingest::spool;

namespace {

constexpr std::size_t kSegmentBytesMax = 256U * 1024;

// Bytes of the script, 0 behind its end.
class Script {
 public:
  explicit Script(std::string_view text) : text_(text) {}
  bool more() const { return !text_.empty(); }
  std::size_t number(std::size_t bytes) {
    std::size_t value = 0;
    for (const char byte : take(bytes)) value = value << 8 | static_cast<unsigned char>(byte);
    return value;
  }
  std::string_view take(std::size_t bytes) {
    const auto taken = text_.substr(0, bytes);
    text_.remove_prefix(taken.size());
    return taken;
  }

 private:
  std::string_view text_;
};

void put(std::string& out, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i));
}
void put_check(std::string& out, std::string_view checked, std::size_t bytes) {
  const schema::Uuid digest = schema::fingerprint128(fuzz::kKey, checked);
  out.append(reinterpret_cast<const char*>(digest.bytes.data()), bytes);
}

// As FORMAT.md has it.
std::string record(std::string_view payload, std::uint64_t sequence, std::size_t at) {
  std::string out = "BTRC";
  put(out, payload.size(), 4);
  put(out, sequence, 8);
  std::string checked = out;
  put(checked, at, 8);
  put_check(out, checked, 8);
  put_check(out, payload, 16);
  out += payload;
  out.resize(record_bytes(payload.size()), '\0');
  return out;
}

struct Written {
  std::size_t payload_bytes = 0;
  bool intact = true;
};

void check_bounds(std::string_view file, const SegmentContents& contents) {
  std::map<std::size_t, std::size_t> taken;  // from, to
  for (const auto& payload : contents.payloads) {
    FUZZ_PROMISE(payload.data() >= file.data() && payload.data() + payload.size() <= file.data() + file.size());
    const auto at = static_cast<std::size_t>(payload.data() - file.data());
    FUZZ_PROMISE(at >= kHeaderAreaBytes + kRecordHeaderBytes);
    FUZZ_PROMISE(taken.emplace(at - kRecordHeaderBytes, at + payload.size()).second);
  }
  for (const auto& span : contents.damaged) {
    FUZZ_PROMISE(span.bytes > 0 && span.offset >= kHeaderAreaBytes && span.offset + span.bytes <= file.size());
    FUZZ_PROMISE(taken.emplace(span.offset, span.offset + span.bytes).second);
  }
  std::size_t at = kHeaderAreaBytes;
  for (const auto& [from, to] : taken) {
    FUZZ_PROMISE(from >= at);
    FUZZ_PROMISE(file.substr(at, from - at).find_first_not_of('\0') == std::string_view::npos || at > kHeaderAreaBytes);
    at = to;
  }
}

void run_script(Script script) {
  std::string file(kHeaderAreaBytes, '\0');
  std::map<std::size_t, Written> written;  // by offset of the record
  while (script.more() && file.size() < kSegmentBytesMax) {
    const auto step = script.number(1);
    const auto size = script.number(step & 0x80U ? 2 : 1) % 4096;
    switch (step & 3U) {
      case 0:
      case 1: {
        const auto payload = script.take(size);
        written[file.size()] = {payload.size(), true};
        file += record(payload, written.size(), file.size());
        break;
      }
      case 2:
        file.append((size + 7) / 8 * 8, '\0');
        break;
      default: {  // something happened to what is written already
        const std::size_t at = kHeaderAreaBytes + script.number(2) % (file.size() - kHeaderAreaBytes + 1);
        const auto bytes = script.take(std::min(size, file.size() - at));
        for (auto& [offset, one] : written) {
          const std::size_t end = offset + kRecordHeaderBytes + one.payload_bytes;
          for (std::size_t i = 0; i < bytes.size(); ++i)
            if (at + i >= offset && at + i < end && file[at + i] != bytes[i]) one.intact = false;
        }
        file.replace(at, bytes.size(), bytes);
      }
    }
  }
  const auto contents = read_segment(file, fuzz::kKey);
  check_bounds(file, contents);
  std::vector<std::size_t> found;
  for (const auto& payload : contents.payloads)
    found.push_back(static_cast<std::size_t>(payload.data() - file.data()) - kRecordHeaderBytes);
  for (const auto& [offset, one] : written)
    if (one.intact) FUZZ_PROMISE(std::find(found.begin(), found.end(), offset) != found.end());
  for (const auto offset : found) FUZZ_PROMISE(written.contains(offset));
}

void read_payload(std::string_view payload) {
  const auto delivery = decode_delivery(payload);
  if (!delivery) {
    FUZZ_PROMISE(delivery.error().code == schema::Code::kBadRecord);
    return;
  }
  FUZZ_PROMISE(payload.ends_with(delivery->body));
  const auto again = decode_delivery(encode_delivery(*delivery));
  FUZZ_PROMISE(again && again->id == delivery->id && again->door == delivery->door && again->body == delivery->body);
  FUZZ_PROMISE(again->scope.is_all() == delivery->scope.is_all());
  FUZZ_PROMISE(again->scope.account_ids() == delivery->scope.account_ids());
}

}  // namespace

BACKTRAIL_FUZZ(input) {
  if (input.empty()) return;
  const auto rest = input.substr(1);
  switch (input.front()) {
    case 'p':
      return read_payload(rest);
    case 'f': {
      std::string file(kHeaderAreaBytes, '\0');
      file += rest;
      check_bounds(file, read_segment(file, fuzz::kKey));
      (void)segment_key(rest);
      (void)segment_number(std::string(rest.substr(0, 32)));
      return check_bounds(rest, read_segment(rest, fuzz::kKey));
    }
    default:
      return run_script(Script(rest));
  }
}
