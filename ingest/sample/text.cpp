#include "ingest/sample/text.hpp"

#include <algorithm>

#include "ingest/sample/rng.hpp"

namespace backtrail::ingest::sample {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";
constexpr char kBase32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr char kBase62[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
constexpr char kBase64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Two hexadecimal digits for every byte value, so that a UUID costs sixteen look-ups.
constexpr std::array<char, 512> kHexPairs = [] {
  std::array<char, 512> pairs{};
  for (std::size_t i = 0; i < 256; ++i) {
    pairs[2 * i] = kHexDigits[i >> 4];
    pairs[2 * i + 1] = kHexDigits[i & 15];
  }
  return pairs;
}();

char* put_bytes(char* at, std::uint64_t value, int from_byte, int bytes) {
  for (int i = from_byte; i < from_byte + bytes; ++i) {
    const auto byte = static_cast<std::size_t>((value >> (56 - 8 * i)) & 0xff);
    std::memcpy(at, &kHexPairs[2 * byte], 2);
    at += 2;
  }
  return at;
}

char* put_digits(char* at, std::uint64_t value, int digits) {
  for (int i = digits - 1; i >= 0; --i) {
    at[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  return at + digits;
}

}  // namespace

void Text::grow(std::size_t more) {
  const std::size_t wanted = std::max<std::size_t>({4096, capacity_ * 2, size_ + more});
  std::unique_ptr<char[]> larger(new char[wanted]);
  if (size_ > 0) std::memcpy(larger.get(), data_.get(), size_);
  data_ = std::move(larger);
  capacity_ = wanted;
}

void Text::put_number(std::uint64_t value) {
  char digits[20];
  char* at = digits + sizeof(digits);
  do {
    *--at = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  put({at, static_cast<std::size_t>(digits + sizeof(digits) - at)});
}

void Text::put_padded(std::uint64_t value, int digits) {
  reserve(static_cast<std::size_t>(digits));
  put_digits(data_.get() + size_, value, digits);
  size_ += static_cast<std::size_t>(digits);
}

void Text::put_hex(std::uint64_t value, int digits) {
  // More digits than a word holds are taken from a second word that follows from the first.
  if (digits > 16) {
    put_hex(mix(value), digits - 16);
    digits = 16;
  }
  reserve(static_cast<std::size_t>(digits));
  for (int i = digits - 1; i >= 0; --i) {
    data_[size_ + static_cast<std::size_t>(i)] = kHexDigits[value & 15];
    value >>= 4;
  }
  size_ += static_cast<std::size_t>(digits);
}

void Text::put_uuid(const Uuid& id) {
  reserve(36);
  char* at = data_.get() + size_;
  at = put_bytes(at, id.high, 0, 4);
  *at++ = '-';
  at = put_bytes(at, id.high, 4, 2);
  *at++ = '-';
  at = put_bytes(at, id.high, 6, 2);
  *at++ = '-';
  at = put_bytes(at, id.low, 0, 2);
  *at++ = '-';
  put_bytes(at, id.low, 2, 6);
  size_ += 36;
}

void Text::put_base32(std::uint64_t bits, int characters) {
  reserve(static_cast<std::size_t>(characters));
  Rng rng(bits);
  std::uint64_t word = 0;
  for (int i = 0; i < characters; ++i) {
    if (i % 12 == 0) word = rng.next();
    data_[size_++] = kBase32[word & 31];
    word >>= 5;
  }
}

void Text::put_base62(std::uint64_t bits, int characters) {
  reserve(static_cast<std::size_t>(characters));
  Rng rng(bits);
  std::uint64_t word = 0;
  for (int i = 0; i < characters; ++i) {
    if (i % 8 == 0) word = rng.next();
    data_[size_++] = kBase62[(word & 0xff) % 62];
    word >>= 8;
  }
}

void Text::put_token(std::uint64_t seed, int characters) {
  reserve(static_cast<std::size_t>(characters));
  Rng rng(seed);
  std::uint64_t word = 0;
  for (int i = 0; i < characters; ++i) {
    if (i % 10 == 0) word = rng.next();
    data_[size_++] = kBase64[word & 63];
    word >>= 6;
  }
}

void Text::put_escaped(std::string_view text) {
  const auto plain = [](char c) { return c != '"' && c != '\\' && static_cast<unsigned char>(c) >= 0x20; };
  if (std::all_of(text.begin(), text.end(), plain)) return put(text);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      put('\\');
      put(c);
    } else if (c == '\n') {
      put("\\n");
    } else if (c == '\t') {
      put("\\t");
    } else if (byte < 0x20) {
      put("\\u00");
      put_hex(byte, 2);
    } else {
      put(c);
    }
  }
}

Date date_of_day(std::int64_t day) {
  // Days are counted in eras of 400 years that begin on 1 March, so that the leap day is the last of its year.
  const std::int64_t shifted = day + 719468;
  const std::int64_t era = floor_to(shifted, 146097) / 146097;
  const std::int64_t in_era = shifted - era * 146097;
  const std::int64_t year_of_era = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
  const std::int64_t in_year = in_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month_from_march = (5 * in_year + 2) / 153;
  const auto month = static_cast<int>(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
  return {static_cast<int>(year_of_era + era * 400 + (month <= 2 ? 1 : 0)), month,
          static_cast<int>(in_year - (153 * month_from_march + 2) / 5 + 1)};
}

void Text::put_iso(std::int64_t seconds) {
  const std::int64_t day = day_of(seconds);
  const Date date = date_of_day(day);
  const auto second = static_cast<std::uint64_t>(seconds - day * kDay);
  reserve(20);
  char* at = data_.get() + size_;
  at = put_digits(at, static_cast<std::uint64_t>(date.year), 4);
  *at++ = '-';
  at = put_digits(at, static_cast<std::uint64_t>(date.month), 2);
  *at++ = '-';
  at = put_digits(at, static_cast<std::uint64_t>(date.day), 2);
  *at++ = 'T';
  at = put_digits(at, second / 3600, 2);
  *at++ = ':';
  at = put_digits(at, second / 60 % 60, 2);
  *at++ = ':';
  at = put_digits(at, second % 60, 2);
  *at = 'Z';
  size_ += 20;
}

void Text::put_iso_ms(std::int64_t milliseconds) {
  const std::int64_t seconds = floor_to(milliseconds, 1000) / 1000;
  put_iso(seconds);
  data_[size_ - 1] = '.';
  put_padded(static_cast<std::uint64_t>(milliseconds - seconds * 1000), 3);
  put('Z');
}

void Text::put_console_date(std::int64_t seconds) {
  static constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::int64_t day = day_of(seconds);
  const Date date = date_of_day(day);
  const auto second = static_cast<std::uint64_t>(seconds - day * kDay);
  const std::uint64_t hour = second / 3600;
  put(kMonths[date.month - 1]);
  put(' ');
  put_number(static_cast<std::uint64_t>(date.day));
  put(", ");
  put_number(static_cast<std::uint64_t>(date.year));
  put(", ");
  put_number(hour % 12 == 0 ? 12 : hour % 12);
  put(':');
  put_padded(second / 60 % 60, 2);
  put(':');
  put_padded(second % 60, 2);
  put(hour < 12 ? " AM" : " PM");
}

namespace {

template <typename Put>
std::string in_a_string(Put put) {
  Text text;
  put(text);
  return std::string(text.view());
}

}  // namespace

std::string to_iso(std::int64_t seconds) {
  return in_a_string([&](Text& text) { text.put_iso(seconds); });
}
std::string to_iso_ms(std::int64_t milliseconds) {
  return in_a_string([&](Text& text) { text.put_iso_ms(milliseconds); });
}
std::string to_text(const Uuid& id) {
  return in_a_string([&](Text& text) { text.put_uuid(id); });
}
std::string json_escaped(std::string_view text) {
  return in_a_string([&](Text& out) { out.put_escaped(text); });
}

}  // namespace backtrail::ingest::sample
