// The recogniser: finds the records in a document by their shape, never by the door they came through.
//
// Envelopes (EventBridge, SNS, Firehose, CloudWatch Logs, log files, API answers, strings that hold JSON) are opened
// recursively; leaves are mapped.
// Each shape is one entry of a table in recognise.cpp with its predicate and its way inwards, so that a new wire form
// is a file and a line. Whatever is neither goes to quarantine with its bytes: every record is reported to the sink
// exactly once.
#pragma once
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "ingest/decode/decode.hpp"
#include "ingest/envelope/envelope.hpp"
#include "ingest/map/map_context.hpp"
#include "ingest/parse/json_split.hpp"
#include "ingest/provenance.hpp"
#include "ingest/quarantine/quarantine.hpp"
#include "schema/core/json_tree.hpp"
#include "schema/model/api_event.hpp"
#include "schema/model/finding.hpp"
#include "schema/model/notice.hpp"

namespace backtrail::ingest {

// One record as sent, at most: above every maximum of AWS (CloudTrail 256 KB, ASFF 240 KB, Firehose 1,024,000 bytes).
inline constexpr std::size_t kRecordMaxBytes = 1024 * 1024;
inline constexpr int kEnvelopeDepthMax = 8;

class RecordSink {
 public:
  virtual ~RecordSink() = default;
  // `event` and its raw bytes live during the call only.
  virtual void on_event(const schema::ApiEvent& event, std::uint64_t position) = 0;
  virtual void on_finding(schema::Finding finding, std::uint64_t position) = 0;
  virtual void on_notice(schema::Notice notice, std::uint64_t position) = 0;
  virtual void on_quarantined(QuarantinedRecord record) = 0;
  // What follows is restored from an archive; null: it is not.
  virtual void on_provenance(const std::shared_ptr<const Provenance>& /*provenance*/) {}
};

// Text that is no JSON from its first character on is one record, not one a line.
bool looks_like_json(std::string_view text);

class Recogniser {
 public:
  // Neither is owned; both must outlive the recogniser. Not thread-safe: one per thread. `trusts_archives`: lines of an
  // archive restore their rows (envelope/archive_line.cpp).
  Recogniser(const MapContext& context, RecordSink& sink, bool trusts_archives = false)
      : context_(context), sink_(sink), trusts_archives_(trusts_archives) {}

  // All documents of a delivery, then what could not be decoded of it.
  void run(std::string_view bytes, const DecodeLimits& limits);
  void run(const Decoded& decoded);
  // `document` must be followed by schema::kJsonPaddingBytes readable bytes.
  void run(std::string_view document);

  // For shapes, to go inwards. `text` obeys the same padding rule. Gives where the stream ended.
  std::size_t expand_stream(ValueStream stream, int depth);
  // The elements of every array that holds records. False when the object has none.
  bool expand_record_arrays(std::string_view object, int depth);
  void expand(const Piece& piece, int depth);
  // False when the object is no shape we know; then nothing was reported.
  bool expand_object(std::string_view text, int depth);
  // JSON that stood in a string: one object.
  bool expand_string(std::string_view text, int depth);
  // Text that stood in a string: any documents, or no JSON at all.
  void expand_text(std::string_view text, int depth);
  // What an envelope carried as bytes: containers are undone within the limits of envelopes.
  void expand_bytes(std::string_view bytes, int depth);
  // One tree per depth: it lives until the next parse() at that depth.
  schema::Result<const schema::JsonNode*> parse(std::string_view text, int depth) { return parser(depth).parse(text); }
  // A record of ours, reported. False when it is none.
  bool map_leaf(const schema::JsonNode& node, std::string_view text);
  // What an envelope itself says, or why it, or a part of it, cannot be stored. Each is one record.
  void report(schema::Notice notice);
  void quarantine(const schema::Error& error, std::string_view raw, RecordKind kind = RecordKind::kUnknown);
  const MapContext& context() const { return context_; }
  RecordSink& sink() { return sink_; }
  bool trusts_archives() const { return trusts_archives_; }

 private:
  void expand_document(std::string_view document, int depth);
  void expand_container(const Piece& piece, const schema::Error& why, int depth);
  bool open_shape(const schema::JsonNode& node, std::string_view text, int depth);
  schema::JsonParser& parser(int depth);

  const MapContext& context_;
  RecordSink& sink_;
  const bool trusts_archives_;
  std::deque<schema::JsonParser> parsers_;  // one per depth: a tree lives until its parser's next parse
  std::size_t inflate_budget_ = kDeliveryInflateBytesMax;
  std::uint64_t position_ = 0;
};

}  // namespace backtrail::ingest
