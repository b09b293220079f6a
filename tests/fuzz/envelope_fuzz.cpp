// Envelopes: a record says the same by itself and in a Firehose request of base64; what stands beside it stays as it
// is. And the readers of frames and object keys by themselves.
#include <algorithm>

#include "ingest/envelope/envelope.hpp"
#include "schema/core/utf8.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/support/recorded_records.hpp"

using namespace backtrail;

namespace {

std::string base64(std::string_view bytes) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t bits = 0;
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - at);
    for (std::size_t i = 0; i < 3; ++i) bits = bits << 8 | (i < count ? static_cast<std::uint8_t>(bytes[at + i]) : 0U);
    for (std::size_t i = 0; i < 4; ++i) out += i <= count ? kAlphabet[bits >> (18 - 6 * i) & 0x3FU] : '=';
  }
  return out;
}

testing::RecordedRecords found_in(std::string_view bytes) {
  testing::RecordedRecords sink;
  const ingest::MapContext context{fuzz::kNowUs, &fuzz::kKey};
  ingest::Recogniser(context, sink).run(fuzz::padded(bytes));
  return sink;
}

void check_frame(std::string_view text, std::string_view key) {
  const auto framed = ingest::frame_of(text, key);
  if (!framed) return;
  FUZZ_PROMISE(framed->begin > 0 && framed->begin <= text.size() && text[framed->begin - 1] == '[');
  FUZZ_PROMISE(framed->frame.size() <= text.size() + 1);
  const auto end = ingest::end_of_list(text, framed->begin);
  // Brackets are only counted so far: that the list ends by its own kind is seen when the frame is parsed.
  FUZZ_PROMISE(end > framed->begin && end <= text.size() && (text[end - 1] == ']' || text[end - 1] == '}'));
  schema::JsonParser parser;
  if (parser.parse(framed->frame)) FUZZ_PROMISE(text[end - 1] == ']');
}

}  // namespace

BACKTRAIL_FUZZ(input) {
  const std::string text = fuzz::padded(input);
  for (const char* key : {"records", "logEvents"}) check_frame(text, key);
  if (const auto id = ingest::firehose_request_id(text)) FUZZ_PROMISE(id->size() <= text.size());
  const auto key = ingest::decode_object_key(input);
  FUZZ_PROMISE(key.size() <= input.size());
  if (schema::is_utf8(input)) FUZZ_PROMISE(schema::is_utf8(key));

  if (ingest::container_of(input) != ingest::Container::kNone) return;
  const auto bare = found_in(input);
  // Two more levels than a text that comes by itself: one that needs them all is another thing inside.
  const auto deep = [](const testing::RecordedRecord& record) {
    return record.kind == "quarantined" && record.what == "too_large";
  };
  const std::string good = R"({"version":"0"})";
  const auto wrapped = found_in(R"({"requestId":"r","timestamp":1,"records":[{"data":")" + base64(input) +
                                R"("},{"data":")" + base64(good) + R"("}]})");
  if (std::any_of(wrapped.records.begin(), wrapped.records.end(), deep)) return;
  auto expected = bare.texts();
  const auto neighbour = found_in(good).texts();
  expected.insert(expected.end(), neighbour.begin(), neighbour.end());
  FUZZ_PROMISE(wrapped.texts() == expected);
}
