// A growing buffer of text with the few things that a CloudTrail record is made of: numbers, hexadecimal digits,
// UUIDs, AWS identifiers, times and escaped JSON strings.
//
// A hundred million events are written through it, so it never formats through streams or locales. One owner, not
// thread-safe. Memory is kept over clear().
#pragma once
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

namespace backtrail::ingest::sample {

struct Uuid {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  friend bool operator==(const Uuid&, const Uuid&) = default;
};

// A random (version 4) UUID made of these bits.
constexpr Uuid make_uuid(std::uint64_t high, std::uint64_t low) {
  return {(high & ~0xf000ULL) | 0x4000ULL, (low & ~(3ULL << 62)) | (1ULL << 63)};
}

class Text {
 public:
  Text() = default;

  void clear() { size_ = 0; }
  void truncate(std::size_t size) { size_ = size; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::string_view view() const { return {data_.get(), size_}; }
  [[nodiscard]] std::string_view view(std::size_t from, std::size_t length) const {
    return {data_.get() + from, length};
  }

  void put(std::string_view text) {
    if (text.empty()) return;  // an empty view may point nowhere, which memcpy must not be given
    reserve(text.size());
    std::memcpy(data_.get() + size_, text.data(), text.size());
    size_ += text.size();
  }
  void put(char c) {
    reserve(1);
    data_[size_++] = c;
  }
  void put_number(std::uint64_t value);
  void put_padded(std::uint64_t value, int digits);     // zero-padded decimal
  void put_hex(std::uint64_t value, int digits);        // the lowest digits, lower case
  void put_uuid(const Uuid& id);                        // 36 characters
  void put_base32(std::uint64_t bits, int characters);  // A-Z2-7, as in AKIA and AROA ids; scrambles the bits
  void put_base62(std::uint64_t bits, int characters);  // A-Za-z0-9; scrambles the bits
  void put_token(std::uint64_t seed, int characters);   // base64 of noise, as in a session token
  void put_escaped(std::string_view text);              // the inside of a JSON string
  void put_iso(std::int64_t seconds);                   // 2026-03-01T10:00:00Z
  void put_iso_ms(std::int64_t milliseconds);           // 2026-03-01T10:00:00.123Z
  void put_console_date(std::int64_t seconds);          // Mar 1, 2026, 10:00:00 AM

 private:
  void reserve(std::size_t more) {
    if (size_ + more > capacity_) grow(more);
  }
  void grow(std::size_t more);

  std::unique_ptr<char[]> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

constexpr std::int64_t kMinute = 60;
constexpr std::int64_t kHour = 3600;
constexpr std::int64_t kDay = 86400;
constexpr std::int64_t kMicrosPerSecond = 1'000'000;

struct Date {
  int year = 1970;
  int month = 1;
  int day = 1;
};

// The UTC date of a day counted from 1970-01-01, for any day of the proleptic Gregorian calendar.
Date date_of_day(std::int64_t day);
constexpr std::int64_t floor_to(std::int64_t value, std::int64_t step) {
  const std::int64_t rest = value % step;
  return value - (rest < 0 ? rest + step : rest);
}
constexpr std::int64_t day_of(std::int64_t seconds) {
  return floor_to(seconds, kDay) / kDay;
}

std::string to_iso(std::int64_t seconds);
std::string to_iso_ms(std::int64_t milliseconds);
std::string to_text(const Uuid& id);
std::string json_escaped(std::string_view text);

}  // namespace backtrail::ingest::sample
