#include "api/http/head.hpp"

#include <algorithm>

#include "api/http/text.hpp"

namespace backtrail::api {
namespace {

// Takes the next line off `rest`; false if there is no CRLF. A carriage return elsewhere stays and is refused later.
bool take_line(std::string_view& rest, std::string_view& line) {
  const std::size_t end = rest.find("\r\n");
  if (end == std::string_view::npos) return false;
  line = rest.substr(0, end);
  rest.remove_prefix(end + 2);
  return true;
}

bool split_request_line(std::string_view line, Head& head) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return false;
  head.method = line.substr(0, first);
  head.target = line.substr(first + 1, last - first - 1);
  head.version = line.substr(last + 1);
  return is_token(head.method) && !head.target.empty() && head.target.find(' ') == std::string_view::npos;
}

}  // namespace

HeadScanner::State HeadScanner::refuse(Refusal refusal) {
  refusal_ = refusal;
  return State::kRefused;
}

std::size_t HeadScanner::bytes_max_for(std::string_view request_line) const {
  const std::size_t space = request_line.find(' ');
  if (space == std::string_view::npos) return limits_.head_bytes;
  const std::string_view target = request_line.substr(space + 1);
  for (const std::string& prefix : limits_.large_head_prefixes) {
    if (!target.starts_with(prefix)) continue;
    const std::string_view after = target.substr(prefix.size());
    if (after.empty() || after.front() == '/' || after.front() == '?' || after.front() == ' ') {
      return std::max(limits_.head_bytes, limits_.large_head_bytes);
    }
  }
  return limits_.head_bytes;
}

HeadScanner::State HeadScanner::scan(std::string_view buffer) {
  if (buffer.empty()) return State::kMore;
  // The first byte tells at once a TLS greeting, an empty line or binary noise from a request.
  if (!is_token(buffer.substr(0, 1))) {
    return refuse({400, "The request does not begin with a method.",
                   "If this was a TLS connection, note that this port speaks plain HTTP."});
  }
  for (;;) {
    const std::string_view visible = buffer.substr(0, bytes_max_);
    const std::size_t newline = visible.find('\n', scanned_);
    if (newline == std::string_view::npos) {
      scanned_ = visible.size();
      if (buffer.size() < bytes_max_) return State::kMore;
      if (!request_line_done_) return refuse({414, "The request line is too long.", "Shorten the URL."});
      return refuse({431, "The header fields are too large together.", "Send fewer or shorter headers."});
    }
    if (newline == 0 || buffer[newline - 1] != '\r') {
      return refuse({400, "A line of the head ends with a bare line feed.", "End lines with CR LF."});
    }
    const std::string_view line = buffer.substr(line_start_, newline - 1 - line_start_);
    if (!request_line_done_) {
      request_line_done_ = true;
      bytes_max_ = bytes_max_for(line);
    } else if (line.empty()) {
      head_bytes_ = newline + 1;
      return State::kComplete;
    }
    scanned_ = line_start_ = newline + 1;
  }
}

std::variant<Head, Refusal> split_head(std::string_view block) {
  Head head;
  std::string_view line;
  if (!take_line(block, line) || !split_request_line(line, head)) {
    return Refusal{400, "The request line is malformed.", "Send METHOD, one space, target, one space, HTTP/1.1."};
  }
  while (take_line(block, line)) {
    if (line.empty()) {
      if (!block.empty()) return Refusal{400, "Bytes follow the end of the head.", {}};
      return head;
    }
    if (line.front() == ' ' || line.front() == '\t') {
      return Refusal{400, "A header line is folded.", "Send each header on one line."};
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
      return Refusal{400, "A header name is malformed.", "A name has no spaces and ends with a colon."};
    }
    const std::string_view value = trim_space(line.substr(colon + 1));
    if (!is_field_value(value)) return Refusal{400, "A header value holds a control character.", {}};
    head.fields.push_back({line.substr(0, colon), value});
  }
  return Refusal{400, "The head is not complete.", {}};
}

}  // namespace backtrail::api
