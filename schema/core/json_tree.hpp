// One JSON value as an immutable tree, and its fingerprint: the only JSON parser that decides about records.
//
// simdjson tokenises; this keeps numbers as their text (2^64 is stored exactly), refuses duplicate keys (after
// un-escaping), deep nesting and oversized objects, and never recurses on the machine stack without a bound. Two
// parsers with different ideas about duplicate keys would let a sender show one account to the check and another to
// the analyst; therefore everything downstream reads this tree. Strings are UTF-8, checked.
//
// A JsonParser is reused for speed and is not thread-safe; a tree and its string_views live until the parser's next
// parse() and as long as the input bytes.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "schema/core/error.hpp"
#include "schema/core/hash.hpp"

namespace backtrail::schema {

inline constexpr unsigned kJsonMaxDepth = 64;
inline constexpr std::size_t kJsonMaxKeysPerObject = 10'000;
inline constexpr std::size_t kJsonMaxNodes = 200'000;
inline constexpr std::size_t kJsonMaxNumberChars = 128;
inline constexpr std::size_t kJsonMaxStringBytes = 512 * 1024;
// parse() reads up to this many bytes behind the end of its input (simdjson's padding): they must be readable.
inline constexpr std::size_t kJsonPaddingBytes = 64;

enum class JsonType : std::uint8_t { kNull, kFalse, kTrue, kNumber, kString, kArray, kObject };

class JsonNode {
 public:
  JsonType type() const { return type_; }
  bool is_null() const { return type_ == JsonType::kNull; }
  bool is_object() const { return type_ == JsonType::kObject; }
  bool is_array() const { return type_ == JsonType::kArray; }
  bool is_string() const { return type_ == JsonType::kString; }
  // String: its un-escaped text; number: its text as sent; else empty.
  std::string_view text() const { return text_; }
  // Object member's key, un-escaped.
  std::string_view key() const { return key_; }
  // Children in the order sent (empty for scalars).
  std::span<const JsonNode> children() const { return {children_, count_}; }
  // Member by exact key, or nullptr (also when this is no object).
  const JsonNode* find(std::string_view key) const;
  // Nested member by keys, or nullptr.
  template <class... Keys>
  const JsonNode* at(std::string_view first, Keys... rest) const {
    const JsonNode* next = find(first);
    if constexpr (sizeof...(rest) == 0)
      return next;
    else
      return next == nullptr ? nullptr : next->at(rest...);
  }
  // The member's text when it is a non-empty string, else empty.
  std::string_view string_at(std::string_view key) const;

 private:
  friend class JsonParser;
  std::string_view text_, key_;
  const JsonNode* children_ = nullptr;
  std::uint32_t count_ = 0;
  JsonType type_ = JsonType::kNull;
};

class JsonParser {
 public:
  JsonParser();
  ~JsonParser();
  JsonParser(const JsonParser&) = delete;
  JsonParser& operator=(const JsonParser&) = delete;

  // Exactly one JSON object or array with nothing but white space around it. kJsonPaddingBytes behind `json` must be
  // readable. Errors: kBadJson (with a reason word first: "syntax", "utf8", "dup_key", "number", "nul_key"), kTooLarge.
  Result<const JsonNode*> parse(std::string_view json);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Canonical text: no white space, object keys sorted by bytes, numbers as sent. Equal values with another key order or
// escaping give equal text.
void append_canonical(const JsonNode& node, std::string& out);

// Keyed fingerprint of the JSON value; `scratch` is a buffer that is reused between calls.
Uuid value_fingerprint(const JsonNode& node, const HashKey& key, std::string& scratch);

// The JSON text of a string with its quotes, control characters escaped.
void append_json_string(std::string_view text, std::string& out);

}  // namespace backtrail::schema
