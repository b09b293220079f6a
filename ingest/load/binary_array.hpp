// PostgreSQL arrays in binary form, built column by column: the parameters of `INSERT … SELECT FROM unnest(…)`.
//
// One dimension, lower bound 1. Layout: PostgreSQL source, array_recv; element forms: the types' send functions (times
// count microseconds, dates days, from 2000-01-01). Not thread-safe.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <pqxx/pqxx>
#include <string>
#include <string_view>

#include "schema/core/hash.hpp"
#include "schema/core/time.hpp"

namespace backtrail::ingest {

// Type numbers of pg_type; they have never changed.
enum class PgType : std::uint32_t {
  kBool = 16,
  kBytea = 17,
  kInt8 = 20,
  kInt2 = 21,
  kInt4 = 23,
  kText = 25,
  kDate = 1082,
  kTimestamptz = 1184,
  kUuid = 2950
};

class BinaryArray {
 public:
  explicit BinaryArray(PgType type) {
    put32(1);  // dimensions
    put32(1);  // there may be nulls
    put32(static_cast<std::uint32_t>(type));
    put32(0);  // count, set by value()
    put32(1);  // lower bound
  }

  void add_null() {
    ++count_;
    put32(0xFFFFFFFFU);
  }
  void add_text(std::string_view text) {
    ++count_;
    put32(static_cast<std::uint32_t>(text.size()));
    bytes_ += text;
  }
  void add_uuid(const schema::Uuid& id) { add_text({reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()}); }
  void add_int8(std::int64_t value) {
    ++count_;
    put32(8);
    put64(static_cast<std::uint64_t>(value));
  }
  void add_int4(std::int32_t value) {
    ++count_;
    put32(4);
    put32(static_cast<std::uint32_t>(value));
  }
  void add_int2(std::int16_t value) {
    ++count_;
    put32(2);
    bytes_ += static_cast<char>(static_cast<std::uint16_t>(value) >> 8);
    bytes_ += static_cast<char>(value & 0xFF);
  }
  void add_bool(bool value) {
    ++count_;
    put32(1);
    bytes_ += static_cast<char>(value ? 1 : 0);
  }
  void add_time(std::int64_t us) { add_int8(us - schema::kPostgresEpochUs); }
  void add_day(std::int32_t day) {
    add_int4(day - schema::day_of(schema::kPostgresEpochUs));
    first_day_ = std::min(first_day_, day);
    last_day_ = std::max(last_day_, day);
  }
  // Of the days that were added: parameters that say which partitions a statement is about. Without them PostgreSQL
  // opens every partition and its indexes whenever it looks something up for the elements of an array of days.
  std::string first_day() const { return schema::format_day(first_day_); }
  std::string last_day() const { return schema::format_day(last_day_); }

  // The parameter; the array may be added to afterwards and asked again.
  pqxx::binarystring value() {
    constexpr std::size_t kCountAt = 12;
    for (int i = 0; i < 4; ++i)
      bytes_[kCountAt + static_cast<std::size_t>(i)] = static_cast<char>(count_ >> (24 - 8 * i));
    return pqxx::binarystring(bytes_);
  }

 private:
  void put32(std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes_ += static_cast<char>(value >> shift & 0xFF);
  }
  void put64(std::uint64_t value) {
    put32(static_cast<std::uint32_t>(value >> 32));
    put32(static_cast<std::uint32_t>(value));
  }
  std::string bytes_;
  std::uint32_t count_ = 0;
  std::int32_t first_day_ = std::numeric_limits<std::int32_t>::max();
  std::int32_t last_day_ = std::numeric_limits<std::int32_t>::min();
};

}  // namespace backtrail::ingest
