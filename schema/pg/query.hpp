// A named SQL statement. Statements live one a file in sql/ folders and become constants at configure time (embed_sql);
// the name is what prepared statements, logs, metrics and the coverage check refer to.
#pragma once
#include <string_view>

namespace backtrail::schema {

struct Query {
  const char* name;
  const char* text;
};

}  // namespace backtrail::schema
