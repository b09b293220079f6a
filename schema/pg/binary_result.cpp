#include "schema/pg/binary_result.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <stdexcept>

namespace backtrail::schema {
namespace {

// PostgreSQL counts days and times from 2000.
constexpr std::int32_t kFirstDay = 10'957;
constexpr std::int64_t kFirstUs = std::int64_t{kFirstDay} * 86'400'000'000;

}  // namespace

BinaryResult::BinaryResult(pg_result* result)
    : result_(result, [](const pg_result* p) { PQclear(const_cast<pg_result*>(p)); }), rows_(PQntuples(result)) {}

bool BinaryResult::Row::is_null(int column) const {
  return PQgetisnull(result_, row_, column) != 0;
}

std::string_view BinaryResult::Row::bytes(int column) const {
  if (column >= PQnfields(result_) || is_null(column))
    throw std::runtime_error(fmt::format("unexpected NULL in column {}", column));
  return {PQgetvalue(result_, row_, column), static_cast<std::size_t>(PQgetlength(result_, row_, column))};
}

std::uint64_t BinaryResult::Row::number(int column, unsigned width) const {
  const auto value = bytes(column);
  if (value.size() != width)
    throw std::runtime_error(fmt::format("column {} has {} bytes, not {}", column, value.size(), width));
  std::uint64_t number = 0;
  for (const char byte : value) number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

std::int32_t BinaryResult::Row::date(int column) const {
  return int4(column) + kFirstDay;
}

std::int64_t BinaryResult::Row::time_us(int column) const {
  return int8(column) + kFirstUs;
}

}  // namespace backtrail::schema
