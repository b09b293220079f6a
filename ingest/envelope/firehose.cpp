// A request of Amazon Data Firehose: up to 10,000 records in base64, each of them anything.
#include <algorithm>

#include "ingest/decode/base64.hpp"
#include "ingest/envelope/envelope.hpp"
#include "ingest/recognise.hpp"

namespace backtrail::ingest {
namespace {

using schema::Code;
using schema::fail;

constexpr std::string_view kRecords = "records", kData = "data";

// The base64 text of one record. The record is parsed without it: it may be longer than a string of a record may be,
// and has nothing to parse.
schema::Result<std::string> data_of(Recogniser& recogniser, std::string_view record, int depth) {
  const auto members = members_of(record);
  const auto data = std::find_if(members.begin(), members.end(), [](const Member& m) { return m.key == kData; });
  if (data == members.end() || !data->value.starts_with('"'))
    return fail(Code::kBadRecord, "schema: a Firehose record without data");
  std::string frame(record.substr(0, static_cast<std::size_t>(data->value.data() - record.data())));
  frame += "\"\"";
  frame += record.substr(static_cast<std::size_t>(data->value.data() - record.data()) + data->value.size());
  pad(frame);
  const auto node = recogniser.parse(frame, depth);
  if (!node) return node.error();
  std::string text(data->value.substr(1, data->value.size() - 2));
  // Some writers of JSON escape slashes.
  for (std::size_t at = 0; (at = text.find("\\/", at)) != std::string::npos; ++at) text.erase(at, 1);
  return text;
}

void open_record(Recogniser& recogniser, const Piece& piece, int depth) {
  if (piece.kind != Piece::Kind::kValue || !piece.text.starts_with('{'))
    return recogniser.quarantine(fail(Code::kBadRecord, "schema: a Firehose record that is no object"), piece.text);
  const auto text = data_of(recogniser, piece.text, depth);
  if (!text) return recogniser.quarantine(text.error(), piece.text);
  const auto bytes = decode_base64(*text);
  if (!bytes) return recogniser.quarantine(fail(Code::kBadEncoding, "encoding: the data is not base64"), piece.text);
  recogniser.expand_bytes(*bytes, depth);
}

}  // namespace

bool is_firehose_request(const schema::JsonNode& frame) {
  const auto* records = frame.find(kRecords);
  return frame.find("requestId") != nullptr && records != nullptr && records->is_array();
}

std::optional<std::string> firehose_request_id(std::string_view text) {
  const auto framed = frame_of(text, kRecords);
  if (!framed || framed->frame.size() > kRecordMaxBytes) return std::nullopt;
  schema::JsonParser parser;
  const auto frame = parser.parse(framed->frame);
  if (!frame || !is_firehose_request(**frame)) return std::nullopt;
  const auto* id = (*frame)->find("requestId");
  return id->is_string() ? std::optional(std::string(id->text())) : std::nullopt;
}

bool open_firehose_request(Recogniser& recogniser, std::string_view text, const schema::JsonNode&, int depth) {
  const auto framed = frame_of(text, kRecords);
  if (!framed) return false;
  ValueStream records(text.substr(framed->begin), true);
  std::size_t count = 0;
  for (Piece piece; records.next(piece); ++count) {
    if (count == kFirehoseRecordsMax) {
      const std::size_t from = framed->begin + records.start_of_last();
      recogniser.quarantine(fail(Code::kTooLarge, "a Firehose request of more than 10,000 records"),
                            text.substr(from, end_of_list(text, framed->begin) - 1 - from));
      return true;
    }
    open_record(recogniser, piece, depth);
  }
  return true;
}

}  // namespace backtrail::ingest
