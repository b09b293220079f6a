#include "ingest/envelope/envelope.hpp"

#include <array>

#include "ingest/recognise.hpp"

namespace backtrail::ingest {
namespace {

struct LargeEnvelope {
  std::string_view list;
  bool (*matches)(const schema::JsonNode& frame);
  bool (*open)(Recogniser&, std::string_view text, const schema::JsonNode& frame, int depth);
};
constexpr std::array kLargeEnvelopes{LargeEnvelope{"records", is_firehose_request, open_firehose_request},
                                     LargeEnvelope{"logEvents", is_cloudwatch_logs, open_cloudwatch_logs}};

}  // namespace

std::size_t end_of_list(std::string_view text, std::size_t begin) {
  return end_of_value(text, begin - 1);
}

std::optional<FramedList> frame_of(std::string_view object, std::string_view key) {
  const std::size_t begin = find_array_member(object, {key});
  if (begin == std::string_view::npos) return std::nullopt;
  const std::size_t end = end_of_list(object, begin);
  if (end == std::string_view::npos) return std::nullopt;
  FramedList framed{std::string(object.substr(0, begin)), begin};
  framed.frame += object.substr(end - 1);
  pad(framed.frame);
  return framed;
}

bool open_large_envelope(Recogniser& recogniser, std::string_view text, int depth) {
  for (const LargeEnvelope& envelope : kLargeEnvelopes) {
    const auto framed = frame_of(text, envelope.list);
    if (!framed || framed->frame.size() > kRecordMaxBytes) continue;
    // The frame's tree lives on while the pieces are parsed one level deeper.
    const auto frame = recogniser.parse(framed->frame, depth);
    if (frame && envelope.matches(**frame)) return envelope.open(recogniser, text, **frame, depth + 1);
  }
  return false;
}

}  // namespace backtrail::ingest
