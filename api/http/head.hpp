// The head of a request: finding its end in a growing buffer, and splitting it into parts.
//
// Why by ourselves: Boost.Beast 1.81 joins folded lines, takes duplicated fields and frames some bodies wrongly, and
// after it has parsed a head those faults can no longer be seen. So our strict splitter reads the bytes first, the gate
// judges its result, and only then does Beast get the same bytes for the body; a head has to please both.
// Pure: no I/O, no clock. The parts of a Head are views into the block it was split from.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "api/http/limits.hpp"

namespace backtrail::api {

// Why a head is refused. The texts are constants of ours, never the peer's words.
struct Refusal {
  int status = 400;
  std::string_view reason;
  std::string_view hint;
};

struct HeaderField {
  std::string_view name;
  std::string_view value;  // without white space around it
};

struct Head {
  std::string_view method;
  std::string_view target;
  std::string_view version;  // "HTTP/1.1"
  std::vector<HeaderField> fields;
};

struct HeadLimits {
  std::size_t head_bytes = kHeadBytesMax;
  std::size_t large_head_bytes = kLargeHeadBytesMax;
  // Paths below which the larger limit holds, e.g. "/ingest/firehose". Compared with the target as sent.
  std::vector<std::string> large_head_prefixes;
};

// Looks for the end of the head while bytes arrive. `limits` must outlive the scanner.
class HeadScanner {
 public:
  enum class State { kMore, kComplete, kRefused };

  explicit HeadScanner(const HeadLimits& limits) : limits_(limits), bytes_max_(limits.head_bytes) {}

  // `buffer` is everything received so far, from the first byte of the request; it only grows between calls.
  State scan(std::string_view buffer);

  [[nodiscard]] std::size_t head_bytes() const noexcept { return head_bytes_; }  // after kComplete
  [[nodiscard]] const Refusal& refusal() const noexcept { return refusal_; }     // after kRefused

 private:
  State refuse(Refusal refusal);
  [[nodiscard]] std::size_t bytes_max_for(std::string_view request_line) const;

  const HeadLimits& limits_;
  std::size_t bytes_max_;
  std::size_t scanned_ = 0;
  std::size_t line_start_ = 0;
  std::size_t head_bytes_ = 0;
  bool request_line_done_ = false;
  Refusal refusal_;
};

// Splits a complete head (with its final empty line). Refuses what RFC 9112 lets a server refuse: folded lines, white
// space before a colon, control characters, anything but single spaces in the request line.
[[nodiscard]] std::variant<Head, Refusal> split_head(std::string_view block);

}  // namespace backtrail::api
