// A RecordSink that remembers what the recogniser found, with the bytes: for tests of shapes.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "ingest/decode/decode.hpp"
#include "ingest/recognise.hpp"

namespace backtrail::testing {

struct RecordedRecord {
  std::string kind;    // "event", "finding", "notice" or "quarantined"
  std::string what;    // service and API; shape and type; kind and detail type; or the reason
  std::string detail;  // event id, provider id, the notice's subject, or the quarantine's detail
  std::string raw;
  std::uint64_t position = 0;
};

class RecordedRecords final : public ingest::RecordSink {
 public:
  void on_event(const schema::ApiEvent& event, std::uint64_t position) override {
    records.push_back({"event", event.service + " " + event.api, schema::to_string(event.event_id),
                       std::string(event.raw), position});
  }
  void on_finding(schema::Finding finding, std::uint64_t position) override {
    records.push_back({"finding", std::string(schema::name_of(finding.shape)) + " " + finding.type,
                       finding.identity.provider_id, finding.raw, position});
  }
  void on_notice(schema::Notice notice, std::uint64_t position) override {
    records.push_back(
        {"notice", std::string(notice.kind) + " " + notice.detail_type, notice.subject, notice.raw, position});
  }
  void on_quarantined(ingest::QuarantinedRecord record) override {
    records.push_back({"quarantined", std::string(record.reason), record.detail, record.raw, record.position});
  }

  // "event s3.amazonaws.com GetObject", "quarantined truncated", …
  std::vector<std::string> texts() const {
    std::vector<std::string> found;
    for (const auto& record : records) found.push_back(record.kind + " " + record.what);
    return found;
  }

  std::vector<RecordedRecord> records;
};

// What a delivery with these bytes holds. Received at 2026-11-03T12:00:00Z.
inline RecordedRecords recognised(std::string_view bytes, const ingest::DecodeLimits& limits = {}) {
  RecordedRecords sink;
  const schema::HashKey key{};
  const ingest::MapContext context{1'793'707'200 * schema::kMicrosPerSecond, &key};
  ingest::Recogniser recogniser(context, sink);
  recogniser.run(bytes, limits);
  return sink;
}

}  // namespace backtrail::testing
