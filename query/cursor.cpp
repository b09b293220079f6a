#include "query/cursor.hpp"

#include <array>

#include "schema/core/hash.hpp"

namespace backtrail::query {

namespace {

constexpr char kFormat = 1;
constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t kHashBytes = 8;

constexpr std::array<std::int8_t, 256> reverse_alphabet() {
  std::array<std::int8_t, 256> table{};
  for (auto& entry : table) entry = -1;
  for (std::size_t i = 0; i < kAlphabet.size(); ++i)
    table[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::int8_t>(i);
  return table;
}
constexpr std::array<std::int8_t, 256> kReverse = reverse_alphabet();

// Two bytes of length are enough below kCursorMaxChars.
void append_part(std::string_view part, std::string& out) {
  out += static_cast<char>(part.size() >> 8 & 0xFF);
  out += static_cast<char>(part.size() & 0xFF);
  out += part;
}

// Takes one length-prefixed part off `rest`; false when it is cut short.
bool take_part(std::string_view& rest, std::string_view& part) {
  if (rest.size() < 2) return false;
  const std::size_t size =
      static_cast<std::size_t>(static_cast<unsigned char>(rest[0])) << 8 | static_cast<unsigned char>(rest[1]);
  rest.remove_prefix(2);
  if (rest.size() < size) return false;
  part = rest.substr(0, size);
  rest.remove_prefix(size);
  return true;
}

std::string hash_bytes(std::uint64_t hash) {
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(hash >> shift & 0xFF);
  return bytes;
}

schema::Error bad_cursor() {
  return schema::fail(schema::Code::kBadCursor,
                      "cursor: not one that was given for this question; ask again without it");
}

}  // namespace

std::uint64_t question_hash(std::string_view canonical) {
  const auto digest = schema::sha256(canonical);
  std::uint64_t hash = 0;
  for (std::size_t i = 0; i < kHashBytes; ++i) hash = hash << 8 | digest[i];
  return hash;
}

std::string encode_cursor(std::string_view kind, std::uint64_t question_hash, const std::vector<std::string>& parts) {
  std::string bytes(1, kFormat);
  append_part(kind, bytes);
  bytes += hash_bytes(question_hash);
  for (const auto& part : parts) append_part(part, bytes);
  return base64url(bytes);
}

schema::Result<std::vector<std::string>> decode_cursor(std::string_view kind, std::uint64_t question_hash,
                                                       std::string_view cursor, std::size_t parts) {
  if (cursor.empty() || cursor.size() > kCursorMaxChars) return bad_cursor();
  const auto bytes = from_base64url(cursor);
  if (!bytes || bytes->front() != kFormat) return bad_cursor();
  std::string_view rest(*bytes);
  rest.remove_prefix(1);
  std::string_view its_kind;
  if (!take_part(rest, its_kind) || its_kind != kind) return bad_cursor();
  if (!rest.starts_with(hash_bytes(question_hash))) return bad_cursor();
  rest.remove_prefix(kHashBytes);
  std::vector<std::string> found;
  for (std::string_view part; !rest.empty();) {
    if (found.size() == parts || !take_part(rest, part)) return bad_cursor();
    found.emplace_back(part);
  }
  if (found.size() != parts) return bad_cursor();
  return found;
}

std::string base64url(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() * 4 + 2) / 3);
  std::uint32_t bits = 0;
  unsigned have = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (have += 8; have >= 6; have -= 6) text += kAlphabet[bits >> (have - 6) & 63];
  }
  if (have > 0) text += kAlphabet[bits << (6 - have) & 63];
  return text;
}

std::optional<std::string> from_base64url(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  std::uint32_t bits = 0;
  unsigned have = 0;
  for (const char c : text) {
    const std::int8_t value = kReverse[static_cast<unsigned char>(c)];
    if (value < 0) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    have += 6;
    if (have >= 8) {
      have -= 8;
      bytes += static_cast<char>(bits >> have & 0xFF);
    }
  }
  // A rest of six bits is no byte, and bits beyond the last byte would be a second spelling of the same cursor.
  if (have >= 6 || (bits & ((1U << have) - 1)) != 0) return std::nullopt;
  return bytes;
}

}  // namespace backtrail::query
