// Numbers and texts as bytes, for the formats of sealed days: variable-length numbers (seven bits a byte, lowest
// first), signed ones folded (0, -1, 1, -2, …), fixed ones little-endian.
//
// A reader never reads behind its input: after a number that is no number, or a text that is longer than what is left,
// it has failed, gives zeros, and says so. Whoever reads asks once, at the end. Not thread-safe.
#pragma once
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "schema/core/hash.hpp"

namespace backtrail::schema {

class ByteWriter {
 public:
  void byte(std::uint8_t value) { bytes_ += static_cast<char>(value); }
  void number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
    bytes_ += static_cast<char>(value);
  }
  void signed_number(std::int64_t value) { number(fold(value)); }
  // The lowest bytes of a number, 8 of them at most.
  void fixed(std::uint64_t value, unsigned bytes) { bytes_.append(reinterpret_cast<const char*>(&value), bytes); }
  void fixed64(std::uint64_t value) { bytes_.append(reinterpret_cast<const char*>(&value), sizeof value); }
  void uuid(const Uuid& id) { bytes_.append(reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()); }
  void raw(std::string_view bytes) { bytes_ += bytes; }
  void text(std::string_view text) {
    number(text.size());
    bytes_ += text;
  }

  std::size_t size() const { return bytes_.size(); }
  std::string& bytes() { return bytes_; }
  std::string take() { return std::move(bytes_); }

  static std::uint64_t fold(std::int64_t value) {
    return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
  }

 private:
  static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "fixed64 copies");
  std::string bytes_;
};

class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  bool failed() const { return failed_; }
  // Everything was read, and all of it was well-formed.
  bool finished() const { return !failed_ && rest_.empty(); }
  std::size_t left() const { return rest_.size(); }
  void fail() {
    failed_ = true;
    rest_ = {};
  }

  std::uint8_t byte() {
    const auto taken = raw(1);
    return taken.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(taken[0]);
  }
  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (rest_.empty()) break;
      const auto next = static_cast<std::uint8_t>(rest_[0]);
      rest_.remove_prefix(1);
      if (shift == 63 && next > 1) break;
      value |= static_cast<std::uint64_t>(next & 0x7F) << shift;
      if (next < 0x80) return value;
    }
    fail();
    return 0;
  }
  // Past so many numbers, whatever they are.
  void skip_numbers(std::size_t n) {
    constexpr std::uint64_t kLastBytes = 0x8080'8080'8080'8080U;
    // Eight bytes end eight numbers at most: of more than that, none of the next number's bytes are passed.
    while (n > sizeof(std::uint64_t) && rest_.size() >= sizeof(std::uint64_t)) {
      std::uint64_t word = 0;
      std::memcpy(&word, rest_.data(), sizeof word);
      n -= static_cast<std::size_t>(std::popcount(~word & kLastBytes));
      rest_.remove_prefix(sizeof word);
    }
    for (; n > 0 && !rest_.empty(); rest_.remove_prefix(1))
      if (static_cast<std::uint8_t>(rest_[0]) < 0x80) --n;
    if (n > 0) fail();
  }
  // A number that must not be above `most`.
  std::uint64_t number_to(std::uint64_t most) {
    const std::uint64_t value = number();
    if (value <= most) return value;
    fail();
    return 0;
  }
  // How many things follow, each of at least one byte: never more than bytes are left.
  std::size_t count() { return static_cast<std::size_t>(number_to(rest_.size())); }
  std::int64_t signed_number() {
    const std::uint64_t folded = number();
    return static_cast<std::int64_t>(folded >> 1) ^ -static_cast<std::int64_t>(folded & 1);
  }
  // 8 bytes at most.
  std::uint64_t fixed(unsigned bytes) {
    std::uint64_t value = 0;
    const auto taken = raw(bytes);
    if (!taken.empty()) std::memcpy(&value, taken.data(), taken.size());
    return value;
  }
  std::uint64_t fixed64() { return fixed(sizeof(std::uint64_t)); }
  Uuid uuid() {
    Uuid id;
    const auto taken = raw(id.bytes.size());
    if (taken.size() == id.bytes.size()) std::memcpy(id.bytes.data(), taken.data(), taken.size());
    return id;
  }
  // Exactly so many bytes, or none and failed.
  std::string_view raw(std::size_t size) {
    if (size > rest_.size()) {
      fail();
      return {};
    }
    const auto taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  std::string_view text() { return raw(count()); }
  std::string_view rest() { return raw(rest_.size()); }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

// The differences of numbers that attackers choose may wrap around; unsigned arithmetic lets them.
inline std::int64_t wrapping_difference(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
inline std::int64_t wrapping_sum(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

}  // namespace backtrail::schema
