// Cuts text into JSON values without parsing them: concatenated documents, NDJSON, elements of an array, members of an
// object.
//
// Only strings and brackets are understood here; whether a piece is JSON is decided by schema::JsonParser. Damage is
// cut out and reported as a piece that is no value, and splitting goes on behind it, so one bad record never takes its
// neighbours along. Linear time, no recursion. Views into the input; pure.
#pragma once
#include <string_view>
#include <vector>

namespace backtrail::ingest {

struct Piece {
  enum class Kind { kValue, kGarbage, kTruncated };
  Kind kind = Kind::kValue;
  std::string_view text;
  // Of an object or array: one behind the first object or array inside; 0 when there is none. Whoever wants to know
  // where a list ends need not read it again.
  std::size_t first_inner_end = 0;
};

// The end of the object or array that starts at `at` (one behind its bracket), or npos when it never closes.
std::size_t end_of_value(std::string_view text, std::size_t at);
// The same, and Piece::first_inner_end, here counted from the beginning of the text.
std::size_t end_of_value(std::string_view text, std::size_t at, std::size_t& first_inner_end);

// Values one after the other, whatever stands between them: white space, newlines, commas, nothing. A byte order mark
// at the beginning is skipped.
class ValueStream {
 public:
  // `in_array`: a closing bracket at this level ends the stream.
  explicit ValueStream(std::string_view text, bool in_array = false);
  bool next(Piece& piece);
  // Where the stream stands; behind the closing bracket when it ended by one.
  std::size_t position() const { return at_; }
  std::size_t start_of_last() const { return start_; }

 private:
  static constexpr int kUnclosedMax = 64;
  Piece scalar_or_garbage();
  Piece truncated() const;
  std::size_t next_value_line() const;
  std::string_view text_;
  std::size_t at_ = 0, start_ = 0;
  int unclosed_ = 0;  // values that never closed
  bool in_array_, ended_ = false;
};

struct Member {
  std::string_view key;    // as sent, without quotes, escapes not undone
  std::string_view value;  // as sent
};
// The members of one well-bracketed object, by their outer form. Empty for anything else.
std::vector<Member> members_of(std::string_view object);

// Where the array of the first member with one of the given keys begins (behind its '['), looking only at the object's
// own level; npos when there is none. Works on an object that is never closed: a truncated file still gives its
// records. `from`: 0, or behind a value of the object, to look for the next one.
std::size_t find_array_member(std::string_view object, const std::vector<std::string_view>& keys, std::size_t from = 0);
// Is the object a list under one of these keys and nothing else? Then no reader needs it as a whole.
bool is_list_of(const Piece& object, const std::vector<std::string_view>& keys);

}  // namespace backtrail::ingest
