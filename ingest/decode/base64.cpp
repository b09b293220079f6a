#include "ingest/decode/base64.hpp"

#include <array>
#include <cstdint>

namespace backtrail::ingest {
namespace {

constexpr std::uint8_t kNoLetter = 0xFF;

constexpr std::array<std::uint8_t, 256> make_values() {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::array<std::uint8_t, 256> values{};
  values.fill(kNoLetter);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i)
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  return values;
}
constexpr auto kValues = make_values();

std::uint32_t value_of(char c) {
  return kValues[static_cast<unsigned char>(c)];
}

// The one or two bytes of the last four characters, of which one or two are padding.
bool decode_last(std::string_view last, std::string& out) {
  const std::uint32_t a = value_of(last[0]), b = value_of(last[1]);
  const bool two_bytes = last[2] != '=';
  const std::uint32_t c = two_bytes ? value_of(last[2]) : 0;
  if (a == kNoLetter || b == kNoLetter || c == kNoLetter) return false;
  const std::uint32_t bits = a << 18 | b << 12 | c << 6;
  const std::uint32_t stray = two_bytes ? bits & 0xFFU : bits & 0xFFFFU;
  if (stray != 0) return false;
  out += static_cast<char>(bits >> 16);
  if (two_bytes) out += static_cast<char>(bits >> 8 & 0xFFU);
  return true;
}

}  // namespace

std::optional<std::string> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  const bool padded = text.ends_with('=');
  const std::size_t whole = padded ? text.size() - 4 : text.size();
  std::string out(whole / 4 * 3, '\0');
  char* to = out.data();
  for (std::size_t at = 0; at < whole; at += 4) {
    const std::uint32_t a = value_of(text[at]), b = value_of(text[at + 1]), c = value_of(text[at + 2]),
                        d = value_of(text[at + 3]);
    if ((a | b | c | d) > 0x3F) return std::nullopt;
    const std::uint32_t bits = a << 18 | b << 12 | c << 6 | d;
    *to++ = static_cast<char>(bits >> 16);
    *to++ = static_cast<char>(bits >> 8 & 0xFFU);
    *to++ = static_cast<char>(bits & 0xFFU);
  }
  if (padded && !decode_last(text.substr(whole), out)) return std::nullopt;
  return out;
}

}  // namespace backtrail::ingest
