#include "ingest/recognise.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "ingest/map/asff.hpp"
#include "ingest/map/guardduty.hpp"
#include "ingest/map/ocsf.hpp"
#include "ingest/map/service_event.hpp"
#include "ingest/map/service_findings.hpp"
#include "schema/record/cloudtrail_record.hpp"
#include "schema/record/ocsf_activity.hpp"

namespace backtrail::ingest {
namespace {

using schema::Code;
using schema::fail;
using schema::JsonNode;

// Members that hold records: CloudTrail log files, GetFindings and ASFF in every wrapping, LookupEvents.
const std::vector<std::string_view> kRecordArrays{"Records", "Findings", "findings", "Events"};

std::string_view member_text(std::string_view object, std::string_view key) {
  for (const Member& member : members_of(object))
    if (member.key == key) return member.value;
  return {};
}

// An envelope: how it is known, and how to go inwards. False from open: what is inside is nothing we know.
struct Envelope {
  bool (*matches)(const JsonNode&);
  bool (*open)(Recogniser&, std::string_view text, const JsonNode&, int depth);
};

// Some senders write null for a list without elements.
bool has_record_array(const JsonNode& node) {
  for (const auto key : kRecordArrays)
    if (const JsonNode* member = node.find(key); member != nullptr && (member->is_array() || member->is_null()))
      return true;
  return false;
}

bool open_record_array(Recogniser& recogniser, std::string_view text, const JsonNode&, int depth) {
  recogniser.expand_record_arrays(text, depth);
  return true;
}

template <const std::string_view& kKey>
bool has_object(const JsonNode& node) {
  const JsonNode* member = node.find(kKey);
  return member != nullptr && member->is_object();
}
template <const std::string_view& kKey>
bool open_object(Recogniser& recogniser, std::string_view text, const JsonNode&, int depth) {
  const auto inner = member_text(text, kKey);
  return !inner.empty() && recogniser.expand_object(inner, depth);
}

constexpr std::string_view kDetail = "detail", kData = "data", kAws = "aws", kCloudTrail = "cloudtrail";

// The detail of an operational event is looked at as a record only, never as an envelope: a list in it that happens to
// have the name of a list of records must not swallow the event.
bool open_eventbridge(Recogniser& recogniser, std::string_view text, const JsonNode& node, int depth) {
  if (!is_service_event(node)) return open_object<kDetail>(recogniser, text, node, depth);
  // A name written with escapes is found in the tree but not in the text: then the whole event is kept.
  const auto detail = member_text(text, kDetail);
  if (!detail.empty() && recogniser.map_leaf(*node.find(kDetail), detail)) return true;
  auto notice = map_service_event(node, text, recogniser.context());
  if (notice)
    recogniser.report(std::move(*notice));
  else
    recogniser.quarantine(notice.error(), text, RecordKind::kNotice);
  return true;
}
// Recorded API answers: {"status_code": 200, "data": {…}}.
bool is_recorded_answer(const JsonNode& node) {
  return node.find("status_code") != nullptr && has_object<kData>(node);
}
bool is_lookup_event(const JsonNode& node) {
  return !node.string_at("CloudTrailEvent").empty();
}
bool open_lookup_event(Recogniser& recogniser, std::string_view, const JsonNode& node, int depth) {
  return recogniser.expand_string(node.string_at("CloudTrailEvent"), depth);
}

// The first that matches: those that a field of another could look like come later.
constexpr std::array kEnvelopes{
    Envelope{is_eventbridge_event, open_eventbridge},
    Envelope{is_sns_message, open_sns_message},
    Envelope{is_firehose_request, open_firehose_request},
    Envelope{is_cloudwatch_logs, open_cloudwatch_logs},
    Envelope{is_s3_notification, open_s3_notification},
    Envelope{is_s3_test_message, open_s3_test_message},
    Envelope{is_log_delivery, open_log_delivery},
    Envelope{has_record_array, open_record_array},
    Envelope{is_lookup_event, open_lookup_event},
    Envelope{is_recorded_answer, open_object<kData>},
    Envelope{has_object<kAws>, open_object<kAws>},
    Envelope{has_object<kCloudTrail>, open_object<kCloudTrail>},
    Envelope{is_eventbridge_wrapper, open_eventbridge_wrapper},
};

bool is_json_atom(std::string_view text) {
  if (text.empty() || text == "null" || text == "true" || text == "false") return true;
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return end == text.data() + text.size() && (text.back() >= '0' && text.back() <= '9');
}

}  // namespace

bool looks_like_json(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const auto first = text.find_first_not_of(" \t\r\n\x1e");
  if (first == std::string_view::npos) return true;  // nothing in it
  text.remove_prefix(first);
  constexpr std::string_view kStarts = "{[-0123456789";
  return kStarts.find(text.front()) != std::string_view::npos || text.starts_with("null") || text.starts_with("true") ||
         text.starts_with("false");
}

schema::JsonParser& Recogniser::parser(int depth) {
  while (parsers_.size() <= static_cast<std::size_t>(depth)) parsers_.emplace_back();
  return parsers_[static_cast<std::size_t>(depth)];
}

void Recogniser::quarantine(const schema::Error& error, std::string_view raw, RecordKind kind) {
  sink_.on_quarantined(quarantined(error, raw, position_++, kind));
}

void Recogniser::report(schema::Notice notice) {
  sink_.on_notice(std::move(notice), position_++);
}

void Recogniser::run(std::string_view bytes, const DecodeLimits& limits) {
  const auto failures = decode_each(bytes, limits, [this](const Document& document) { run(document.text); });
  for (const auto& failure : failures) quarantine(failure.error, failure.raw);
}

void Recogniser::run(const Decoded& decoded) {
  for (const auto& document : decoded.documents) run(document.text);
  for (const auto& failure : decoded.failures) quarantine(failure.error, failure.raw);
}

void Recogniser::run(std::string_view document) {
  expand_document(document, 0);
}

void Recogniser::expand_document(std::string_view document, int depth) {
  if (looks_like_json(document))
    expand_stream(ValueStream(document), depth);
  else
    quarantine(fail(Code::kBadJson, "syntax: not JSON"), document);
}

void Recogniser::expand_text(std::string_view text, int depth) {
  std::string padded(text);
  pad(padded);
  expand_document(padded, depth);
}

void Recogniser::expand_bytes(std::string_view bytes, int depth) {
  if (container_of(bytes) == Container::kNone) return expand_text(bytes, depth);
  DecodeLimits limits;
  limits.output_bytes_max = std::min(kEnvelopeInflateBytesMax, inflate_budget_);
  const auto failures = decode_each(bytes, limits, [&](const Document& document) {
    inflate_budget_ -= std::min(inflate_budget_, document.text.size());
    expand_document(document.text, depth);
  });
  for (const auto& failure : failures) {
    // A bomb was unpacked too, up to the limit: thousands of them in one delivery would cost hours.
    if (failure.is_bomb()) inflate_budget_ -= std::min(inflate_budget_, output_limit(bytes.size(), limits));
    quarantine(failure.error, failure.raw);
  }
}

std::size_t Recogniser::expand_stream(ValueStream stream, int depth) {
  for (Piece piece; stream.next(piece);) expand(piece, depth);
  return stream.position();
}

bool Recogniser::expand_record_arrays(std::string_view object, int depth) {
  bool found = false;
  // All of them: a second one, of whatever name, must not vanish behind the first.
  for (std::size_t array = 0; (array = find_array_member(object, kRecordArrays, array)) != std::string_view::npos;
       found = true)
    array += expand_stream(ValueStream(object.substr(array), true), depth);
  return found;
}

void Recogniser::expand(const Piece& piece, int depth) {
  if (depth > kEnvelopeDepthMax)
    return quarantine(fail(Code::kTooLarge, "envelopes are nested too deeply"), piece.text);
  switch (piece.kind) {
    case Piece::Kind::kGarbage:
      // `null` or `5` in place of a record is an empty delivery, not a lost one.
      if (!is_json_atom(piece.text))
        quarantine(fail(Code::kBadJson, "syntax: text that is no JSON object"), piece.text);
      return;
    case Piece::Kind::kTruncated:
      return expand_container(piece, fail(Code::kBadJson, "truncated: the text ends inside a value"), depth);
    case Piece::Kind::kValue:
      break;
  }
  if (piece.text.front() == '[') {
    expand_stream(ValueStream(piece.text.substr(1), true), depth + 1);
    return;
  }
  if (is_archive_line(piece.text)) return open_archive_line(*this, piece.text, depth);
  // Most files are this. No leaf and no other envelope looks like it, so that parsing the whole would tell nothing
  // more.
  if (is_list_of(piece, kRecordArrays)) {
    expand_record_arrays(piece.text, depth + 1);
    return;
  }
  if (piece.text.size() > kRecordMaxBytes)
    return expand_container(piece, fail(Code::kTooLarge, "record of more than 1 MiB"), depth);
  const auto node = parser(depth).parse(piece.text);
  if (!node) return expand_container(piece, node.error(), depth);
  if (open_shape(**node, piece.text, depth)) return;
  if ((*node)->find("Records") != nullptr)
    quarantine(fail(Code::kBadRecord, "schema: Records is no array"), piece.text);
  else
    quarantine(
        fail(Code::kBadRecord, ocsf_class(**node) ? "unknown_shape: OCSF of a class or product that is not stored"
                                                  : "unknown_shape: neither a finding nor a CloudTrail record"),
        piece.text);
}

// Text that cannot be parsed as a whole may still be a container of good records.
void Recogniser::expand_container(const Piece& piece, const schema::Error& why, int depth) {
  if (piece.text.front() == '[') {
    expand_stream(ValueStream(piece.text.substr(1), true), depth + 1);
    return;
  }
  if (open_large_envelope(*this, piece.text, depth)) return;
  if (expand_record_arrays(piece.text, depth + 1)) return;
  // A line that lost its end swallows the lines behind it. Each that begins a value is looked at by itself: none of
  // them holds another, so that this neither nests nor reads anything twice.
  std::size_t end = piece.text.find("\n{");
  quarantine(why, piece.text.substr(0, end));
  while (end != std::string_view::npos) {
    const std::size_t start = end + 1;
    end = piece.text.find("\n{", start);
    expand_stream(ValueStream(piece.text.substr(start, end - start)), depth);
  }
}

// A record of ours. Asked before any envelope, so that no member of a record can make it look like one.
bool Recogniser::map_leaf(const JsonNode& node, std::string_view text) {
  const auto finding = [&](schema::Result<schema::Finding> mapped) {
    if (!mapped) return quarantine(mapped.error(), text, RecordKind::kFinding);
    sink_.on_finding(std::move(*mapped), position_++);
  };
  if (schema::looks_like_cloudtrail(node) || schema::looks_like_ocsf_activity(node)) {
    const auto event = schema::read_cloudtrail_record(node, text, {context_.received_us, context_.hash_key});
    if (event)
      sink_.on_event(*event, position_++);
    else
      quarantine(event.error(), text, RecordKind::kEvent);
  } else if (looks_like_guardduty(node)) {
    finding(map_guardduty(node, text, context_));
  } else if (looks_like_asff(node)) {
    finding(map_asff(node, text, context_));
  } else if (looks_like_ocsf_finding(node)) {
    finding(map_ocsf_finding(node, text, context_));
  } else if (looks_like_inspector(node)) {
    finding(map_inspector(node, text, context_));
  } else if (looks_like_macie(node)) {
    finding(map_macie(node, text, context_));
  } else if (looks_like_access_analyzer(node)) {
    finding(map_access_analyzer(node, text, context_));
  } else {
    return false;
  }
  return true;
}

bool Recogniser::open_shape(const JsonNode& node, std::string_view text, int depth) {
  if (map_leaf(node, text)) return true;
  for (const Envelope& envelope : kEnvelopes)
    if (envelope.matches(node)) return envelope.open(*this, text, node, depth + 1);
  return false;
}

bool Recogniser::expand_object(std::string_view text, int depth) {
  if (depth > kEnvelopeDepthMax) return false;
  const auto node = parser(depth).parse(text);
  return node && open_shape(**node, text, depth);
}

bool Recogniser::expand_string(std::string_view text, int depth) {
  std::string padded(text);
  pad(padded);
  return expand_object(padded, depth);
}

}  // namespace backtrail::ingest
