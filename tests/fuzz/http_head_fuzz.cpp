// The head of a request, from its bytes to the decision: the scanner finds the same end however the bytes arrive, what
// the gate lets through has one framing, and Beast frames it alike.
#include "api/http/body_decoder.hpp"
#include "api/http/gate.hpp"
#include "api/http/target.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace backtrail;
using namespace backtrail::api;

namespace {

const HeadLimits& limits() {
  static const HeadLimits kLimits{.large_head_prefixes = {"/ingest/firehose"}};
  return kLimits;
}

void decode_body(std::string_view head, std::string_view rest, const Framing& framing) {
  constexpr std::uint64_t kBodyMax = 4096;
  BodyDecoder decoder(kBodyMax);
  const auto state = decoder.take_head(head);
  FUZZ_PROMISE(state != BodyDecoder::State::kMalformed);
  if (state == BodyDecoder::State::kDone) FUZZ_PROMISE(!framing.has_body());
  for (auto now = state; now == BodyDecoder::State::kMore && !rest.empty();) {
    std::size_t consumed = 0;
    now = decoder.feed(rest, consumed);
    FUZZ_PROMISE(consumed <= rest.size());
    if (consumed == 0) break;
    rest.remove_prefix(consumed);
  }
  FUZZ_PROMISE(decoder.body_bytes() <= kBodyMax);
  if (framing.content_length) FUZZ_PROMISE(decoder.body_bytes() <= *framing.content_length);
}

}  // namespace

BACKTRAIL_FUZZ(input) {
  HeadScanner whole(limits()), pieces(limits());
  const auto state = whole.scan(input);
  auto slow = HeadScanner::State::kMore;
  for (std::size_t end = 0; end <= input.size() && slow == HeadScanner::State::kMore; end += end < 64 ? 1 : 37)
    slow = pieces.scan(input.substr(0, end));
  if (slow == HeadScanner::State::kMore) slow = pieces.scan(input);
  FUZZ_PROMISE(slow == state);
  if (state != HeadScanner::State::kComplete) return;
  FUZZ_PROMISE(whole.head_bytes() == pieces.head_bytes() && whole.head_bytes() <= input.size());
  const auto block = input.substr(0, whole.head_bytes());
  const auto split = split_head(block);
  const auto* head = std::get_if<Head>(&split);
  if (head == nullptr) return;
  (void)decode_target(head->target);
  const auto verdict = check_head(*head);
  if (const auto* framing = std::get_if<Framing>(&verdict)) {
    FUZZ_PROMISE(!(framing->chunked && framing->content_length));
    decode_body(block, input.substr(block.size()), *framing);
  }
}
