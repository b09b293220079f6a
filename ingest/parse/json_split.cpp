#include "ingest/parse/json_split.hpp"

#include <algorithm>
#include <cstring>

namespace backtrail::ingest {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// One behind the closing quote of the string whose opening quote is at `at`; npos when it never ends.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  for (++at;;) {
    const auto* quote = static_cast<const char*>(std::memchr(text.data() + at, '"', text.size() - at));
    if (quote == nullptr) return std::string_view::npos;
    const auto end = static_cast<std::size_t>(quote - text.data());
    std::size_t backslashes = 0;
    while (end - backslashes > at && text[end - backslashes - 1] == '\\') ++backslashes;
    if (backslashes % 2 == 0) return end + 1;
    at = end + 1;
  }
}

struct Bracket {
  bool table[256] = {};
  constexpr Bracket() {
    for (const char c : {'"', '{', '}', '[', ']'}) table[static_cast<unsigned char>(c)] = true;
  }
};
constexpr Bracket kStops;

std::size_t skip_space(std::string_view text, std::size_t at) {
  while (at < text.size() && is_space(text[at])) ++at;
  return at;
}

// The end of any value at `at`: a scalar ends before a comma, a bracket or white space.
std::size_t end_of_any(std::string_view text, std::size_t at) {
  if (at >= text.size()) return std::string_view::npos;
  if (text[at] == '"') return end_of_string(text, at);
  if (text[at] == '{' || text[at] == '[') return end_of_value(text, at);
  const auto end = text.find_first_of(",}] \t\r\n", at);
  return end == std::string_view::npos ? text.size() : end;
}

// Steps through an object's members: key, then the position of its value.
class MemberWalk {
 public:
  // `from`: 0, or behind a value of the object.
  explicit MemberWalk(std::string_view object, std::size_t from = 0) : text_(object), at_(from) {
    if (from != 0) return;
    at_ = skip_space(object, 0);
    if (at_ < text_.size() && text_[at_] == '{')
      ++at_;
    else
      at_ = std::string_view::npos;
  }
  bool next(std::string_view& key, std::size_t& value) {
    if (at_ == std::string_view::npos) return false;
    at_ = skip_space(text_, at_);
    if (at_ < text_.size() && text_[at_] == ',') at_ = skip_space(text_, at_ + 1);
    if (at_ >= text_.size() || text_[at_] != '"') return false;
    const std::size_t end = end_of_string(text_, at_);
    if (end == std::string_view::npos) return false;
    key = text_.substr(at_ + 1, end - at_ - 2);
    value = skip_space(text_, end);
    if (value >= text_.size() || text_[value] != ':') return false;
    value = skip_space(text_, value + 1);
    return value < text_.size();
  }
  void go_behind(std::size_t end) { at_ = end; }

 private:
  std::string_view text_;
  std::size_t at_;
};

}  // namespace

std::size_t end_of_value(std::string_view text, std::size_t at) {
  std::size_t first_inner_end = 0;
  return end_of_value(text, at, first_inner_end);
}

std::size_t end_of_value(std::string_view text, std::size_t at, std::size_t& first_inner_end) {
  std::size_t depth = 0;
  first_inner_end = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (!kStops.table[static_cast<unsigned char>(c)]) {
      ++at;
      continue;
    }
    if (c == '"') {
      at = end_of_string(text, at);
      if (at == std::string_view::npos) return at;
      continue;
    }
    ++at;
    if (c == '{' || c == '[')
      ++depth;
    else if (--depth == 0)
      return at;
    else if (depth == 1 && first_inner_end == 0)
      first_inner_end = at;
  }
  return std::string_view::npos;
}

ValueStream::ValueStream(std::string_view text, bool in_array) : text_(text), in_array_(in_array) {
  if (!in_array && text.starts_with("\xEF\xBB\xBF")) at_ = 3;
}

