// The recogniser: every record is reported once, in order, and no more bytes are reported than a document can hold.
#include "tests/fuzz/fuzz.hpp"
#include "tests/support/recorded_records.hpp"

using namespace backtrail;

BACKTRAIL_FUZZ(input) {
  const std::string text = fuzz::padded(input);
  testing::RecordedRecords sink;
  const ingest::MapContext context{fuzz::kNowUs, &fuzz::kKey};
  ingest::Recogniser(context, sink).run(text);
  std::uint64_t position = 0;
  std::size_t from_input = 0;
  for (const auto& record : sink.records) {
    FUZZ_PROMISE(record.position == position++);
    // Records in strings are un-escaped and records in base64 are decoded: those are not found in the input itself.
    if (text.find(record.raw) != std::string::npos) from_input += record.raw.size();
  }
  FUZZ_PROMISE(from_input <= text.size() * (ingest::kEnvelopeDepthMax + 1));
  testing::RecordedRecords again;
  ingest::Recogniser(context, again).run(text);
  FUZZ_PROMISE(sink.texts() == again.texts());
}
