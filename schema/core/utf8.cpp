#include "schema/core/utf8.hpp"

#include <simdjson.h>

namespace backtrail::schema {

bool is_utf8(std::string_view bytes) {
  return simdjson::validate_utf8(bytes.data(), bytes.size());
}

}  // namespace backtrail::schema
