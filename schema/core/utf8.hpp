// Whether bytes are UTF-8: the only text that the database holds. Pure; thread-safe.
#pragma once
#include <string_view>

namespace backtrail::schema {

bool is_utf8(std::string_view bytes);

}  // namespace backtrail::schema
