// Rows of a statement in PostgreSQL's binary form: for those who read long values, or thousands of rows. Text doubles
// every byte value in the server, on the way and here, and a time costs more to write and read than to look up.
//
//   for (const auto row : tx.exec_binary(sql::event_part_lists, days, accounts, hashes)) use(row.bytes(9));
//
// By place and not by name. A value of another width than asked for, or NULL, throws (a programmer's error). A result
// is shared by its copies; views of it live as long as one of them. Belongs to one thread.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

struct pg_result;

namespace backtrail::schema {

class BinaryResult {
 public:
  // Takes the result over.
  explicit BinaryResult(pg_result* result);

  class Row {
   public:
    Row(const pg_result* result, int row) : result_(result), row_(row) {}
    bool is_null(int column) const;
    // Text, bytea.
    std::string_view bytes(int column) const;
    std::int16_t int2(int column) const { return static_cast<std::int16_t>(number(column, 2)); }
    std::int32_t int4(int column) const { return static_cast<std::int32_t>(number(column, 4)); }
    std::int64_t int8(int column) const { return static_cast<std::int64_t>(number(column, 8)); }
    // Days and microseconds since 1970.
    std::int32_t date(int column) const;
    std::int64_t time_us(int column) const;

   private:
    std::uint64_t number(int column, unsigned width) const;
    const pg_result* result_;
    int row_;
  };

  class Iterator {
   public:
    Iterator(const pg_result* result, int row) : result_(result), row_(row) {}
    Row operator*() const { return {result_, row_}; }
    Iterator& operator++() {
      ++row_;
      return *this;
    }
    bool operator==(const Iterator&) const = default;

   private:
    const pg_result* result_;
    int row_;
  };

  std::size_t size() const { return static_cast<std::size_t>(rows_); }
  Iterator begin() const { return {result_.get(), 0}; }
  Iterator end() const { return {result_.get(), rows_}; }

 private:
  std::shared_ptr<const pg_result> result_;
  int rows_ = 0;
};

}  // namespace backtrail::schema
