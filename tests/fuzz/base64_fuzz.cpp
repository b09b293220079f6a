// Base64: every text that is taken is the one text of its bytes, and every text of bytes is taken.
#include "ingest/decode/base64.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace backtrail;

namespace {

// RFC 4648 §4, written bit by bit so that it shares no thought with the reader.
std::string encoded(std::string_view bytes) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  constexpr std::size_t kByteBits = 8, kLetterBits = 6;
  std::string out;
  const std::size_t bits = bytes.size() * kByteBits;
  for (std::size_t from = 0; from < bits; from += kLetterBits) {
    std::size_t letter = 0;
    for (std::size_t bit = from; bit < from + kLetterBits; ++bit) {
      const bool set = bit < bits && (static_cast<unsigned char>(bytes[bit / kByteBits]) >> (7 - bit % kByteBits) & 1);
      letter = letter * 2 + (set ? 1 : 0);
    }
    out += kAlphabet[letter];
  }
  while (out.size() % 4 != 0) out += '=';
  return out;
}

}  // namespace

BACKTRAIL_FUZZ(input) {
  if (const auto bytes = ingest::decode_base64(input)) FUZZ_PROMISE(encoded(*bytes) == input);
  const std::string text = encoded(input);
  const auto bytes = ingest::decode_base64(text);
  FUZZ_PROMISE(bytes && *bytes == input);
  if (text.ends_with('=')) FUZZ_PROMISE(!ingest::decode_base64(text.substr(0, text.size() - 1)));
}