bool ValueStream::next(Piece& piece) {
  if (ended_) return false;
  while (at_ < text_.size() && (is_space(text_[at_]) || text_[at_] == ',' || text_[at_] == '\x1e')) ++at_;
  start_ = at_;
  if (at_ >= text_.size()) return false;
  if (in_array_ && text_[at_] == ']') {
    ++at_;
    ended_ = true;
    return false;
  }
  if (text_[at_] != '{' && text_[at_] != '[') {
    piece = scalar_or_garbage();
    return true;
  }
  // Every value that never closes is looked for up to the end of the text: only so often, or damage would take the
  // square of the time. Then a value must close before the next line that begins one.
  const std::size_t last = unclosed_ < kUnclosedMax ? text_.size() : next_value_line();
  std::size_t first_inner_end = 0;
  const std::size_t end = end_of_value(text_.substr(0, last), at_, first_inner_end);
  if (end == std::string_view::npos) {
    piece = unclosed_++ < kUnclosedMax ? truncated()
                                       : Piece{Piece::Kind::kTruncated, text_.substr(start_, last - start_), 0};
    at_ = start_ + piece.text.size();
    return true;
  }
  at_ = end;
  if (first_inner_end != 0) first_inner_end -= start_;
  piece = {Piece::Kind::kValue, text_.substr(start_, end - start_), first_inner_end};
  return true;
}

// Anything up to the next value or line. A string ends in its line: with a lost quote it would take the next line's.
Piece ValueStream::scalar_or_garbage() {
  std::size_t end = 0;
  if (text_[at_] == '"') {
    end = std::min(end_of_string(text_, at_), text_.size());
    end = std::min(text_.substr(0, end).find('\n', at_), end);
  } else {
    end = std::min(text_.find_first_of(in_array_ ? "{[\n,]" : "{[\n", at_ + 1), text_.size());
  }
  std::string_view text = text_.substr(at_, end - at_);
  at_ = end;
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return {Piece::Kind::kGarbage, text, 0};
}

// A value that never closes ends before the next line that begins a value and is indented no deeper than this one; when
// there is none, before the least indented one; else with the text.
Piece ValueStream::truncated() const {
  const std::size_t line = text_.rfind('\n', start_);
  const std::size_t line_start = line == std::string_view::npos ? 0 : line + 1;
  const bool first_on_line = skip_space(text_, line_start) == start_;
  const std::size_t own_indent = first_on_line ? start_ - line_start : 0;
  std::size_t least_indent = std::string_view::npos, end = text_.size();
  for (std::size_t at = text_.find('\n', start_); at != std::string_view::npos; at = text_.find('\n', at + 1)) {
    const std::size_t first = text_.find_first_not_of(" \t", at + 1);
    if (first == std::string_view::npos || (text_[first] != '{' && text_[first] != '[')) continue;
    const std::size_t indent = first - at - 1;
    if (indent >= least_indent) continue;
    least_indent = indent;
    end = at;
    if (indent <= own_indent) break;
  }
  return {Piece::Kind::kTruncated, text_.substr(start_, end - start_), 0};
}

// The end of the line before the next one that begins a value.
std::size_t ValueStream::next_value_line() const {
  for (std::size_t at = text_.find('\n', start_); at != std::string_view::npos; at = text_.find('\n', at + 1)) {
    const std::size_t first = text_.find_first_not_of(" \t", at + 1);
    if (first != std::string_view::npos && (text_[first] == '{' || text_[first] == '[')) return at;
  }
  return text_.size();
}

std::vector<Member> members_of(std::string_view object) {
  std::vector<Member> members;
  MemberWalk walk(object);
  std::string_view key;
  std::size_t value = 0;
  while (walk.next(key, value)) {
    const std::size_t end = end_of_any(object, value);
    if (end == std::string_view::npos) return {};
    members.push_back({key, object.substr(value, end - value)});
    walk.go_behind(end);
  }
  return members;
}

std::size_t find_array_member(std::string_view object, const std::vector<std::string_view>& keys, std::size_t from) {
  MemberWalk walk(object, from);
  std::string_view key;
  std::size_t value = 0;
  while (walk.next(key, value)) {
    if (object[value] == '[' && std::find(keys.begin(), keys.end(), key) != keys.end()) return value + 1;
    const std::size_t end = end_of_any(object, value);
    if (end == std::string_view::npos) return end;
    walk.go_behind(end);
  }
  return std::string_view::npos;
}

bool is_list_of(const Piece& object, const std::vector<std::string_view>& keys) {
  const std::string_view text = object.text;
  MemberWalk walk(text);
  std::string_view key;
  std::size_t value = 0;
  if (!walk.next(key, value) || text[value] != '[' || std::find(keys.begin(), keys.end(), key) == keys.end())
    return false;
  // The first member's value is the first thing inside.
  return skip_space(text, object.first_inner_end) == text.size() - 1 && text.back() == '}';
}

}  // namespace backtrail::ingest
