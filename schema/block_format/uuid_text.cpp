#include "schema/block_format/uuid_text.hpp"

#include <array>

namespace backtrail::schema {
namespace {

constexpr std::array<std::size_t, 4> kDashes{8, 13, 18, 23};

constexpr std::uint8_t kNoDigit = 0xFF;
constexpr std::array<std::uint8_t, 256> kDigits = [] {
  std::array<std::uint8_t, 256> digits{};
  digits.fill(kNoDigit);
  for (unsigned i = 0; i < 10; ++i) digits[std::size_t{'0'} + i] = static_cast<std::uint8_t>(i);
  for (unsigned i = 0; i < 6; ++i) digits[std::size_t{'a'} + i] = static_cast<std::uint8_t>(10 + i);
  return digits;
}();

constexpr bool is_dash(std::size_t at) {
  return at == kDashes[0] || at == kDashes[1] || at == kDashes[2] || at == kDashes[3];
}

bool read_uuid(const char* text, Uuid& id) {
  for (const std::size_t dash : kDashes)
    if (text[dash] != '-') return false;
  std::size_t at = 0;
  for (auto& byte : id.bytes) {
    if (is_dash(at)) ++at;  // any other dash is no digit
    const unsigned high = kDigits[static_cast<unsigned char>(text[at])];
    const unsigned low = kDigits[static_cast<unsigned char>(text[at + 1])];
    if (high == kNoDigit || low == kNoDigit) return false;
    byte = static_cast<std::uint8_t>(high << 4 | low);
    at += 2;
  }
  return true;
}

}  // namespace

std::optional<FoundUuid> find_uuid_text(std::string_view text, std::size_t from) {
  std::size_t search = from + kDashes[0];
  while (search < text.size()) {
    const std::size_t dash = text.find('-', search);
    if (dash == std::string_view::npos || text.size() - (dash - kDashes[0]) < kUuidTextChars) return std::nullopt;
    FoundUuid found{dash - kDashes[0], {}};
    if (read_uuid(text.data() + found.at, found.id)) return found;
    search = dash + 1;
  }
  return std::nullopt;
}

void append_uuid_text(const Uuid& id, std::string& out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::array<char, kUuidTextChars> text;
  std::size_t at = 0;
  for (const std::uint8_t byte : id.bytes) {
    if (is_dash(at)) text[at++] = '-';
    text[at++] = kHex[byte >> 4];
    text[at++] = kHex[byte & 15];
  }
  out.append(text.data(), text.size());
}

}  // namespace backtrail::schema
