// Result rows as structs, bound by column name, so that swapped columns of one type cannot go unnoticed.
//
//   struct Row { std::string account_id; std::optional<std::string> name; TimeUs last_seen_at; };
//   BOOST_DESCRIBE_STRUCT(Row, (), (account_id, name, last_seen_at))
//   std::vector<Row> rows = rows_as<Row>(tx.exec(…));
//
// A missing column, or NULL into a member that is not optional, throws (a programmer's error that every test shows).
#pragma once
#include <boost/describe.hpp>
#include <boost/mp11.hpp>
#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <type_traits>
#include <vector>

#include "schema/core/hash.hpp"
#include "schema/core/time.hpp"

namespace backtrail::schema {

// A timestamptz column; microseconds since 1970.
struct TimeUs {
  std::int64_t us = 0;
};
// A bytea column.
struct Bytes {
  std::string bytes;
};

// Of a bytea column.
inline std::string bytes_of(const pqxx::field& field) {
  const pqxx::binarystring bytes(field);
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

// PostgreSQL's text of a timestamptz in a UTC session ("2026-11-20 10:00:00.5+00"), or of a date.
std::int64_t time_from_pg(const char* text);

namespace detail {

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};

template <class T>
T read_value(const pqxx::field& field) {
  if constexpr (std::is_same_v<T, TimeUs>) {
    return TimeUs{time_from_pg(field.c_str())};
  } else if constexpr (std::is_same_v<T, Bytes>) {
    return Bytes{bytes_of(field)};
  } else if constexpr (std::is_same_v<T, Uuid>) {
    Uuid id;
    if (!parse_uuid({field.c_str(), field.size()}, id)) throw std::runtime_error("not a uuid column");
    return id;
  } else if constexpr (std::is_same_v<T, std::string>) {
    return std::string(field.c_str(), field.size());
  } else {
    return field.as<T>();
  }
}

template <class T>
void read_member(const pqxx::row& row, const char* name, T& member) {
  const pqxx::field field = row[name];
  if constexpr (IsOptional<T>::value) {
    if (field.is_null())
      member.reset();
    else
      member = read_value<typename T::value_type>(field);
  } else {
    if (field.is_null()) throw std::runtime_error(std::string("unexpected NULL in column ") + name);
    member = read_value<T>(field);
  }
}

}  // namespace detail

template <class T>
T row_as(const pqxx::row& row) {
  T out{};
  using Members = boost::describe::describe_members<T, boost::describe::mod_any_access>;
  boost::mp11::mp_for_each<Members>([&](auto member) { detail::read_member(row, member.name, out.*member.pointer); });
  return out;
}

template <class T>
std::vector<T> rows_as(const pqxx::result& result) {
  std::vector<T> rows;
  rows.reserve(static_cast<std::size_t>(result.size()));
  for (const auto& row : result) rows.push_back(row_as<T>(row));
  return rows;
}

}  // namespace backtrail::schema
